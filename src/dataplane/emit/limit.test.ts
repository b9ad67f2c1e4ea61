/** What limits bound when every packet has another source, and what the table of sources does when it is full. */
import { describe, expect, it } from 'vitest'
import { InterpreterEngine } from '../../bpf/index.ts'
import { Ip, ip } from '../../net/index.ts'
import type { Limit } from '../../policy/index.ts'
import { point, rule } from '../../policy/testing/sample.ts'
import { compileNode } from '../compile.ts'
import { FilterCompilerCache } from '../filter-template.ts'
import { flood, limited } from '../testing/limit-flood.ts'

let now = 0n
const subject = {
  engine: new InterpreterEngine({ clock: () => now }),
  setClock: (time: bigint) => {
    now = time
  },
}
const second = 1_000_000_000n

const bySource = (units: number, burst: number): Limit => ({
  rule: rule('by-source', 'deny'),
  key: { kind: 'prefix', end: 'source', length: { 4: 32, 6: 64 } },
  packets: { units, burst },
})
const byVip = (units: number, burst: number, ...addresses: Ip[]): Limit => ({
  rule: rule('by-vip', 'deny'),
  key: { kind: 'address', end: 'destination', addresses },
  packets: { units, burst },
})

describe.each([
  [4, ip('198.51.100.1'), ip('198.51.100.2')],
  [6, ip('2001:db8::1'), ip('2001:db8::2')],
] as const)('a flood over IPv%i', (family, vip, other) => {
  const packets = 20_000
  const apart = second / 10_000n
  const over = { family, packets, apart, buckets: 8 }

  it('from ever new sources fills their table, and is bounded by the VIP', () => {
    const { passed, held } = flood(
      limited(bySource(100, 10), byVip(1000, 50, vip)),
      { ...over, destinations: [vip] },
      subject,
    )
    // Two seconds: the burst and the rate.
    expect(passed).toBeLessThanOrEqual(50 + 2000)
    expect(passed).toBeGreaterThan(1990)
    expect(held[0]).toBeLessThanOrEqual(8)
    expect(held[1]).toBe(2)
  })

  it('to ever new addresses that nobody has is bounded by the bucket that they share', () => {
    const destinations = Array.from({ length: 5000 }, (_, n) => Ip(family, other.value + BigInt(n)))
    const { passed, held } = flood(limited(byVip(1000, 50, vip)), { ...over, destinations }, subject)
    expect(passed).toBeLessThanOrEqual(50 + 2000)
    expect(passed).toBeGreaterThan(1990)
    expect(held).toEqual([2])
  })

  it('takes nothing from the bucket of another VIP', () => {
    const at = limited(byVip(1000, 50, vip, other))
    const { passed } = flood(at, { ...over, destinations: [vip, other] }, subject)
    expect(passed).toBeGreaterThan(3980)
    expect(passed).toBeLessThanOrEqual(2 * 2050)
  })

  it('from one source is bounded by its own bucket, as long as that is in the table', () => {
    const sources = [family === 4 ? ip('192.0.2.1') : ip('2001:db8:f::1')]
    const at = limited(bySource(100, 10), byVip(1000, 50, vip))
    const { passed } = flood(at, { ...over, sources, destinations: [vip] }, subject)
    expect(passed).toBeGreaterThanOrEqual(205)
    expect(passed).toBeLessThanOrEqual(210)
  })
})

it('a bucket that stays locked lets nothing pass', () => {
  const at = limited(byVip(1000, 50, ip('198.51.100.1')))
  const { maps, attachments } = compileNode([at], [], new FilterCompilerCache())
  const created = Object.fromEntries(
    Object.entries(maps).map(([name, spec]) => [name, subject.engine.createMap(spec)]),
  )
  const locked = new Uint8Array(24)
  locked[16] = 1
  created.limit0_4?.update(new Uint8Array(4), locked)
  const spec = attachments[0]?.program
  const program = spec && subject.engine.load(spec, created)
  const frame = new Uint8Array(42)
  frame.set([8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17], 12)
  frame.set([192, 0, 2, 1, 203, 0, 113, 1, 0, 1, 0, 2, 0, 8], 26)
  expect(program?.run(frame).verdict).toBe(1)
  created.limit0_4?.update(new Uint8Array(4), new Uint8Array(24))
  expect(program?.run(frame).verdict).toBe(2)
  // And a table in which its bucket is missing.
  created.limit0_4?.delete(new Uint8Array(4))
  expect(program?.run(frame).verdict).toBe(1)
})

it('a limit that makes no sense is refused by name', () => {
  const at = point([{ kind: 'limit', name: 'limits', limits: [{ ...bySource(0, 1) }] }])
  expect(() => compileNode([at], [], new FilterCompilerCache())).toThrow(
    'compile limit by-source of node/filter/in: a rate',
  )
})
