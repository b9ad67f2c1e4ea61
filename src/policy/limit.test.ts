import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ip } from '../net/index.ts'
import { judge } from './evaluate.ts'
import { byteDepth, LimitTable, limitProblem, packetDepth, timeFor } from './limit.ts'
import type { Limit, Rate } from './point.ts'
import { flow, packet, point, rule, ruleTier } from './testing/sample.ts'

const second = 1_000_000_000n
const perSource = (more: Partial<Limit>): Limit => ({
  rule: rule('limit', 'deny'),
  key: { kind: 'prefix', end: 'source', length: { 4: 24, 6: 56 } },
  ...more,
})
const from = (source: string, destination = source.includes(':') ? '2001:db8::1' : '192.0.2.1') =>
  packet(flow('udp', `${source} 1`, `${destination} 2`))

describe('time', () => {
  it('of units is rounded up, so that no more passes than the rate says', () => {
    const rate = fc.record({
      units: fc.integer({ min: 1, max: 1e12 }),
      seconds: fc.integer({ min: 1, max: 3600 }),
    })
    fc.assert(
      fc.property(rate, fc.nat(70_000), ({ units, seconds }, count) => {
        const time = timeFor({ units, seconds, burst: 1 }, count)
        expect(time * BigInt(units)).toBeGreaterThanOrEqual(BigInt(count) * BigInt(seconds) * second)
        expect((time - 1n) * BigInt(units)).toBeLessThan(BigInt(count) * BigInt(seconds) * second)
      }),
    )
  })

  it.each<[string, Partial<Limit>, string | undefined]>([
    ['of neither', {}, 'a limit is of packets, of bytes, or of both'],
    ['of nothing', { packets: { units: 0, burst: 1 } }, 'a rate is 1 to'],
    ['without a burst', { packets: { units: 1, burst: 0 } }, 'a rate is 1 to'],
    ['for two hours', { packets: { units: 1, seconds: 7200, burst: 1 } }, 'a rate is 1 to'],
    ['of a week', { packets: { units: 1, burst: 604_800 } }, 'a bucket is full again within a day'],
    [
      'of no bits',
      { bytes: { units: 1, burst: 9 }, key: { kind: 'prefix', end: 'source', length: { 4: 0, 6: 64 } } },
      'an address has',
    ],
    [
      'good',
      { packets: { units: 1e12, seconds: 3600, burst: 1 }, bytes: { units: 5, burst: 1500 } },
      undefined,
    ],
  ])('a limit %s', (_, more, problem) => {
    if (problem === undefined) expect(limitProblem(perSource(more))).toBeUndefined()
    else expect(limitProblem(perSource(more))).toContain(problem)
  })
})

