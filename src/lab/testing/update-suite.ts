/** What every fabric does when its rules change while it is up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Network } from '../../model/index.ts'
import type { Family } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { converse, createWorld, type Opening, type Outcome } from '../../trace/index.ts'
import type { Fabric, FabricOptions } from '../fabric.ts'
import { type Fixture, fixtureOf, openings, packetsByRule } from './fixture.ts'
import { changeTier } from './mutate-policy.ts'
import { smallNetwork } from './small-network.ts'

/** Port 9000 is closed, 9002 opened; the VIP gets port 8000. */
const edited = (): Network =>
  smallNetwork((text) =>
    text
      .replace('orders: { protocol: tcp, port: 9000 }', 'invoices: { protocol: tcp, port: 9002 }')
      .replace(
        'http: { protocol: http, port: 80, local-port: 8080 }',
        'http: { protocol: http, port: 80, local-port: 8080 }\n          more: { protocol: http, port: 8000, local-port: 8081 }',
      ),
  )

/** @param bringUp called before each test */
export function describeUpdate(name: string, bringUp: (options: FabricOptions) => Promise<Fabric>): void {
  describe(`${name}: rules change while it is up`, () => {
    const fixture = fixtureOf(smallNetwork())
    const { network } = fixture
    const opening = openings(network)
    let fabric: Fabric

    beforeEach(async () => {
      fabric = await bringUp({ network, deployment: fixture.deployment })
    })
    afterEach(() => fabric?.close())

    const outcomes = async (list: readonly Opening[]): Promise<readonly Outcome[]> =>
      (await fabric.probe(list)).map(({ outcome }) => outcome)
    const conversations = (family: Family): readonly Opening[] => [
      opening('lab/shop-web-0', 'lab/shop-worker-0', family, 'tcp', 9000),
      opening('lab/shop-web-0', 'lab/shop-worker-0', family, 'tcp', 9002),
      opening('lab/shop-web-0', 'lab/shop-worker-0', family, 'udp', 9001),
      opening('internet', 'vip:shop', family, 'tcp', 80),
      opening('internet', 'vip:shop', family, 'tcp', 8000),
      opening('internet', 'vip:names', family, 'udp', 53),
    ]
    const both = () => [...conversations(4), ...conversations(6)]
    const predicted = ({ world }: Fixture, list: readonly Opening[]) =>
      list.map((each) => converse(world, each).outcome)

    it('allows what is new, denies what is gone, and leaves the rest alone', async () => {
      const before = both()
      expect(await outcomes(before)).toEqual(predicted(fixture, before))
      const next = fixtureOf(edited())
      await fabric.update(next)
      const after = both()
      expect(predicted(next, after)).not.toEqual(predicted(fixture, before))
      expect(await outcomes(after)).toEqual(predicted(next, after))
      // And back again.
      const last = fixtureOf(smallNetwork())
      await fabric.update(last)
      const again = both()
      expect(await outcomes(again)).toEqual(predicted(last, again))
    })

    it('counts on where a rule stays, and from zero where it is new', async () => {
      await outcomes(both())
      const before = packetsByRule(fabric, fixture)
      const next = fixtureOf(edited())
      await fabric.update(next)
      const after = packetsByRule(fabric, next)
      // Machines say things of their own meanwhile, which shape tiers judge.
      for (const [rule, count] of after)
        if (!rule.includes(' shape/')) expect([rule, count]).toEqual([rule, before.get(rule) ?? 0])
      await outcomes(both())
      const key = [...after.keys()].find((rule) => rule.endsWith('/in role/stock')) as string
      expect(packetsByRule(fabric, next).get(key)).toBeGreaterThan(before.get(key) as number)
    })

    it.each([
      ['audits what it denied', { audit: true }],
      ['asks for something else', { match: { protocol: 253 } }],
    ] as const)('counts from zero where a rule %s', async (_, change) => {
      const denied = () =>
        ([4, 6] as const).map((family) => opening('internet', 'lab/shop-worker-0', family, 'tcp', 9000))
      const others = ['lab/ar1', 'lab/ar2'].reduce(
        (policy, node) =>
          changeTier(policy, `${node}/external/in`, 'internal-destinations', (rules) =>
            rules.map((rule) => (rule.id === 'destination/internal' ? { ...rule, ...change } : rule)),
          ),
        fixture.policy,
      )
      const next = fixtureOf(network, others)
      const hits = (of: Fixture): number => {
        const counts = packetsByRule(fabric, of)
        return ['lab/ar1', 'lab/ar2'].reduce(
          (sum, node) => sum + (counts.get(`${node}/external/in destination/internal`) ?? Number.NaN),
          0,
        )
      }
      await outcomes(denied())
      expect(hits(fixture)).toBeGreaterThanOrEqual(2)
      await fabric.update(next)
      expect(hits(next)).toBe(0)
      await fabric.update(fixture)
      expect(hits(fixture)).toBe(0)
    })

    it('refuses other machines, and changes nothing', async () => {
      const more = smallNetwork((text) => text.replace('hosts: 2', 'hosts: 3'))
      await expect(fabric.update(fixtureOf(more))).rejects.toThrow(
        /lab\/host3 is new|has changed.*bring it up again/s,
      )
      const list = both()
      expect(await outcomes(list)).toEqual(predicted(fixture, list))
    })

    it('puts no rule in force if one of them is refused', async () => {
      const next = fixtureOf(edited())
      const nodes = new Map(next.deployment.nodes)
      const last = [...nodes.keys()].at(-1) as string
      const broken = nodes.get(last) as NonNullable<ReturnType<typeof nodes.get>>
      const attachments = broken.attachments.map((attachment) => ({
        ...attachment,
        program: { ...attachment.program, instructions: [] },
      }))
      nodes.set(last, { ...broken, attachments })
      await expect(fabric.update({ network: next.network, deployment: { nodes } })).rejects.toThrow()
      const list = both()
      expect(await outcomes(list)).toEqual(predicted(fixture, list))
    })

    it('follows a policy that differs from what the file says', async () => {
      const policy = changeTier(derivePolicy(network), 'lab/ar1/external/in', 'vips-only', () => [])
      const closed = changeTier(policy, 'lab/ar2/external/in', 'vips-only', () => [])
      const world = createWorld(network, closed)
      await fabric.update(fixtureOf(network, closed))
      const list = both()
      const expected = list.map((each) => converse(world, each).outcome)
      expect(expected).toContain('silent')
      expect(await outcomes(list)).toEqual(expected)
    })
  })
}
