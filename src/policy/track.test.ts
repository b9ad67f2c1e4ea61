/** The flow tier, sentence by sentence. */
import { describe, expect, it } from 'vitest'
import { PortRange } from '../net/index.ts'
import type { IpHeaders, QuotedFlow } from '../wire/index.ts'
import { flowTier } from './built-in.ts'
import { judge } from './evaluate.ts'
import { FlowTable } from './flow-table.ts'
import { linkFlows } from './link-flows.ts'
import type { Point, RuleTier } from './point.ts'
import { flow, packet, point, reversed, rule, ruleTier, unreachable } from './testing/sample.ts'

const second = 1_000_000_000n
const [syn, synAck, ack, fin, rst, rstAck] = [0x02, 0x12, 0x10, 0x11, 0x04, 0x14] as const

/** A connection from outside to the machine behind the filter. */
const web = flow('tcp', '192.0.2.1 40000', '10.0.0.1 443')
const web6 = flow('tcp', '2001:db8::1 40000', 'fd00::1 443')
const open443 = ruleTier(
  'role',
  rule('open/443', 'allow', { protocol: 6, destinationPorts: [PortRange(443)] }),
)
const nothing = ruleTier('nothing')
const all = ruleTier('all', rule('any', 'allow'))

/** A filter with its memory; rules may change. */
class Filter {
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

const established = 'allow flow/established'
const none = 'deny flow/none'

describe.each([
  ['IPv4', web],
  ['IPv6', web6],
])('TCP over %s', (_, ends) => {
  it('a connection from its first packet to its end', () => {
    const filter = new Filter(open443, nothing)
    const words = [
      ['>', syn],
      ['<', synAck],
      ['>', ack],
      ['<', ack],
      ['>', fin],
      ['<', ack],
      ['<', fin],
      ['>', ack],
    ] as const
    expect(filter.say(ends, ...words)).toEqual(['allow open/443', ...Array(7).fill(established)])
    filter.now = 60n * second
    expect(filter.say(ends, ['>', ack])).toEqual([none])
  })

  it.each([
    ['SYN with ECN bits', 0xc2, 'allow open/443'],
    ['a stray ACK', ack, none],
    ['a stray RST', rst, none],
    ['a stray SYN and ACK', synAck, none],
    ['a stray FIN', fin, none],
    ['SYN and FIN', 0x03, none],
    ['no flags', 0, none],
  ])('%s of no flow', (_, tcpFlags, expected) => {
    const filter = new Filter(open443, all)
    expect(filter.say(ends, ['>', tcpFlags])).toEqual([expected])
    expect(filter.size).toBe(expected === none ? 0 : 1)
  })

  it.each([
    ['SYN and ACK', synAck, established],
    ['RST', rst, established],
    ['RST and ACK', rstAck, established],
    ['an ACK, which challenges the SYN', ack, established],
    ['FIN', fin, none],
    ['no flags', 0, none],
  ])('to a SYN the other side may answer %s: %s', (_, answer, expected) => {
    const filter = new Filter(open443, nothing)
    expect(filter.say(ends, ['>', syn], ['<', answer])).toEqual(['allow open/443', expected])
  })

  it('before SYN and ACK the opener may only repeat its SYN, or reset', () => {
    const filter = new Filter(open443, nothing)
    const words = [
      ['>', syn],
      ['>', ack],
      ['>', synAck],
      ['>', fin],
      ['>', syn],
      ['>', rst],
    ] as const
    expect(filter.say(ends, ...words)).toEqual(['allow open/443', none, none, none, established, established])
  })

  it('before the opener acknowledged, the other side may not close', () => {
    const filter = new Filter(open443, nothing)
    const words = [
      ['>', syn],
      ['<', synAck],
      ['<', fin],
      ['<', synAck],
      ['>', synAck],
      ['>', fin],
    ] as const
    expect(filter.say(ends, ...words)).toEqual([
      'allow open/443',
      established,
      none,
      established,
      none,
      established,
    ])
  })

  it('SYN from the side that did not open is judged by its own point, and does not reverse the connection', () => {
    const strict = new Filter(open443, nothing)
    strict.handshake(ends)
    expect(strict.say(ends, ['<', syn], ['<', ack])).toEqual(['deny default/deny', established])
    const open = new Filter(open443, all)
    open.handshake(ends)
    expect(open.say(ends, ['<', syn], ['>', ack], ['<', ack])).toEqual([
      'allow any',
      established,
      established,
    ])
  })

  it('where the other side opens while the flow is half open, the flow is its', () => {
    const filter = new Filter(open443, all)
    expect(
      filter.say(ends, ['>', syn], ['<', syn], ['<', ack], ['>', synAck], ['<', ack], ['>', ack]),
    ).toEqual(['allow open/443', 'allow any', none, established, established, established])
  })

  it('a SYN replayed on an established flow passes, and changes nothing', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    filter.now = 899n * second
    expect(filter.say(ends, ['>', syn])).toEqual([established])
    filter.now = 900n * second
    expect(filter.say(ends, ['<', ack])).toEqual([none])
  })

  it('a SYN on a closed, reset or forgotten flow is judged anew', () => {
    for (const end of [
      [['>', fin] as const, ['<', fin] as const],
      [['<', rst] as const],
      [['>', rst] as const],
    ]) {
      const filter = new Filter(open443, nothing)
      filter.handshake(ends)
      filter.say(ends, ...end)
      expect(filter.say(ends, ['>', syn], ['<', fin])).toEqual(['allow open/443', none])
    }
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    filter.now = 900n * second
    expect(filter.say(ends, ['>', syn], ['<', fin])).toEqual(['allow open/443', none])
  })

  it('a reset shortens the life of a flow, an ordinary packet restores it', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    expect(filter.say(ends, ['>', rst])).toEqual([established])
    filter.now = 9n * second
    expect(filter.say(ends, ['<', rst], ['<', ack])).toEqual([established, established])
    filter.now = 908n * second
    expect(filter.say(ends, ['>', rst])).toEqual([established])
    filter.now = 909n * second
    expect(filter.say(ends, ['<', ack])).toEqual([none])
  })

