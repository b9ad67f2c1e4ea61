import { describe, expect, it } from 'vitest'
import { formatProtocol, hasPorts, parseProtocol } from './protocol.ts'

describe('protocols', () => {
  it('parse and format round trip, all 256', () => {
    for (let number = 0; number < 256; number++) expect(parseProtocol(formatProtocol(number))).toBe(number)
  })
  it.each([
    ['TCP', 6],
    ['icmpv6', 58],
    ['ipv6-icmp', 58],
    ['47', 47],
  ])('%s', (text, number) => expect(parseProtocol(text)).toBe(number))
  it.each(['', '256', '-1', 'tcp ', 'toString', '1.5'])('refuses %j', (text) =>
    expect(parseProtocol(text)).toBeUndefined(),
  )
  it('with ports are TCP and UDP', () => {
    expect(Array.from({ length: 256 }, (_, number) => number).filter(hasPorts)).toEqual([6, 17])
  })
})
