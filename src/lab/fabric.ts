/**
 * A whole network on one machine. Two implementations: `kernel` (namespaces, veth, the real data plane) and `portable` (nodes
 * joined in this process, the same bytecode in the interpreter). One behaviour suite holds both.
 */
import type { BpfMap } from '../bpf/index.ts'
import type { Count, Deployment, NodeDeployment, Untold } from '../dataplane/index.ts'
import type { Network } from '../model/index.ts'
import type { Opening, Outcome } from '../trace/index.ts'
import type { Lapse } from './lapse.ts'
import type { Mute } from './mute.ts'

export type Mode = 'kernel' | 'portable'

export interface FabricOptions {
  readonly network: Network
  readonly deployment: Deployment
  /** Called as the phases go on, for people. `done` ≤ `total`. */
  readonly progress?: (phase: string, done: number, total: number) => void
  /** Stops the bringing up, which then takes down what there was and rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface Fabric {
  readonly mode: Mode
  /** Seconds that each phase of bringing up took, in order: `nodes`, `links`, `programs`, `workloads`, … */
  readonly seconds: Readonly<Record<string, number>>
  /**
   * Sends each opening's first packet from its node and source address and port, waits for what comes back. Probes run
   * together, as many at once as is sensible; the result has their order. An outcome is `silent` after `patience` milliseconds.
   */
  probe(openings: readonly Opening[], patience?: number): Promise<readonly Observation[]>
  /** Counters of a node, by slot (see `NodeDeployment.firstCounters`); empty if the node enforces nothing. */
  counters(node: string): readonly Count[]
  /**
   * Puts other rules in force while packets pass: all of them, or none if one is refused. Flows go on; what the new rules no longer
   * allow stops. Rejects with `TypeError` if the machines or cables differ (see `topology.ts`), else with what the engine or
   * the kernel refused.
   * @param next compiled as successor of what runs: other `epoch`, same filter numbers
   */
  update(next: Revision): Promise<Exchange>
  /**
   * Sets which events all nodes tell (see `eventKind`), and hands over their records. Records of a node come in their order; those
   * that a rule change leaves behind are handed over with the rules that they are of.
   * @param mode 0: none, and nothing is read any more
   * @param limit events that each interface of a node tells in a second
   */
  listen(mode: number, limit: number, handle: RecordHandler): void
  /** A map of the programs in force at a node, by its name; after `update` it may be another. `undefined` if there is none. */
  map(node: string, name: string): BpfMap | undefined
  /** What a node did not tell although it was wanted, since the start. */
  untold(node: string): Untold
  /** The last time, for each node that had one, in which it did not have its rules in force. Nobody can take them off in this process. */
  readonly lapses: readonly Lapse[]
  /** Calls `hear`, which must not throw, as lapses begin and end, until the function that it returns is called. */
  onLapse(hear: (lapse: Lapse) => void): () => void
  /** Nodes that could not be heard when events were last asked for; empty in this process, where nobody else listens. */
  readonly mutes: readonly Mute[]
  /** Calls `hear`, which must not throw, of each new one, until the function that it returns is called. */
  onMute(hear: (mute: Mute) => void): () => void
  /** The clocks that records and counters note times by. */
  readonly clock: FabricClock
  /** Takes everything down; may be called twice. */
  close(): Promise<void>
}

/** Gets a record of `event-map.ts` and what its node enforces; the bytes are valid during the call only. Must not throw. */
export type RecordHandler = (deployment: NodeDeployment, record: Uint8Array) => void

export interface FabricClock {
  /** Nanoseconds of the clock of records. */
  monotonic(): bigint
  /** Ticks of the clock of `Count.lastHit`. */
  tick(): bigint
  /** Nanoseconds of a tick. */
  readonly tickPeriod: bigint
}

/** How an update went. */
export interface Exchange {
  /** From the first program that gave way to the last: so long rules of both revisions were in force, at different hooks. */
  readonly seconds: number
}

/** What a fabric runs: rules, and the machines that serve behind them. */
export interface Revision {
  readonly network: Network
  readonly deployment: Deployment
}

export interface Observation {
  readonly outcome: Outcome
  /** What the system said, for people: `ECONNREFUSED`, `12 bytes back`. */
  readonly detail?: string
  /** Milliseconds until the outcome was known. */
  readonly milliseconds: number
}
