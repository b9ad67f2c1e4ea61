import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { maxWeight, yamlWeight } from './weight.ts'

describe('yamlWeight', () => {
  it.each([
    ['', 0],
    ['a: 1', 2],
    ['a: 1\nb: 2\n', 6],
    ['[a, b]', 8],
    ["'a'", 5],
    ['&a *b', 10],
    [']]', 9],
  ])('of %j is %d', (text, weight) => expect(yamlWeight(text)).toBe(weight))

  it('stops at the limit', () => {
    expect(yamlWeight('[]'.repeat(4_000_000))).toBeLessThan(maxWeight + 10)
  })

  it('of a network file is small', () => {
    const text = readFileSync('examples/two-sites/network.yaml', 'utf8')
    expect(yamlWeight(text)).toBeLessThan(maxWeight / 1000)
  })
})
