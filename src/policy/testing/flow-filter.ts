/** A stateful filter in front of a machine: what it answers to the packets of a connection, one after another. */
import { expect } from 'vitest'
import { PortRange } from '../../net/index.ts'
import type { IpHeaders, QuotedFlow } from '../../wire/index.ts'
import { flowTier } from '../built-in.ts'
import { judge } from '../evaluate.ts'
import { FlowTable } from '../flow-table.ts'
import { linkFlows } from '../link-flows.ts'
import type { Point, RuleTier } from '../point.ts'
import { flow, packet, point, reversed, rule, ruleTier } from './sample.ts'

export const second = 1_000_000_000n
/** Flags of TCP segments (RFC 9293 section 3.1). */
export const [syn, synAck, ack, fin, rst, rstAck] = [0x02, 0x12, 0x10, 0x11, 0x04, 0x14] as const

/** A connection from outside to the machine behind the filter. */
export const web = flow('tcp', '192.0.2.1 40000', '10.0.0.1 443')
export const web6 = flow('tcp', '2001:db8::1 40000', 'fd00::1 443')
export const open443 = ruleTier(
  'role',
  rule('open/443', 'allow', { protocol: 6, destinationPorts: [PortRange(443)] }),
)
export const nothing = ruleTier('nothing')
export const all = ruleTier('all', rule('any', 'allow'))

/** Answers of the flow tier. */
export const established = 'allow flow/established'
export const none = 'deny flow/none'

/** A filter with its memory; rules may change. */
export class Filter {
  readonly #flows: FlowTable
  #points: readonly Point[]
  epoch = 0
  now = 0n

  constructor(inward: RuleTier, outward: RuleTier, quota?: number) {
    this.#flows = new FlowTable(quota)
    this.#points = pointsOf(inward, outward)
  }

  revise(inward: RuleTier, outward: RuleTier): void {
    this.#points = pointsOf(inward, outward)
    this.epoch++
  }

  /** What becomes of a packet to the machine behind the filter. */
  in(headers: IpHeaders): string {
    return this.#judge(0, headers)
  }

  out(headers: IpHeaders): string {
    return this.#judge(1, headers)
  }

  /** Of the connection's packets: `>` from its client (outside), `<` from its server (inside). */
  say(ends: QuotedFlow, ...words: readonly (readonly ['>' | '<', number])[]): string[] {
    return words.map(([way, tcpFlags]) =>
      way === '>' ? this.in(packet(ends, { tcpFlags })) : this.out(packet(reversed(ends), { tcpFlags })),
    )
  }

  /** As {@link say}, with sequence number and acknowledgement. */
  segments(
    ends: QuotedFlow,
    ...words: readonly (readonly ['>' | '<', flags: number, sequence: number, acknowledgement?: number])[]
  ): string[] {
    return words.map(([way, tcpFlags, tcpSequence, tcpAcknowledgement = 0]) => {
      const segment = packet(way === '>' ? ends : reversed(ends), {
        tcpFlags,
        tcpSequence,
        tcpAcknowledgement,
      })
      return way === '>' ? this.in(segment) : this.out(segment)
    })
  }

  /** A handshake from outside, after which the server goes on: the connection is established. */
  handshake(ends: QuotedFlow): void {
    const words = this.say(ends, ['>', syn], ['<', synAck], ['>', ack], ['<', ack])
    expect(words.map((text) => text.slice(0, 5))).toEqual(['allow', 'allow', 'allow', 'allow'])
  }

  get size(): number {
    return this.#flows.size
  }

  #judge(index: number, headers: IpHeaders): string {
    const state = { flows: this.#flows, now: this.now, epoch: this.epoch }
    const decision = judge(this.#points[index] as Point, headers, state)
    return decision.verdict === 'pass-by' ? 'pass-by' : `${decision.verdict} ${decision.rule.id}`
  }
}

const pointsOf = (inward: RuleTier, outward: RuleTier): readonly Point[] =>
  linkFlows([
    point([flowTier, inward], { id: 'node/filter/in', flow: { table: 'vm', heading: 'to-local' } }),
    point([flowTier, outward], { id: 'node/filter/out', flow: { table: 'vm', heading: 'from-local' } }),
  ])
