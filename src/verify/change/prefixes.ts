/** Addresses of a set as prefixes, for people. */
import { type Family, Prefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import {
  addressLevels,
  allLevelsBut,
  type End,
  familyNumber,
  level,
  type PacketSets,
} from '../packets/index.ts'

/** Prefixes that hold all addresses that a set has at an end; no more than `limit` of each family are made. */
export function prefixesAt(
  sets: PacketSets,
  packets: DiagramSet,
  end: End,
  limit: number,
): readonly Prefix[] {
  const alone = sets.forget(packets, allLevelsBut([level.family, ...addressLevels(end)]))
  return ([4, 6] as const).flatMap((family) => {
    const found: Prefix[] = []
    const ofFamily = sets.follow(alone, [familyNumber(family)]) as DiagramSet
    for (const made of prefixesOf(sets, ofFamily, level[end], {
      family,
      word: family === 4 ? 3 : 0,
      value: 0n,
    })) {
      found.push(made)
      if (found.length === limit) break
    }
    return found
  })
}

/** What is known of an address: its words before `word`, as a number. */
interface Known {
  readonly family: Family
  readonly word: number
  readonly value: bigint
}

function* prefixesOf(
  sets: PacketSets,
  set: DiagramSet,
  first: number,
  { family, word, value }: Known,
): Generator<Prefix> {
  const bits = 32 * (word - (family === 4 ? 3 : 0))
  const left = BigInt(32 * (4 - word))
  if (set === sets.none) return
  if (sets.levelOf(set) !== first + word) return yield Prefix(family, value << left, bits)
  for (const [[from, to], child] of sets.branches(set)) {
    if (child === sets.none) continue
    const next = (number: number): bigint => (value << 32n) | BigInt(number)
    if (sets.levelOf(child) === undefined)
      for (const [number, length] of blocks(from, to))
        yield Prefix(family, next(number) << (left - 32n), bits + length)
    else yield* prefixesOf(sets, child as DiagramSet, first, { family, word: word + 1, value: next(from) })
  }
}

/** The fewest aligned blocks of a power of two that make a range of 32-bit numbers: the first number and the prefix length of each. */
function* blocks(from: number, to: number): Generator<readonly [number: number, length: number]> {
  for (let at = from; at <= to; ) {
    let size = at === 0 ? 2 ** 32 : (at & -at) >>> 0
    while (at + size - 1 > to) size /= 2
    yield [at, 32 - Math.log2(size)]
    at += size
  }
}
