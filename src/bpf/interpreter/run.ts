/** What a run of the interpreter takes and gives beyond what every engine does. */
import type { RunContext, RunResult } from '../engine.ts'

export interface InterpreterContext extends RunContext {
  /** XDP only: rx_queue_index. */
  readonly queue?: number
  /** tc only, from here on. ingress_ifindex; absent: as ifindex. */
  readonly ingressIfindex?: number
  readonly priority?: number
  readonly hash?: number
  /** Up to five 32-bit words of the control block. */
  readonly cb?: readonly number[]
}

export interface InterpreterResult extends RunResult {
  /** Set by the last successful redirect helper; it counts if the verdict is XDP_REDIRECT or TC_ACT_REDIRECT. */
  readonly redirect?: Redirection
  /** Copies sent by `clone_redirect`. */
  readonly clones: readonly Redirection[]
  /** Lines of `trace_printk`. */
  readonly trace: readonly string[]
  /** Instructions that ran, tail-called programs included. */
  readonly instructions: number
  /** tc only: the fields at the end. */
  readonly mark?: number
  readonly priority?: number
  readonly cb?: readonly number[]
}

export interface Redirection {
  /** Where to; several for a broadcast through a device map. */
  readonly ifindexes: readonly number[]
  /** As if received there, instead of sent. */
  readonly ingress: boolean
  /** `redirect_neigh`: the kernel fills in the Ethernet header. `redirect_peer`: received at the other end of the veth. */
  readonly kind: 'plain' | 'map' | 'peer' | 'neighbour' | 'clone'
  /** Of a clone: its bytes at that time. */
  readonly packet?: Uint8Array
}