describe('a bucket', () => {
  const takes = (limit: Limit, table = new LimitTable()) => {
    return (source: string, now: bigint, length = 60) => table.take(limit, from(source), length, now)
  }

  it('lets its burst through at once, and then the rate', () => {
    const take = takes(perSource({ packets: { units: 10, burst: 3 } }))
    const tenth = second / 10n
    expect([1, 2, 3, 4].map(() => take('192.0.2.1', 5n))).toEqual([true, true, true, false])
    expect(take('192.0.2.1', 5n + tenth - 1n)).toBe(false)
    expect(take('192.0.2.1', 5n + tenth)).toBe(true)
    expect(take('192.0.2.1', 5n + tenth)).toBe(false)
    expect([1, 2, 3, 4].map(() => take('192.0.2.1', 99n * second))).toEqual([true, true, true, false])
  })

  it('of bytes takes the length of the frame', () => {
    const take = takes(perSource({ bytes: { units: 1000, burst: 1500 } }))
    expect(take('192.0.2.1', 0n, 1501)).toBe(false)
    expect(take('192.0.2.1', 0n, 1400)).toBe(true)
    expect(take('192.0.2.1', 0n, 101)).toBe(false)
    expect(take('192.0.2.1', 0n, 100)).toBe(true)
    expect(take('192.0.2.1', second, 1000)).toBe(true)
  })

  it('takes of both or of neither', () => {
    const take = takes(perSource({ packets: { units: 1, burst: 2 }, bytes: { units: 1, burst: 100 } }))
    expect(take('192.0.2.1', 0n, 101)).toBe(false)
    expect(take('192.0.2.1', 0n, 50)).toBe(true)
    expect(take('192.0.2.1', 0n, 51)).toBe(false)
    expect(take('192.0.2.1', 0n, 50)).toBe(true)
    expect(take('192.0.2.1', 0n, 0)).toBe(false)
  })

  it('is one for each prefix, IPv4 and IPv6', () => {
    const take = takes(perSource({ packets: { units: 1, burst: 1 } }))
    const sources = [
      '192.0.2.1',
      '192.0.2.255',
      '192.0.3.0',
      '2001:db8:0:1::1',
      '2001:db8:0:ff::',
      '2001:db8:0:100::',
    ]
    expect(sources.map((source) => take(source, 0n))).toEqual([true, false, true, true, false, true])
  })

  it('is one for each listed address, and one for all others of a family', () => {
    const key = {
      kind: 'address',
      end: 'destination',
      addresses: [ip('192.0.2.1'), ip('2001:db8::1')],
    } as const
    const limit = { ...perSource({ packets: { units: 1, burst: 1 } }), key }
    const table = new LimitTable()
    const to = (destination: string) =>
      table.take(limit, from(destination.includes(':') ? 'fd00::1' : '10.0.0.1', destination), 60, 0n)
    expect(['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3'].map(to)).toEqual([true, false, true, false])
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(to)).toEqual([true, true, false])
  })

  it('never lets more through than its burst and its rate', () => {
    const rate = fc.record({
      units: fc.integer({ min: 1, max: 1000 }),
      burst: fc.integer({ min: 1, max: 50 }),
    })
    const waits = fc.array(fc.integer({ min: 0, max: 40_000_000 }), { maxLength: 200 })
    fc.assert(
      fc.property(rate, waits, (packets: Rate, waits) => {
        const take = takes(perSource({ packets }))
        let now = 0n
        let passed = 0
        for (const wait of waits) {
          now += BigInt(wait)
          if (take('192.0.2.1', now)) passed++
        }
        expect(passed).toBeLessThanOrEqual(packets.burst + Number((now * BigInt(packets.units)) / second))
      }),
    )
  })
})

describe('a tier', () => {
  const wide = perSource({ rule: rule('wide', 'deny'), packets: { units: 1, burst: 3 } })
  const narrow = perSource({
    rule: rule('narrow', 'deny'),
    key: { kind: 'prefix', end: 'source', length: { 4: 32, 6: 128 } },
    packets: { units: 1, burst: 1 },
  })
  const at = (audit: boolean) =>
    point([
      { kind: 'limit', name: 'limits', limits: [wide, narrow], ...(audit && { audit: true as const }) },
      ruleTier('all', rule('any', 'allow')),
    ])
  const said = (limits: LimitTable | undefined, audit = false) => {
    return (source: string) => {
      const frame = { ...from(source), link: { source: '02:00:00:00:00:01', length: 60 } }
      const decision = judge(at(audit), frame, { now: 0n, ...(limits && { limits }) })
      if (decision.verdict === 'pass-by') return 'pass-by'
      return [decision.rule.id, ...(decision.audited ?? []).map(({ id }) => `(${id})`)].join(' ')
    }
  }
  const sources = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3']

  it('asks in order: what the second denies has taken of the first', () => {
    expect(sources.map(said(new LimitTable()))).toEqual(['any', 'narrow', 'any', 'wide'])
  })

  it('in audit mode tells, and lets pass', () => {
    const expected = ['any', 'any (narrow)', 'any', 'any (wide)']
    expect(sources.map(said(new LimitTable(), true))).toEqual(expected)
  })

  it('denies nothing where a packet is only thought of', () => {
    expect(sources.map(said(undefined))).toEqual(['any', 'any', 'any', 'any'])
    const state = { now: 0n, limits: new LimitTable() }
    expect(() => judge(at(false), from('192.0.2.1'), state)).toThrow('read it with readFrame')
  })
})

it('depths are those of whole packets and of bytes', () => {
  expect(packetDepth({ units: 3, burst: 2 })).toBe(666_666_668n)
  expect(byteDepth({ units: 3, burst: 2 })).toBe(666_666_667n)
})
