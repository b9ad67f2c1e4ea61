import { describe, expect, it } from 'vitest'
import { PortRange, prefix } from '../net/index.ts'
import type { Headers } from '../wire/index.ts'
import { flowTier } from './built-in.ts'
import { EgressTable } from './egress-table.ts'
import { judge, type PointState } from './evaluate.ts'
import { FlowTable } from './flow-table.ts'
import { GrantTable } from './grant-table.ts'
import type { GrantsTier, Point } from './point.ts'
import { flow, odd, packet, point, reversed, rule, ruleTier, unreachable } from './testing/sample.ts'

/** `allow flow/established`, or `pass-by`. */
const said = (at: Point, frame: Headers, state: PointState = { now: 0n }): string => {
  const decision = judge(at, frame, state)
  return decision.verdict === 'pass-by' ? 'pass-by' : `${decision.verdict} ${decision.rule.id}`
}

const web = flow('tcp', '192.0.2.1 40000', '10.0.0.1 443')
const open443 = rule('open/443', 'allow', { protocol: 6, destinationPorts: [PortRange(443)] })

describe('shape', () => {
  it.each([
    ['arp', 'allow shape/arp'],
    ['neighbour-discovery', 'allow shape/neighbour-discovery'],
    ['not-ip', 'deny shape/not-ip'],
    ['fragment', 'deny shape/fragment'],
    ['ip-options', 'deny shape/ip-options'],
    ['extension-header', 'deny shape/extension-header'],
    ['malformed', 'deny shape/malformed'],
  ] as const)('%s: %s', (reason, expected) => {
    expect(said(point([ruleTier('all', rule('all', 'allow'))]), odd(reason))).toBe(expected)
  })

  it('odd frames are judged whatever the scope', () => {
    const scoped = point([], { scope: { destination: [] } })
    expect(said(scoped, odd('fragment'))).toBe('deny shape/fragment')
  })

  it('a point without it denies odd frames by its last rule', () => {
    expect(said(point([], { tiers: [] }), odd('arp'))).toBe('deny default/deny')
  })
})

describe('scope', () => {
  const host = point([], { scope: { destination: [prefix('10.0.0.1/32')] } })
  it.each([
    ['inside', web, 'deny default/deny'],
    ['outside', reversed(web), 'pass-by'],
    ['of the other family', flow('udp', '2001:db8::1 1', '2001:db8::2 1'), 'pass-by'],
  ])('%s', (_, ends, expected) => expect(said(host, packet(ends))).toBe(expected))

  it('needs both conditions', () => {
    const both = { source: [prefix('192.0.2.1/32')], destination: [prefix('10.0.0.1/32')] }
    expect(said(point([], { scope: both }), packet(web))).toBe('deny default/deny')
    expect(said(point([], { scope: both }), packet(flow('udp', '192.0.2.2', '10.0.0.1')))).toBe('pass-by')
  })
})

describe('rules', () => {
  it.each([
    ['the first that matches decides', [rule('a', 'deny'), rule('b', 'allow')], 'deny a'],
    ['others are skipped', [rule('a', 'deny', { family: 6 }), rule('b', 'allow')], 'allow b'],
    ['next leaves the tier', [rule('a', 'next'), rule('b', 'allow')], 'deny default/deny'],
    ['what no rule matches is denied', [rule('a', 'allow', { protocol: 17 })], 'deny default/deny'],
    ['no rules', [], 'deny default/deny'],
  ])('%s', (_, rules, expected) =>
    expect(said(point([ruleTier('tier', ...rules)]), packet(web))).toBe(expected),
  )

  it('next asks the following tier', () => {
    const tiers = [ruleTier('one', rule('a', 'next'), rule('b', 'deny')), ruleTier('two', open443)]
    const decision = judge(point(tiers), packet(web), { now: 0n })
    expect(decision).toMatchObject({ verdict: 'allow', tier: 'two', rule: { id: 'open/443' } })
  })
})

