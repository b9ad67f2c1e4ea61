/** Who brings TCP to `established`: only an opener that hears the other side (RFC 9293 section 3.5). */
import { describe, expect, it } from 'vitest'
import { handshakeWindow } from './flow-state.ts'
import {
  ack,
  established,
  Filter,
  fin,
  nothing,
  open443,
  rst,
  second,
  syn,
  synAck,
  web,
  web6,
} from './testing/flow-filter.ts'

const opens = 'allow open/443'
const [client, server] = [0xfffffff0, 0x80000000]

/** Whether the flow outlives a handshake that came to nothing. */
const lives = (filter: Filter, ends = web): boolean => {
  filter.now += 31n * second
  return filter.segments(ends, ['<', ack, server + 1, client + 1])[0] === established
}

describe.each([
  ['IPv4', web],
  ['IPv6', web6],
])('a TCP handshake over %s', (_, ends) => {
  const begun = () => {
    const filter = new Filter(open443, nothing)
    filter.segments(ends, ['>', syn, client], ['<', synAck, server, client + 1])
    return filter
  }

  it('ends where the opener acknowledges the SYN of the other side', () => {
    const filter = begun()
    expect(filter.segments(ends, ['>', ack, client + 1, server + 1])).toEqual([established])
    expect(lives(filter, ends)).toBe(true)
  })

  it.each([
    ['a guess', 12345],
    ['the number before', server],
    ['the number behind', server + 2],
    ['its own number', client + 1],
  ])('does not end with %s', (_, number) => {
    const filter = begun()
    expect(filter.segments(ends, ['>', ack, client + 1, number >>> 0])).toEqual([established])
    expect(lives(filter, ends)).toBe(false)
  })

  it('goes on where data came with the SYN of the client, up to a window', () => {
    for (const [more, outcome] of [
      [handshakeWindow, true],
      [handshakeWindow + 1, false],
    ] as const) {
      const filter = new Filter(open443, nothing)
      filter.segments(ends, ['>', syn, client], ['<', synAck, server, (client + 1 + more) >>> 0])
      filter.segments(ends, ['>', ack, client + 1, server + 1])
      expect(lives(filter, ends)).toBe(outcome)
    }
  })

  it('that cannot be followed is kept while the machine behind the filter speaks, as one that gives way', () => {
    const filter = begun()
    filter.segments(ends, ['>', ack, client + 1, server + 5000])
    for (let times = 0; times < 5; times++) {
      filter.now += 29n * second
      expect(filter.segments(ends, ['<', ack, server + 1, client + 1])).toEqual([established])
    }
    filter.now += 29n * second
    filter.segments(ends, ['>', ack, client + 1, server + 5000])
    filter.now += 2n * second
    expect(filter.segments(ends, ['<', ack, server + 1, client + 1])).toEqual(['deny flow/none'])
  })

  it('does not begin where the other side acknowledges another SYN, as one that is challenged does', () => {
    const filter = new Filter(open443, nothing)
    filter.segments(
      ends,
      ['>', syn, client],
      ['<', synAck, server, 1_000_077],
      ['>', ack, client + 1, server + 1],
    )
    expect(lives(filter, ends)).toBe(false)
    const challenged = new Filter(open443, nothing)
    challenged.segments(ends, ['>', syn, client], ['<', ack, server, 1_000_077])
    expect(challenged.segments(ends, ['>', ack, client + 1, 5])).toEqual(['deny flow/none'])
    expect(lives(challenged, ends)).toBe(false)
  })

  it('ends with the SYN and ACK that came last: one sent again may have another number (SYN cookies)', () => {
    const filter = begun()
    filter.segments(ends, ['>', syn, client], ['<', synAck, server + 9, client + 1])
    filter.segments(ends, ['>', ack, client + 1, server + 10])
    expect(lives(filter, ends)).toBe(true)
  })

  it('is not disturbed by a SYN and ACK whose sender did not hear the opener', () => {
    const filter = begun()
    filter.segments(ends, ['<', synAck, 4711, 1_004_712], ['>', ack, client + 1, server + 1])
    expect(lives(filter, ends)).toBe(true)
  })

  it('a SYN with another number, before it is over, is a new connection that the rules judge', () => {
    const filter = begun()
    expect(filter.segments(ends, ['>', syn, client], ['>', syn, 5])).toEqual([established, opens])
    filter.segments(ends, ['<', synAck, server, 6], ['>', ack, 6, server + 1])
    expect(lives(filter, ends)).toBe(true)
  })

  it('a FIN that acknowledges nothing known closes nothing', () => {
    const filter = begun()
    filter.segments(ends, ['>', fin, client + 1, 1], ['>', ack, client + 1, server + 1])
    expect(lives(filter, ends)).toBe(true)
  })

  it('a reset in it is forgotten with the right acknowledgement', () => {
    const filter = begun()
    filter.segments(ends, ['>', rst, client + 1], ['>', ack, client + 1, server + 1])
    expect(lives(filter, ends)).toBe(true)
  })
})
