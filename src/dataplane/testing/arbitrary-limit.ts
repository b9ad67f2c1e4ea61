/**
 * Random rate limits. Their rates are so low that the milliseconds of a run do not matter where the clock cannot be set; where it can, the
 * waits of a case are just long enough, or short by a nanosecond, for a packet more.
 */
import fc from 'fast-check'
import type { Limit, LimitKey, LimitTier, Rate } from '../../policy/index.ts'
import { Draw } from './draw.ts'
import { drawAddress, type Pool } from './pool.ts'

export const limitShape = fc.record({
  key: fc.nat(0x7fff_ffff),
  rates: fc.nat(0x7fff_ffff),
  /** Of packets, of bytes, of both. */
  of: fc.constantFrom(1, 2, 3),
  audit: fc.constantFrom(false, false, false, true),
})

type LimitShape = typeof limitShape extends fc.Arbitrary<infer T> ? T : never

/** @param waits whether the clock can be set */
export const limitTierOf = (
  shapes: readonly LimitShape[],
  pool: Pool,
  { audit, waits }: { readonly audit: boolean; readonly waits: boolean },
): LimitTier => ({
  kind: 'limit',
  name: 'limits',
  ...(audit && { audit: true as const }),
  limits: shapes.map((shape, index) => limitOf(shape, index, pool, waits)),
})

function limitOf({ key, rates, of, audit }: LimitShape, index: number, pool: Pool, waits: boolean): Limit {
  const d = new Draw(rates)
  return {
    rule: {
      id: `limits/${index}`,
      action: 'deny',
      match: {},
      origin: { kind: 'built-in', name: 'limits' },
      why: 'Drawn at random.',
      ...(audit && { audit: true as const }),
    },
    key: keyOf(new Draw(key), pool),
    ...(of & 1 && { packets: rateOf(d, packetRates, d.between(1, 12)) }),
    ...(of & 2 && { bytes: rateOf(d, waits ? unevenRates : byteRates, d.between(40, 4000)) }),
  }
}

/** A packet each 30, 120 and 900 seconds: the waits of cases. */
const packetRates = [120, 30, 4]
/** A byte each 6 and 10 seconds. */
const byteRates = [600, 360]
/** One whose bytes are no whole nanoseconds: a bucket may then be short by a few of them, which a clock that runs makes good. */
const unevenRates = [...byteRates, 413]

const rateOf = (d: Draw, rates: readonly number[], burst: number): Rate => ({
  units: d.pick(rates),
  seconds: 3600,
  burst,
})

function keyOf(d: Draw, pool: Pool): LimitKey {
  const end = d.pick(['source', 'source', 'destination'] as const)
  if (d.chance(65))
    return {
      kind: 'prefix',
      end,
      length: { 4: d.pick([32, 32, 31, 24, 20, 9, 1]), 6: d.pick([128, 127, 65, 64, 64, 56, 33, 1]) },
    }
  const addresses = ([4, 6] as const).flatMap((family) =>
    d.several(d.below(4), () => drawAddress(d, pool, family)),
  )
  return { kind: 'address', end, addresses: addresses.filter(({ value }) => value !== 0n) }
}
