/** The flow tier: how long it remembers, and protocols beside TCP. `track-tcp.test.ts` has the connections. */
import { describe, expect, it } from 'vitest'
import {
  ack,
  all,
  established,
  Filter,
  none,
  nothing,
  open443,
  second,
  syn,
  synAck,
  web,
} from './testing/flow-filter.ts'
import { flow, packet, reversed, unreachable } from './testing/sample.ts'

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
