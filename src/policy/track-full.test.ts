/** A flow table that is full: who gives way, and who is refused. */
import { describe, expect, it } from 'vitest'
import {
  ack,
  all,
  established,
  Filter,
  fin,
  nothing,
  open443,
  rst,
  syn,
  synAck,
  web,
} from './testing/flow-filter.ts'
import { flow, packet, reversed, rule, ruleTier } from './testing/sample.ts'

describe('a table that is full', () => {
  const quota = 64
  const from = (port: number) => ({ ...web, sourcePort: 1024 + port })
  const lastIs = (filter: Filter): string[] =>
    filter.say({ ...web, sourcePort: 60_000 }, ['>', syn], ['<', synAck], ['>', ack])

  it('of connections whose opener never heard the answer, takes new ones: a forged source shuts nobody out', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < 10 * quota; port++)
      filter.segments(
        from(port),
        ['>', syn, 0],
        ['<', synAck, 5_000_000, 1],
        ['>', ack, 1, 77],
        ['>', fin, 1, 77],
      )
    expect(lastIs(filter)).toEqual(['allow open/443', established, established])
  })
  it('of connections that the machine has reset, takes new ones', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < 2 * quota; port++) {
      filter.handshake(from(port))
      filter.say(from(port), ['<', rst])
    }
    expect(lastIs(filter)).toEqual(['allow open/443', established, established])
  })
  it('does not take from connections that somebody beyond the filter has closed or reset: that may be forged', () => {
    for (const forged of [fin, rst]) {
      const filter = new Filter(open443, nothing, quota)
      for (let port = 0; port < quota; port++) {
        filter.handshake(from(port))
        filter.say(from(port), ['>', forged])
      }
      for (let port = quota; port < 10 * quota; port++) filter.say(from(port), ['>', syn])
      for (let port = 0; port < quota; port++)
        expect(filter.say(from(port), ['<', ack])).toEqual([established])
    }
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
  it('of queries that were asked twice, takes new ones: who forges one packet forges two', () => {
    const filter = new Filter(ruleTier('dns', rule('dns', 'allow')), all, quota)
    for (let port = 0; port < 10 * quota; port++) {
      const query = packet(flow('udp', `192.0.2.1 ${1024 + port}`, '10.0.0.1 53'))
      const answer = packet(reversed(flow('udp', `192.0.2.1 ${1024 + port}`, '10.0.0.1 53')))
      expect([filter.in(query), filter.out(answer), filter.in(query)]).toEqual([
        'allow dns',
        established,
        established,
      ])
    }
    const own = flow('udp', '10.0.0.1 5000', '192.0.2.53 53')
    expect(filter.out(packet(own))).toBe('allow any')
  })
  it('of queries of the machine itself, answered and gone on with, refuses new ones', () => {
    const filter = new Filter(nothing, all, quota)
    const say = (port: number) => {
      const query = flow('udp', `10.0.0.1 ${1024 + port}`, '192.0.2.1 53')
      return [filter.out(packet(query)), filter.in(packet(reversed(query))), filter.out(packet(query))]
    }
    for (let port = 0; port < quota; port++)
      expect(say(port)).toEqual(['allow any', established, established])
    expect(say(quota)[0]).toBe('deny flow/full')
  })
  it('of established ones, refuses new ones', () => {
    const filter = new Filter(open443, nothing, quota)
    for (let port = 0; port < quota; port++) filter.handshake(from(port))
    expect(lastIs(filter)[0]).toBe('deny flow/full')
  })
})