describe('grants', () => {
  const match = { protocol: 6, destinationPorts: [PortRange(443)] }
  const tier: GrantsTier = {
    kind: 'grants',
    name: 'grants',
    match,
    granted: rule('granted', 'allow', match),
    noGrant: rule('no-grant', 'deny', match),
  }
  const at = point([flowTier, tier, ruleTier('rest', rule('rest', 'allow'))], {
    flow: { table: 'host', heading: 'to-local' },
  })
  const path = { source: web.source, destination: web.destination, protocol: 6, port: 443 }
  const granting = (until: bigint): PointState & { grants: GrantTable; flows: FlowTable } => {
    const grants = new GrantTable()
    grants.put(path, { until, number: 1 })
    return { grants, flows: new FlowTable(), now: 0n }
  }
  const other = flow('tcp', '192.0.2.1 40001', '10.0.0.1 443')

  it('what needs a grant is denied without one, other packets go on', () => {
    expect(said(at, packet(web), { flows: new FlowTable(), now: 0n })).toBe('deny no-grant')
    const ssh = flow('tcp', '192.0.2.1 40000', '10.0.0.1 22')
    expect(said(at, packet(ssh), { flows: new FlowTable(), now: 0n })).toBe('allow rest')
  })

  it.each([
    ['another source', flow('tcp', '192.0.2.2 40000', '10.0.0.1 443')],
    ['another destination', flow('tcp', '192.0.2.1 40000', '10.0.0.2 443')],
  ])('a grant is for one path, not for %s', (_, ends) =>
    expect(said(at, packet(ends), granting(10n))).toBe('deny no-grant'),
  )

  it('is in force before its end and not at it; the packets of a flow are one use', () => {
    const state = granting(10n)
    expect(said(at, packet(web), state)).toBe('allow granted')
    expect(said(at, packet(web), state)).toBe('allow flow/established')
    expect(said(at, packet(other), { ...state, now: 9n })).toBe('allow granted')
    expect(said(at, packet(other), granting(0n))).toBe('deny no-grant')
    expect(state.grants.uses(path)).toBe(2n)
  })

  it('a flow that it opened ends with it, both ways, and a new one is denied', () => {
    const state = granting(10n)
    expect(said(at, packet(web), state)).toBe('allow granted')
    const ack = packet(web, { tcpFlags: 0x10 })
    const back = point([flowTier], { flow: { table: 'host', heading: 'from-local' } })
    const answer = packet(reversed(web), { tcpFlags: 0x12 })
    expect(said(back, answer, { ...state, now: 9n })).toBe('allow flow/established')
    expect(said(at, ack, { ...state, now: 9n })).toBe('allow flow/established')
    expect(said(at, ack, { ...state, now: 10n })).toBe('deny flow/none')
    expect(said(back, answer, { ...state, now: 10n })).toBe('deny flow/none')
    expect(said(at, packet(web), { ...state, now: 10n })).toBe('deny no-grant')
  })

  it('that was taken back allows nothing new', () => {
    const state = granting(10n)
    state.grants.remove(path)
    expect(said(at, packet(web), state)).toBe('deny no-grant')
  })
})

describe('audit mode', () => {
  const denyWeb = { ...rule('no-web', 'deny', { protocol: 6 }), audit: true as const }
  const denyAll = { ...rule('no-one', 'deny'), audit: true as const }
  const ids = (at: Point, state: PointState = { now: 0n }) => {
    const decision = judge(at, packet(web), state)
    if (decision.verdict === 'pass-by') return 'pass-by'
    return [decision.verdict, ...(decision.audited ?? []).map(({ id }) => id), decision.rule.id].join(' ')
  }

  it.each([
    ['a rule that denies is told, and judging goes on', [denyWeb, open443], 'allow no-web open/443'],
    ['each that would have denied is told', [denyWeb, denyAll, open443], 'allow no-web no-one open/443'],
    ['what is denied all the same is denied', [denyWeb, rule('all', 'deny')], 'deny no-web all'],
    ['default deny holds', [denyWeb], 'deny no-web default/deny'],
    [
      'a rule that does not match is not told',
      [{ ...denyWeb, match: { protocol: 17 } }, open443],
      'allow open/443',
    ],
    ['next leaves the tier', [denyWeb, rule('n', 'next'), open443], 'deny no-web default/deny'],
  ])('of a rule: %s', (_, rules, expected) => expect(ids(point([ruleTier('tier', ...rules)]))).toBe(expected))

  it('of a tier: all its denials, and nothing else', () => {
    const tier = { ...ruleTier('tier', rule('a', 'deny'), open443, rule('b', 'deny')), audit: true as const }
    expect(ids(point([tier, ruleTier('next', rule('c', 'deny'))]))).toBe('allow a open/443')
  })

  it('of a point: what no tier decided is allowed in the name of the default deny, and opens a flow', () => {
    const at = point([flowTier, ruleTier('tier', denyWeb)], {
      audit: true,
      flow: { table: 'vm', heading: 'to-local' },
    })
    const state = { flows: new FlowTable(), now: 0n }
    expect(ids(at, state)).toBe('allow no-web default/deny')
    expect(ids(at, state)).toBe('allow flow/established')
  })

  it('odd frames are denied all the same', () => {
    expect(said(point([], { audit: true }), odd('fragment'))).toBe('deny shape/fragment')
  })
})

