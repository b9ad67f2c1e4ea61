/** Negative controls: what must be noticed is noticed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InterpreterEngine } from '../../bpf/index.ts'
import { ip, PortRange, prefix } from '../../net/index.ts'
import { type Point, portTier, type Tier } from '../../policy/index.ts'
import { flow, packet, point, rule, ruleTier, withTiers } from '../../policy/testing/sample.ts'
import { frameOf, readHeaders } from '../../wire/index.ts'
import { arbitraryBalancerCase } from './arbitrary-balancer.ts'
import { arbitraryFilterCase } from './arbitrary-point.ts'
import { difference } from './difference.ts'
import { frameFault } from './expected-frame.ts'
import { notRunnable, type PointCase, runEvaluator, runPrograms } from './point-runner.ts'

const subject = { engine: new InterpreterEngine() }

const ends = flow('tcp', '10.0.0.1 1234', '192.0.2.1 80')
const at = (...tiers: Tier[]): Point => point(tiers)
const frame = frameOf(packet(ends), { payload: Uint8Array.of(1, 2, 3) })
const simple = (judge: Point): PointCase => ({ points: [judge], egress: [], steps: [{ point: 0, frame }] })
const all = at(ruleTier('t', rule('one', 'allow', { protocol: 6 }), rule('two', 'allow')))

/** What is said if programs are compiled from one point and the evaluator reads another. */
const between = (compiled: PointCase, read: PointCase) =>
  difference(read, runPrograms(compiled, subject), runEvaluator(read))

describe('a difference', () => {
  it('is none where there is none', () => expect(between(simple(all), simple(all))).toBeUndefined())

  it('of the verdict names step, rule and frame', () => {
    const denied = at(ruleTier('t', rule('one', 'deny', { protocol: 6 }), rule('two', 'allow')))
    const said = between(simple(all), simple(denied))
    expect(said).toContain('step 0 at point 0: the program returned 2 (allow), the evaluator says deny (one)')
    expect(said).toContain('10.0.0.1 1234 → 192.0.2.1 80 protocol 6')
    expect(said).toContain(Buffer.from(frame).toString('hex'))
  })

  it('of the rule that decided shows in the counters alone', () => {
    const second = at(ruleTier('t', rule('one', 'allow', { protocol: 17 }), rule('two', 'allow')))
    expect(between(simple(all), simple(second))).toContain(
      'rule 7 (t: one) of node/filter/in counted 1 packets, 57 bytes, a last hit, the evaluator 0 packets, 0 bytes, no last hit',
    )
  })

  it('of bytes', () => {
    const programs = runPrograms(simple(all), subject)
    const longer = {
      ...programs,
      counters: programs.counters.map((point) =>
        point.map((c) => ({ ...c, bytes: c.bytes + (c.packets > 0n ? 4n : 0n) })),
      ),
    }
    expect(difference(simple(all), longer, runEvaluator(simple(all)))).toContain(
      'counted 1 packets, 61 bytes',
    )
  })

  it('of a frame that should not change', () => {
    const programs = runPrograms(simple(all), subject)
    const packet = frame.slice()
    packet[40]! ^= 1
    const changed = { ...programs, answers: programs.answers.map((answer) => ({ ...answer, packet })) }
    expect(difference(simple(all), changed, runEvaluator(simple(all)))).toContain(
      'the program changed the frame',
    )
  })

  it('of a number that is no verdict', () => {
    const programs = runPrograms(simple(all), subject)
    const aborted = {
      ...programs,
      answers: programs.answers.map((answer) => ({ ...answer, verdict: undefined, returned: 0 })),
    }
    expect(difference(simple(all), aborted, runEvaluator(simple(all)))).toContain('the program returned 0')
  })
})

describe('a rewritten frame', () => {
  const fields = { source: '198.51.100.9', sourcePort: 5000 }
  const wanted = { ...packet(ends), ...flow('tcp', `${fields.source} ${fields.sourcePort}`, '192.0.2.1 80') }
  const right = frameOf(wanted, { payload: Uint8Array.of(1, 2, 3) })
  const without = (byte: number) => {
    const copy = right.slice()
    copy[byte]! ^= 1
    return copy
  }

  it('with all as it should be', () => expect(frameFault(frame, right, wanted)).toBeUndefined())

  it.each([
    [0, 'byte 0 is'],
    [22, 'byte 22 is'],
    [27, 'byte 27 is'],
    [35, 'byte 35 is'],
    [37, 'byte 37 is'],
    [56, 'byte 56 is'],
    [25, 'the IPv4 header checksum was off by 0, now by'],
    [51, 'the transport checksum was off by 0, now by'],
  ])('with byte %i wrong', (byte, fault) => expect(frameFault(frame, without(byte), wanted)).toContain(fault))

  it('that grew', () => {
    expect(frameFault(frame, Uint8Array.of(...right, 0), wanted)).toBe('58 bytes came out of 57')
  })

  it('whose checksum was wrong must stay as wrong', () => {
    const wrong = frame.slice()
    wrong[51]! ^= 4
    expect(frameFault(wrong, right, wanted)).toContain('the transport checksum was off by')
    const asWrong = right.slice()
    asWrong[51] = right[51]! + (wrong[51]! - frame[51]!)
    expect(frameFault(wrong, asWrong, wanted)).toBeUndefined()
  })

  it('of UDP without a checksum stays without', () => {
    const udp = { ...packet({ ...ends, protocol: 17 }) }
    const before = frameOf(udp)
    before.fill(0, 40, 42)
    const now = { ...udp, source: wanted.source }
    const after = frameOf(now)
    expect(frameFault(before, after, now)).toContain('the UDP checksum is there, unlike before')
    after.fill(0, 40, 42)
    expect(frameFault(before, after, now)).toBeUndefined()
  })
})

