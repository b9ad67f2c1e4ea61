import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maglevTable, tableSize } from './maglev.ts'

const names = (count: number, prefix = 'west/shop-web-') =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`)

function shares(table: Uint32Array, count: number): number[] {
  const owned = new Array<number>(count).fill(0)
  for (const index of table) owned[index]!++
  return owned
}

describe('table size', () => {
  it.each([
    [1, 1],
    [2, 251],
    [3, 1021],
    [10, 1021],
    [11, 4093],
    [40, 4093],
    [41, 16381],
    [164, 65521],
    [10_000, 65521],
  ])('%i backends: %i slots', (backends, slots) => expect(tableSize(backends)).toBe(slots))
})

it.each([1, 2, 3, 5, 10, 20, 100, 500])('%i backends have equal shares within three percent', (count) => {
  const table = maglevTable(names(count))
  const even = table.length / count
  // A share is a whole number of slots; below a hundred slots one is more than a percent.
  for (const owned of shares(table, count))
    expect(Math.abs(owned - even)).toBeLessThanOrEqual(Math.max(2, even * 0.03))
})

it.each([3, 10, 40, 100])('of %i backends the loss of one moves little beside its own slots', (count) => {
  const all = names(count)
  const size = tableSize(count)
  const before = maglevTable(all, size)
  const gone = count >> 1
  const left = all.filter((_, n) => n !== gone)
  const after = maglevTable(left, size)
  let moved = 0
  for (const [slot, index] of before.entries())
    if (index !== gone && left[after[slot]!] !== all[index]) moved++
  // The paper's figure for small tables is some percent (section 5.3).
  expect(moved / size).toBeLessThan(0.05)
})

it('depends on the names, not on their order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      (list, by) => {
        const turned = [...list.slice(by % list.length), ...list.slice(0, by % list.length)]
        const named = (from: readonly string[]) => [...maglevTable(from, 251)].map((index) => from[index])
        expect(named(turned)).toEqual(named(list))
      },
    ),
  )
})

it('refuses no backends, and more than slots', () => {
  expect(() => maglevTable([])).toThrow(RangeError)
  expect(() => maglevTable(names(252), 251)).toThrow('252 backends do not fit 251 slots')
})