describe('flow', () => {
  const use = (heading: 'to-local' | 'from-local') => ({ flow: { table: 'vm', heading } }) as const
  const inward = point([flowTier, ruleTier('role', open443)], use('to-local'))
  const outward = point(
    [flowTier, ruleTier('machine', rule('dns', 'allow', { protocol: 17 }))],
    use('from-local'),
  )
  const fresh = () => ({ flows: new FlowTable(), now: 0n })

  it('a connection from its first packet to its end', () => {
    const state = fresh()
    const steps: [Point, Headers, string][] = [
      [outward, packet(reversed(web), { tcpFlags: 0x12 }), 'deny flow/none'],
      [inward, packet(web), 'allow open/443'],
      [outward, packet(reversed(web), { tcpFlags: 0x12 }), 'allow flow/established'],
      [inward, packet(web, { tcpFlags: 0x10 }), 'allow flow/established'],
      [inward, packet(web), 'allow flow/established'],
      [outward, unreachable(web), 'allow flow/related'],
      [inward, unreachable(reversed(web)), 'allow flow/related'],
      // Sent to somebody else than the sender of what it quotes.
      [inward, { ...unreachable(reversed(web)), destination: web.source }, 'deny flow/none'],
      [inward, { ...packet(web), protocol: 17, tcpFlags: 0 }, 'deny default/deny'],
    ]
    expect(steps.map(([at, frame]) => said(at, frame, state))).toEqual(
      steps.map(([, , expected]) => expected),
    )
    expect(state.flows.size).toBe(1)
  })

  it.each([
    ['SYN', 0x02, 'allow open/443'],
    ['SYN with ECN bits', 0xc2, 'allow open/443'],
    ['ACK', 0x10, 'deny flow/none'],
    ['SYN and ACK', 0x12, 'deny flow/none'],
    ['RST', 0x04, 'deny flow/none'],
    ['SYN and FIN', 0x03, 'deny flow/none'],
    ['none', 0, 'deny flow/none'],
  ])('TCP with flags %s', (_, tcpFlags, expected) =>
    expect(said(inward, packet(web, { tcpFlags }), fresh())).toBe(expected),
  )

  it.each([
    ['udp', '10.0.0.1 53000', '10.0.0.9 53'],
    ['icmp', '10.0.0.1 7', '10.0.0.9'],
    ['icmp6', 'fd00::1 7', 'fd00::9'],
    [47, 'fd00::1', 'fd00::9'],
  ] as const)('%s comes back once it went out', (protocol, from, to) => {
    const ends = flow(protocol, from, to)
    const any = point([flowTier, ruleTier('machine', rule('any', 'allow'))], use('from-local'))
    const none = point([flowTier], use('to-local'))
    const state = fresh()
    const unknown = protocol === 'icmp' || protocol === 'icmp6' ? 'deny flow/none' : 'deny default/deny'
    expect(said(none, packet(reversed(ends)), state)).toBe(unknown)
    expect(said(any, packet(ends), state)).toBe('allow any')
    expect(said(none, packet(reversed(ends)), state)).toBe('allow flow/established')
  })

  it('an error that quotes nothing belongs to nothing', () => {
    const { quoted: _, ...bare } = unreachable(reversed(web))
    expect(said(inward, bare, fresh())).toBe('deny flow/none')
  })

  it('a tier before it opens nothing', () => {
    const before = point([ruleTier('before', rule('any', 'allow')), flowTier], use('to-local'))
    const state = fresh()
    expect(said(before, packet(web), state)).toBe('allow any')
    expect(state.flows.size).toBe(0)
  })

  it('needs its table', () => {
    expect(() => judge(inward, packet(web), { now: 0n })).toThrow('needs its flow table')
    expect(() => judge(point([flowTier]), packet(web), { now: 0n })).toThrow(TypeError)
  })
})

it('translation: the packet is rewritten and allowed, or goes to the next tier', () => {
  const at = point([
    {
      kind: 'translation',
      name: 'egress',
      translations: [
        {
          kind: 'egress-out',
          rule: rule('egress', 'allow'),
          borrowers: [web.destination],
          quota: 1,
          full: rule('full', 'deny'),
          address: flow(0, '198.51.100.1', '198.51.100.1').source,
          ports: PortRange(5000),
        },
      ],
    },
  ])
  const state = { egress: new EgressTable(), now: 0n }
  expect(judge(at, packet(reversed(web)), state)).toMatchObject({
    verdict: 'allow',
    rule: { id: 'egress' },
    packet: flow('tcp', '198.51.100.1 5000', '192.0.2.1 40000'),
  })
  expect(said(at, packet(web), state)).toBe('deny default/deny')
  const reply = flow('tcp', '192.0.2.1 40000', '198.51.100.1 5000')
  state.egress.answer(reversed(web), packet(reply, { tcpFlags: 0x12 }), 0n)
  judge(at, packet(reversed(web), { tcpFlags: 0x10 }), state)
  state.egress.answer(reversed(web), packet(reply, { tcpFlags: 0x10 }), 0n)
  expect(said(at, packet({ ...reversed(web), sourcePort: 9 }), state)).toBe('deny full')
})
