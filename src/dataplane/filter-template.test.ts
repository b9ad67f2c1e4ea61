import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InterpreterEngine, type ProgramSpec } from '../bpf/index.ts'
import { loadNetwork, type Network } from '../model/index.ts'
import { hostPrefix, type Ip, ip, PortRange, prefix } from '../net/index.ts'
import {
  derivePolicy,
  flowTier,
  type Lending,
  type Point,
  shapeTier,
  type Tier,
  type Translation,
} from '../policy/index.ts'
import { flow, packet, point, rule, ruleTier } from '../policy/testing/sample.ts'
import { frameOf } from '../wire/index.ts'
import { compileNode } from './compile.ts'
import { FilterCompilerCache } from './filter-template.ts'
import { expectAgreement } from './testing/agreement.ts'
import { arbitraryFilterCase } from './testing/arbitrary-point.ts'
import { Draw } from './testing/draw.ts'
import type { EngineUnderTest, Step } from './testing/point-runner.ts'

const subject: EngineUnderTest = { engine: new InterpreterEngine() }
const egressAddress = ip('198.51.100.9')

/** Templates that points need, compiled in this order. */
function templatesOf(...points: Point[]): number {
  const cache = new FilterCompilerCache()
  for (const at of points) compileNode([at], [egressAddress, ip('2001:db8::9')], cache)
  return cache.templates
}

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const pointOf = (id: string): Point => policy.points.find((at) => at.id === id) as Point

describe('a template', () => {
  it.each([
    ['VMs of a role, outward', 'west/host1/vm/shop-web-0/out', 'west/host2/vm/shop-web-1/out', 1],
    ['VMs of a role, inward', 'west/host1/vm/shop-web-0/in', 'west/host2/vm/shop-web-1/in', 1],
    // What flows from outside are judged by when rules have changed is in them too.
    ['VMs of two roles, outward', 'west/host1/vm/shop-web-0/out', 'west/host3/vm/shop-worker-0/out', 2],
    ['VMs of two roles, inward', 'west/host1/vm/shop-web-0/in', 'west/host3/vm/shop-worker-0/in', 2],
    ['VMs of two sites, outward', 'west/host1/vm/shop-web-0/out', 'east/host1/vm/shop-web-0/out', 2],
    ['balancers of a site', 'west/lb1/internal/in', 'west/lb2/internal/in', 1],
    ['balancers of two sites', 'west/lb1/internal/in', 'east/lb1/internal/in', 2],
    ['host partitions', 'west/host1/partition/in', 'west/host2/partition/in', 1],
    ['both sides of an access router', 'west/ar1/external/in', 'west/ar1/internal/in', 2],
  ])('%s', (_, one, other, count) => {
    expect(templatesOf(pointOf(one), pointOf(other))).toBe(count)
    expect(templatesOf(pointOf(other), pointOf(one))).toBe(count)
  })

  it('is shared by points whose sets differ, and is not where one has no set of a family', () => {
    const at = (sets: readonly string[]) => {
      const list = sets.map((text) => hostPrefix(ip(text)))
      return point([ruleTier('t', rule('r', 'allow', { source: list }))], { sets: [list] })
    }
    expect(templatesOf(at(['10.0.0.1']), at(['10.0.0.2', '10.0.0.3']))).toBe(1)
    expect(templatesOf(at(['10.0.0.1']), at(['10.0.0.2', 'fd00::1']))).toBe(2)
    expect(templatesOf(at([]), at(['10.0.0.2']))).toBe(2)
  })

  it('has a list that is not of single addresses in its code', () => {
    const list = [prefix('10.0.0.0/24')]
    const at = point([ruleTier('t', rule('r', 'allow', { source: list }))], { sets: [list] })
    expect(compileNode([at], [], new FilterCompilerCache()).maps).not.toHaveProperty('sets4')
  })

  it('of a machine gives the same program as compiling for it alone', () => {
    const vms = policy.points.filter(({ kind, node }) => kind === 'hypervisor' && node.startsWith('west/'))
    const shared = new FilterCompilerCache()
    const names = (spec: ProgramSpec) => spec.instructions.map(({ note: _, ...rest }) => rest)
    for (const at of vms) {
      const [one, alone] = [shared, new FilterCompilerCache()].map(
        (cache) => compileNode([at], [], cache).attachments[0]?.program,
      )
      expect(names(one as ProgramSpec)).toEqual(names(alone as ProgramSpec))
    }
    expect(shared.templates).toBeLessThan(0.7 * vms.length)
  })
})