  it('resets do not keep a flow', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    filter.say(ends, ['>', rst])
    filter.now = 9n * second
    expect(filter.say(ends, ['>', rst])).toEqual([established])
    filter.now = 10n * second
    expect(filter.say(ends, ['>', rst])).toEqual([none])
  })

  it('a half-closed connection goes on', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    filter.say(ends, ['>', fin], ['>', fin])
    filter.now = 119n * second
    expect(filter.say(ends, ['<', ack], ['<', fin], ['<', ack])).toEqual(Array(3).fill(established))
    filter.now += 59n * second
    expect(filter.say(ends, ['>', ack])).toEqual([established])
    filter.now += second
    expect(filter.say(ends, ['>', ack])).toEqual([none])
  })

  it.each([0, 0x03, 0x05, 0x06, 0x07, 0x01, 0x13, 0x15, 0x16, 0x17])(
    'flags %i mean nothing, and pass nowhere',
    (flags) => {
      const filter = new Filter(open443, all)
      filter.handshake(ends)
      expect(filter.say(ends, ['>', flags], ['<', flags], ['>', flags | 0x08])).toEqual([none, none, none])
    },
  )
})

describe('a table that is full', () => {
  const quota = 64
  const from = (port: number) => ({ ...web, sourcePort: 1024 + port })
  const lastIs = (filter: Filter): string[] =>
    filter.say({ ...web, sourcePort: 60_000 }, ['>', syn], ['<', synAck], ['>', ack])

  it('of connections whose opener never heard the answer, takes new ones: a forged source shuts nobody out', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < 10 * quota; port++)
      filter.say(from(port), ['>', syn], ['<', synAck], ['>', ack], ['>', fin])
    expect(lastIs(filter)).toEqual(['allow open/443', established, established])
  })
  it('of connections that one side has closed, takes new ones', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < 2 * quota; port++) {
      filter.handshake(from(port))
      filter.say(from(port), ['<', fin])
    }
    expect(lastIs(filter)).toEqual(['allow open/443', established, established])
  })
  it('of answered queries, takes new ones', () => {
    const filter = new Filter(ruleTier('dns', rule('dns', 'allow')), nothing, quota)
    for (let port = 0; port < 10 * quota; port++) {
      const query = flow('udp', `192.0.2.1 ${1024 + port}`, '10.0.0.1 53')
      expect([filter.in(packet(query)), filter.out(packet(reversed(query)))]).toEqual([
        'allow dns',
        established,
      ])
    }
  })
  it('of established ones, refuses new ones', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < quota; port++) filter.handshake(from(port))
    expect(lastIs(filter)[0]).toBe('deny flow/full')
  })
})

