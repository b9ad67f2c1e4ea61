/** The flow tier with TCP, sentence by sentence. */
import { describe, expect, it } from 'vitest'
import {
  ack,
  all,
  established,
  Filter,
  fin,
  none,
  nothing,
  open443,
  rst,
  rstAck,
  second,
  syn,
  synAck,
  web,
  web6,
} from './testing/flow-filter.ts'

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
    expect(filter.say(ends, ['>', rst], ['<', ack])).toEqual([established, established])
    filter.now = 908n * second
    expect(filter.say(ends, ['>', rst])).toEqual([established])
    filter.now = 909n * second
    expect(filter.say(ends, ['<', ack])).toEqual([none])
  })

  it('a reset by the machine behind the filter is its end', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    expect(filter.say(ends, ['<', rst], ['>', ack])).toEqual([established, established])
    filter.now = 60n * second
    expect(filter.say(ends, ['>', ack])).toEqual([none])
  })

  it('FIN of the side beyond the filter, which may be forged, cuts nothing short', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(ends)
    filter.say(ends, ['>', fin])
    filter.now = 899n * second
    expect(filter.say(ends, ['<', ack], ['>', ack])).toEqual([established, established])
    filter.now += 900n * second
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
