import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finish, flowHash, flowWords, mixWord, nameHash, scaleHash } from './flow-hash.ts'
import { flow, reversed } from './testing/sample.ts'

/** MurmurHash3_x86_32 ends by mixing in the length, which ours leaves out: its words have always the same number. */
const murmur3 = (words: readonly number[], seed = 0): number =>
  finish(words.reduce(mixWord, seed) ^ (words.length * 4))

describe('mixing', () => {
  // Published test vectors of MurmurHash3_x86_32, keys as little-endian words.
  it.each([
    [[], 1, 0x514e28b7],
    [[], 0xffffffff, 0x81f16f39],
    [[0xffffffff], 0, 0x76293b50],
    [[0x87654321], 0, 0xf55b516b],
    [[0x87654321], 0x5082edee, 0x2362f9de],
    [[0], 0, 0x2362f9de],
  ])('%j with seed %i', (words, seed, expected) => expect(murmur3(words, seed)).toBe(expected))
})

it('words are what a little-endian machine loads', () => {
  expect(flowWords(flow('tcp', '1.2.3.4 258', '5.6.7.8 772'))).toEqual([
    0x04030201, 0x08070605, 0x04030201, 6,
  ])
  expect(flowWords(flow('udp', '102:304:506:708:90a:b0c:d0e:f10 1', '::1 2'))).toEqual([
    0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d, 0, 0, 0, 0x01000000, 0x02000100, 17,
  ])
})

it('every part of a flow counts', () => {
  const given = flow('tcp', '192.0.2.1 40000', '198.51.100.1 443')
  const hashes = [
    given,
    reversed(given),
    { ...given, protocol: 17 },
    { ...given, sourcePort: 40001 },
    { ...given, destinationPort: 444 },
    flow('tcp', '192.0.2.2 40000', '198.51.100.1 443'),
    flow('tcp', '192.0.2.1 40000', '198.51.100.2 443'),
  ].map(flowHash)
  expect(new Set(hashes).size).toBe(hashes.length)
})

it('scaling keeps within the size and uses all of it', () => {
  expect([0, 0x7fffffff, 0x80000000, 0xffffffff].map((hash) => scaleHash(hash, 251))).toEqual([
    0, 125, 125, 250,
  ])
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 65521 }), (hash, size) => {
      expect(BigInt(scaleHash(hash, size))).toBe((BigInt(hash) * BigInt(size)) >> 32n)
    }),
  )
})

it('names hash by their bytes and the seed', () => {
  expect(nameHash('west/a', 1)).toBe(nameHash('west/a', 1))
  expect(
    new Set([nameHash('west/a', 1), nameHash('west/a', 2), nameHash('west/b', 1), nameHash('', 1)]).size,
  ).toBe(4)
})