describe('other protocols', () => {
  const udp = flow('udp', '10.0.0.1 5000', '192.0.2.1 53')

  it.each([
    ['TCP half open', web, [syn], 30n],
    ['TCP half open, answered', web, [syn, synAck], 30n],
    ['TCP acknowledged', web, [syn, synAck, ack], 900n],
  ] as const)('%s is forgotten after %d idle seconds', (_, ends, flags, seconds) => {
    for (const late of [false, true]) {
      const filter = new Filter(open443, nothing)
      for (const [index, tcpFlags] of flags.entries()) filter.say(ends, [index === 1 ? '<' : '>', tcpFlags])
      filter.now = seconds * second - (late ? 0n : 1n)
      expect(filter.out(packet(reversed(ends), { tcpFlags: synAck }))).toBe(late ? none : established)
    }
  })

  it.each([
    ['UDP', udp, 30n, 120n],
    ['echo', flow('icmp', '10.0.0.1 7', '192.0.2.1'), 30n, 30n],
    ['ICMPv6 echo', flow('icmp6', 'fd00::1 7', '2001:db8::1'), 30n, 30n],
    ['GRE', flow(47, '10.0.0.1', '192.0.2.1'), 30n, 30n],
  ] as const)(
    '%s is forgotten after %d seconds, once both have heard each other after %d',
    (_, ends, before, after) => {
      const filter = new Filter(nothing, all)
      expect(filter.out(packet(ends))).toBe('allow any')
      filter.now = before - 1n
      expect(filter.out(packet(ends))).toBe(established)
      filter.now += before * second
      expect(filter.in(packet(reversed(ends)))).toMatch(/^deny/)
      expect(filter.out(packet(ends))).toBe('allow any')
      // Answered, it lives no longer; the opener has to show that it heard the answer.
      expect(filter.in(packet(reversed(ends)))).toBe(established)
      filter.now += before * second - 1n
      expect(filter.out(packet(ends))).toBe(established)
      filter.now += after * second - 1n
      expect(filter.in(packet(reversed(ends)))).toBe(established)
      filter.now += after * second
      expect(filter.in(packet(reversed(ends)))).toMatch(/^deny/)
    },
  )

  it('echo requests of the other side are judged by its own point, even with identifier 0', () => {
    const filter = new Filter(nothing, all)
    const ends = flow('icmp', '10.0.0.1', '192.0.2.1')
    expect(filter.out(packet(ends, { icmpType: 8 }))).toBe('allow any')
    expect(filter.in(packet(reversed(ends), { icmpType: 8 }))).toBe('deny default/deny')
    expect(filter.out(packet(ends, { icmpType: 0 }))).toBe(none)
    expect(filter.in(packet(reversed(ends), { icmpType: 0 }))).toBe(established)
  })

  it('ICMP that is neither echo nor an error is of no flow, and opens none', () => {
    const filter = new Filter(nothing, all)
    const timestamp = { ...packet(flow('icmp', '10.0.0.1', '192.0.2.1')), icmpType: 13 }
    expect(filter.out(timestamp)).toBe('allow any')
    expect(filter.size).toBe(0)
    const back = { ...packet(flow('icmp', '192.0.2.1', '10.0.0.1')), icmpType: 14 }
    expect(filter.in(back)).toBe('deny default/deny')
  })

  it('an error about a known flow passes, but does not keep it', () => {
    const filter = new Filter(nothing, all)
    filter.out(packet(udp))
    filter.now = 29n * second
    expect(filter.in(unreachable(udp))).toBe('allow flow/related')
    filter.now = 30n * second
    expect(filter.in(unreachable(udp))).toBe(none)
  })
})

