import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp, ip, type Prefix, prefix, prefixContains } from '../../net/index.ts'
import { AddressPool } from './address-pool.ts'

const take = (pool: AddressPool, count: number) =>
  Array.from({ length: count }, () => pool.take().map(formatIp))

describe('AddressPool', () => {
  it('assigns one address of each family, in order, from prefix to prefix', () => {
    const pool = AddressPool(['10.0.0.0/30', '10.1.0.0/30', 'fd00::/64'].map(prefix))
    expect(take(pool, 3)).toEqual([
      ['10.0.0.1', 'fd00::1'],
      ['10.0.0.2', 'fd00::2'],
      ['10.1.0.1', 'fd00::3'],
    ])
  })

  it.each([
    ['10.0.0.0/29', 6n, 4],
    ['10.0.0.0/31', 2n, 4],
    ['10.0.0.0/32', 1n, 4],
    ['fd00::/64', 2n ** 64n - 1n, 6],
    ['fd00::/127', 2n, 6],
    ['fd00::/128', 1n, 6],
  ] as const)('%s has room for %d', (text, capacity, family) => {
    expect(AddressPool([prefix(text)]).capacity(family)).toBe(capacity)
  })

  it('says how many were wanted once there are none left', () => {
    const pool = AddressPool([prefix('10.0.0.0/31')])
    expect(take(pool, 3)).toEqual([['10.0.0.0'], ['10.0.0.1'], []])
    expect(pool.wanted.get(4)).toBe(3)
  })

  it('passes over what is reserved', () => {
    const pool = AddressPool([prefix('10.0.0.0/29')])
    expect(pool.reserve(ip('10.0.0.2'))).toBe('reserved')
    expect(pool.reserve(ip('10.0.0.2'))).toBe('taken')
    expect(pool.reserve(ip('10.0.0.9'))).toBe('outside')
    expect(take(pool, 2)).toEqual([['10.0.0.1'], ['10.0.0.3']])
  })

  it('assigns from the end, which in IPv6 is near enough to be readable', () => {
    const pool = AddressPool(['10.0.0.0/29', 'fd00::/64'].map(prefix))
    expect(pool.takeLast().map(formatIp)).toEqual(['10.0.0.6', 'fd00::ffff'])
    expect(pool.takeLast().map(formatIp)).toEqual(['10.0.0.5', 'fd00::fffe'])
  })

  it('gives out every address once, each within its prefix', () => {
    const somePrefixes = fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 4 })
    const steps = fc.array(fc.constantFrom('front', 'back'), { maxLength: 80 })
    fc.assert(
      fc.property(somePrefixes, fc.integer({ min: 28, max: 32 }), steps, (nets, length, order) => {
        const prefixes: Prefix[] = nets.map((net) => prefix(`10.0.${net}.0/${length}`))
        const pool = AddressPool(prefixes)
        const given = order.flatMap((step) => (step === 'front' ? pool.take() : pool.takeLast()))
        expect(new Set(given.map(formatIp)).size).toBe(given.length)
        expect(given.every((address) => prefixes.some((p) => prefixContains(p, address)))).toBe(true)
        expect(given.length).toBe(Math.min(order.length, Number(pool.capacity(4))))
      }),
    )
  })
})