describe('what differs in code has templates of its own', () => {
  const endpoint = {
    vip: ip('198.51.100.1'),
    protocol: 6,
    port: 80,
    backends: [{ node: 'vm', address: ip('10.0.0.1'), port: 80 }],
  }
  const lending: Lending = {
    address: egressAddress,
    ports: PortRange(1024, 65535),
    borrowers: [ip('10.0.0.1')],
    quota: 16,
    full: rule('full', 'deny'),
  }
  const translations = (...list: Translation[]): Tier => ({
    kind: 'translation',
    name: 'translation',
    translations: list,
  })
  const egress = (more: Partial<Lending>) =>
    translations({ kind: 'egress-out', rule: rule('egress', 'allow'), ...lending, ...more })
  const into = (id: string, hairpin?: Lending): Translation => ({
    kind: 'endpoint-in',
    rule: rule(id, 'allow'),
    ...endpoint,
    ...(hairpin && { hairpin }),
  })
  const denyingArp = {
    ...shapeTier,
    reasons: { ...shapeTier.reasons, arp: { ...shapeTier.reasons.arp, action: 'deny' as const } },
  }
  const use = { table: 't', heading: 'to-local' } as const
  const of = (...tiers: Tier[]) => point(tiers, { kind: 'balancer' })

  it.each<[string, Point, Point]>([
    ['shape', point([]), point([], { tiers: [denyingArp] })],
    [
      'heading',
      point([flowTier], { flow: use }),
      point([flowTier], { flow: { ...use, heading: 'from-local' } }),
    ],
    [
      'what judges flows from the other side',
      point([flowTier], { flow: use }),
      point([flowTier], {
        flow: { ...use, opposite: { tiers: [ruleTier('t', rule('r', 'allow'))], audit: false } },
      }),
    ],
    [
      'what the default deny of the other side does',
      point([flowTier], { flow: { ...use, opposite: { tiers: [], audit: false } } }),
      point([flowTier], { flow: { ...use, opposite: { tiers: [], audit: true } } }),
    ],
    ['hook', point([]), point([], { kind: 'host' })],
    ['scope', point([]), point([], { scope: { source: [] } })],
    [
      'an empty list',
      point([ruleTier('t', rule('r', 'allow'))]),
      point([ruleTier('t', rule('r', 'allow', { source: [] }))]),
    ],
    ['action', point([ruleTier('t', rule('r', 'allow'))]), point([ruleTier('t', rule('r', 'next'))])],
    ['hairpin', of(translations(into('a'))), of(translations(into('a', lending)))],
    ['number of endpoints', of(translations(into('a'))), of(translations(into('a'), into('b')))],
  ])('%s', (_, one, other) => expect(templatesOf(one, other)).toBe(2))

  it.each<[string, Point, Point]>([
    [
      'names',
      point([ruleTier('a', rule('x', 'allow'))]),
      point([ruleTier('b', rule('y', 'allow'))], { id: 'node/other/in' }),
    ],
    [
      'endpoints',
      of(translations(into('a'))),
      of(translations({ ...into('b'), vip: ip('198.51.100.2'), port: 443 } as Translation)),
    ],
    ['ports of egress', of(egress({})), of(egress({ ports: PortRange(5000, 5003) }))],
    ['who borrows', of(egress({})), of(egress({ borrowers: [], quota: 99 }))],
  ])('but not %s', (_, one, other) => expect(templatesOf(one, other)).toBe(1))
})

describe('the machine behind a filter', () => {
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((text) => ip(text)) as [Ip, Ip, Ip]
  /** A service of one VM, `a`: only it may speak to the port. */
  const onlyA = ruleTier('role', rule('role/own', 'allow', { source: [hostPrefix(a)] }))
  const other = ruleTier('other', rule('other', 'deny', { protocol: 17 }))
  const behind = (address: Ip, ...tiers: Tier[]) =>
    point(tiers, { behind: [address], id: `node/${address.value}/in` })
  const steps: Step[] = [a, b, c].map((address) => ({
    point: 0,
    frame: frameOf({ ...packet(flow('tcp', '0.0.0.0 1', '192.0.2.1 80')), source: address }),
  }))

  it.each([[[a, b, c]], [[b, a, c]], [[c, b, a]], [[b, c, a]]])(
    'is not taken for another that the same rules name',
    (order) => {
      const cache = new FilterCompilerCache()
      for (const tiers of [[onlyA], [other, onlyA], [onlyA, other]])
        for (const address of order)
          expectAgreement({ points: [behind(address, ...tiers)], egress: [], steps }, subject, cache)
    },
  )

  it('random rules, read for one machine and then for others', () => {
    const cases = arbitraryFilterCase({ steps: 12 })
    fc.assert(
      fc.property(cases, fc.nat(), (testCase, seed) => {
        const cache = new FilterCompilerCache()
        expectAgreement(testCase, subject, cache)
        const d = new Draw(seed)
        const named = testCase.points.flatMap(({ tiers }) =>
          tiers.flatMap((tier) =>
            tier.kind === 'rules'
              ? tier.rules.flatMap(({ match }) => [...(match.source ?? []), ...(match.destination ?? [])])
              : [],
          ),
        )
        for (let round = 0; round < 2; round++) {
          const one = named.length > 0 ? d.pick(named) : prefix('10.0.0.1/32')
          const points = testCase.points.map((at) => ({
            ...at,
            behind: [{ family: one.family, value: one.value }],
          }))
          expectAgreement({ ...testCase, points }, subject, cache)
        }
      }),
      { numRuns: 40 },
    )
  })
})