describe('rules that change', () => {
  it.each([
    ['its opener', '>'],
    ['the other side', '<'],
  ] as const)('a flow that is still allowed goes on with a packet of %s, and is judged once', (_, way) => {
    const filter = new Filter(open443, nothing)
    filter.handshake(web)
    filter.revise(all, nothing)
    expect(filter.say(web, [way, ack])).toEqual([established])
    // What is judged again and again would be denied now.
    filter.revise(open443, nothing)
    filter.epoch--
    expect(filter.say(web, ['>', ack], ['<', ack])).toEqual([established, established])
  })

  it.each([
    ['its opener', '>'],
    ['the other side', '<'],
  ] as const)('a flow that is not allowed any more ends with the next packet of %s', (_, way) => {
    const filter = new Filter(open443, all)
    filter.handshake(web)
    filter.revise(nothing, all)
    expect(filter.say(web, [way, ack], ['>', ack], ['<', ack])).toEqual(['deny flow/revoked', none, none])
    expect(filter.size).toBe(0)
  })

  it('what counts is the opening, by the rules of its own direction', () => {
    const filter = new Filter(nothing, all)
    const out = flow('tcp', '10.0.0.1 5000', '192.0.2.1 443')
    expect(filter.out(packet(out))).toBe('allow any')
    expect(filter.in(packet(reversed(out), { tcpFlags: synAck }))).toBe(established)
    filter.revise(
      nothing,
      ruleTier('to-443', rule('syn', 'allow', { protocol: 6, tcpFlags: { mask: 0xff, value: 2 } })),
    )
    expect(filter.in(packet(reversed(out), { tcpFlags: ack }))).toBe(established)
    filter.revise(all, ruleTier('denies', rule('no', 'deny')))
    expect(filter.in(packet(reversed(out), { tcpFlags: ack }))).toBe('deny flow/revoked')
  })

  it('an error about a flow that is to be judged again is denied; the flow is not harmed', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(web)
    filter.revise(open443, nothing)
    expect(filter.out(unreachable(web))).toBe(none)
    expect(filter.say(web, ['>', ack])).toEqual([established])
    expect(filter.out(unreachable(web))).toBe('allow flow/related')
  })

  it('programs of the epoch before leave flows of the new one alone', () => {
    const filter = new Filter(nothing, nothing)
    filter.revise(open443, nothing)
    filter.handshake(web)
    const { epoch } = filter
    filter.revise(nothing, nothing)
    filter.epoch = epoch - 1
    expect(filter.say(web, ['>', ack], ['<', ack])).toEqual([established, established])
  })

  it('the default deny in audit mode allows the openings that it would deny', () => {
    const table = new FlowTable()
    const audited = linkFlows([
      point([flowTier], { flow: { table: 'vm', heading: 'to-local' }, audit: true }),
      point([flowTier], { id: 'node/filter/out', flow: { table: 'vm', heading: 'from-local' } }),
    ])
    const [inward, outward] = audited as [Point, Point]
    expect(judge(inward, packet(web), { flows: table, now: 0n })).toMatchObject({ verdict: 'allow' })
    const answer = packet(reversed(web), { tcpFlags: synAck })
    expect(judge(outward, answer, { flows: table, now: 0n, epoch: 1 })).toMatchObject({ verdict: 'allow' })
  })
})
