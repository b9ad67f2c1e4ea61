/**
 * The hooks of one interface and the programs on them. Verdicts mean what they mean to the kernel; one that the simulator cannot
 * carry out, and a fault inside a program, is an error of whoever sent the packet, never a silent drop.
 */
import {
  type LoadedProgram,
  TCX_DROP,
  TCX_NEXT,
  TCX_PASS,
  XDP_DROP,
  XDP_PASS,
  XDP_TX,
} from '../../bpf/index.ts'
import type { Attachment } from '../../dataplane/index.ts'

/** What became of a frame at a hook. `by` is the id of the point whose program decided. */
export type Passage =
  | { readonly kind: 'pass'; readonly frame: Uint8Array }
  | { readonly kind: 'drop'; readonly by: string }
  /** Back out of the interface by which it came. */
  | { readonly kind: 'transmit'; readonly frame: Uint8Array }

/** A program that stands somewhere. */
export interface Attached {
  /** Id of the enforcement point. */
  readonly point: string
  readonly program: LoadedProgram
}

export class Hooks {
  /** For people: `west/ar1 isp1`. */
  readonly #place: string
  readonly #ifindex: number
  readonly #chains: Readonly<Record<Attachment['hook'], Attached[]>> = {
    xdp: [],
    'tcx-ingress': [],
    'tcx-egress': [],
  }

  constructor(place: string, ifindex: number) {
    this.#place = place
    this.#ifindex = ifindex
  }

  /** Behind those that stand there already. Throws on a second XDP program: an interface has room for one. */
  attach(hook: Attachment['hook'], attached: Attached): void {
    const chain = this.#chains[hook]
    if (hook === 'xdp' && chain[0])
      throw new Error(
        `attach ${attached.point} to ${this.#place}: ${chain[0].point} has its XDP hook, which takes one program (a bug of Glacis)`,
      )
    chain.push(attached)
  }

  /** Nothing stands there any more. */
  clear(): void {
    for (const chain of Object.values(this.#chains)) chain.length = 0
  }

  /** Of a frame that the interface received: XDP first, then tcx ingress. */
  receive(frame: Uint8Array): Passage {
    const [xdp] = this.#chains.xdp
    if (!xdp) return this.#ask(this.#chains['tcx-ingress'], frame)
    const { verdict, packet } = this.#run(xdp, frame)
    if (verdict === XDP_PASS) return this.#ask(this.#chains['tcx-ingress'], packet)
    if (verdict === XDP_DROP) return { kind: 'drop', by: xdp.point }
    if (verdict === XDP_TX) return { kind: 'transmit', frame: packet }
    throw this.#unknown(xdp, `XDP verdict ${verdict}`)
  }

  /** Of a frame that the node is about to send. */
  send(frame: Uint8Array): Exclude<Passage, { kind: 'transmit' }> {
    return this.#ask(this.#chains['tcx-egress'], frame)
  }

  /** A tcx chain: each program in turn until one answers; a frame that none answers for passes. */
  #ask(chain: readonly Attached[], frame: Uint8Array): Exclude<Passage, { kind: 'transmit' }> {
    let current = frame
    for (const attached of chain) {
      const { verdict, packet } = this.#run(attached, current)
      current = packet
      if (verdict === TCX_NEXT) continue
      if (verdict === TCX_PASS) break
      if (verdict === TCX_DROP) return { kind: 'drop', by: attached.point }
      throw this.#unknown(attached, `tcx verdict ${verdict}`)
    }
    return { kind: 'pass', frame: current }
  }

  #run({ point, program }: Attached, frame: Uint8Array) {
    try {
      return program.run(frame, { ifindex: this.#ifindex })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`run ${point} at ${this.#place}: ${reason} (a bug of Glacis)`, { cause })
    }
  }

  #unknown({ point }: Attached, what: string): Error {
    return new Error(
      `run ${point} at ${this.#place}: ${what} is none that the portable lab carries out (a bug of Glacis)`,
    )
  }
}