describe('generated cases', () => {
  it('notice one rule more', () => {
    let noticed = 0
    const runs = 40
    fc.assert(
      fc.property(arbitraryFilterCase({ steps: 60 }), ({ revised: _, ...testCase }) => {
        const points = testCase.points.map((given) => {
          const { tiers } = given
          const hole = ruleTier(
            'hole',
            rule('hole', 'allow', { protocol: 6, destination: [prefix('0.0.0.0/0'), prefix('::/0')] }),
          )
          return { ...given, tiers: [tiers[0] as Tier, hole, ...tiers.slice(1)] }
        })
        if (between({ ...testCase, points }, testCase)) noticed++
      }),
      { numRuns: runs },
    )
    expect(noticed).toBeGreaterThan(runs * 0.9)
  })

  it('notice a bucket that is larger by one', () => {
    let noticed = 0
    let limited = 0
    const larger = <T extends { burst: number }>(rate: T): T => ({ ...rate, burst: rate.burst + 1 })
    fc.assert(
      fc.property(arbitraryFilterCase({ steps: 120 }), (testCase) => {
        const points = withTiers(testCase.points, (tier) =>
          tier.kind === 'limit'
            ? {
                ...tier,
                limits: tier.limits.map((limit) =>
                  limit.packets ? { ...limit, packets: larger(limit.packets) } : limit,
                ),
              }
            : tier,
        )
        const has = points.some(({ tiers }) =>
          tiers.some((tier) => tier.kind === 'limit' && tier.limits.some(({ packets }) => packets)),
        )
        if (has) limited++
        if (has && between({ ...testCase, points }, testCase)) noticed++
      }),
      { numRuns: 60 },
    )
    expect(limited).toBeGreaterThan(10)
    expect(noticed).toBeGreaterThan(limited * 0.4)
  })

  it('reach every offence at a port, and both answers to honest talk', () => {
    const reached = new Set<string>()
    fc.assert(
      fc.property(arbitraryFilterCase({ steps: 150 }), (testCase) => {
        const guarded = testCase.points.map(({ tiers }) => tiers.some(({ kind }) => kind === 'port'))
        for (const [index, decision] of runEvaluator(testCase).answers.entries())
          if (decision.verdict !== 'pass-by' && guarded[testCase.steps[index]?.point ?? -1])
            reached.add(decision.rule.id)
      }),
      { numRuns: 200 },
    )
    const offences = Object.values(portTier('02:00:00:00:00:01', ip('fe80::1'), []).offences)
    for (const { id } of offences) expect(reached).toContain(id)
    for (const id of ['shape/arp', 'shape/neighbour-discovery']) expect(reached).toContain(id)
  })

  it('notice another range of lent ports', () => {
    let noticed = 0
    const runs = 12
    fc.assert(
      fc.property(arbitraryBalancerCase({ steps: 60 }), (testCase) => {
        const points = withTiers(testCase.points, (tier) =>
          tier.kind === 'translation'
            ? {
                ...tier,
                translations: tier.translations.map((t) =>
                  t.kind === 'egress-out'
                    ? { ...t, ports: PortRange(3000, 3999) }
                    : t.kind === 'endpoint-in' && t.hairpin
                      ? { ...t, hairpin: { ...t.hairpin, ports: PortRange(3000, 3999) } }
                      : t,
                ),
              }
            : tier,
        )
        if (testCase.egress.length === 0 || between({ ...testCase, points }, testCase)) noticed++
      }),
      { numRuns: runs },
    )
    expect(noticed).toBeGreaterThan(runs * 0.7)
  })

  it('notice another quota of connections, and reach what refuses them', () => {
    const reached = new Set<string>()
    let noticed = 0
    fc.assert(
      fc.property(arbitraryBalancerCase({ steps: 200, waits: true }), (testCase) => {
        const twice = <T extends { quota: number }>(lending: T): T => ({
          ...lending,
          quota: 2 * lending.quota,
        })
        const points = withTiers(testCase.points, (tier) =>
          tier.kind === 'translation'
            ? {
                ...tier,
                translations: tier.translations.map((t) =>
                  t.kind === 'egress-out'
                    ? twice(t)
                    : t.kind === 'endpoint-in' && t.hairpin
                      ? { ...t, hairpin: twice(t.hairpin) }
                      : t,
                ),
              }
            : tier,
        )
        for (const decision of runEvaluator(testCase).answers)
          if (decision.verdict !== 'pass-by') reached.add(decision.rule.id)
        if (between({ ...testCase, points }, testCase)) noticed++
      }),
      { numRuns: 40 },
    )
    expect(reached).toContain('egress/full')
    expect(noticed).toBeGreaterThan(5)
  })

  it('are what the kernel runs, and reach every kind of frame', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(arbitraryFilterCase({ steps: 200 }), ({ points, steps }) => {
        for (const { point: index, frame: given } of steps) {
          expect(notRunnable(points[index] as Point, given)).toBeUndefined()
          const headers = readHeaders(given)
          kinds.add(
            headers.kind === 'odd'
              ? headers.reason
              : `ip ${headers.family} ${headers.quoted ? 'quoting' : ''}`,
          )
        }
      }),
      { numRuns: 30 },
    )
    expect([...kinds].sort()).toEqual([
      'arp',
      'extension-header',
      'fragment',
      'ip 4 ',
      'ip 4 quoting',
      'ip 6 ',
      'ip 6 quoting',
      'ip-options',
      'malformed',
      'neighbour-discovery',
      'not-ip',
    ])
  })
})
