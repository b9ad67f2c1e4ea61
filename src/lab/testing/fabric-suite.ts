/**
 * What every fabric does, whatever carries its packets: one suite on the small network. What is expected is written out here and
 * is what the tracer predicts too, so that a mistake in either shows.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Family } from '../../net/index.ts'
import { chooseBackend, type EndpointIn, type Point } from '../../policy/index.ts'
import { converse, type Opening, type Outcome, openingPacket } from '../../trace/index.ts'
import type { Fabric, FabricOptions } from '../fabric.ts'
import {
  droppingRules,
  type Fixture,
  fixtureOf,
  moved,
  openings,
  packetsByRule,
  sumOf,
  type Target,
} from './fixture.ts'
import { addressOf, smallNetwork } from './small-network.ts'

export interface SuiteOptions {
  /** Milliseconds after which a probe of this fabric is silent. Default: the fabric's own. */
  readonly patience?: number
  /** Why this fabric cannot send from an address that the node does not have; absent if it can. */
  readonly cannotSpoof?: string
}

type Case = readonly [
  from: string,
  to: Target,
  protocol: Opening['protocol'],
  port: number,
  expected: Outcome,
]

const none = 0
const closed = 4444

const cases: readonly Case[] = [
  ['internet', 'vip:shop', 'tcp', 80, 'answered'],
  ['internet', 'vip:shop', 'tcp', closed, 'silent'],
  ['internet', 'vip:shop', 'icmp', none, 'silent'],
  ['internet', 'vip:telemetry', 'udp', 5140, 'answered'],
  ['internet', 'vip:telemetry', 'tcp', 5140, 'silent'],
  ['internet', 'vip:names', 'udp', 53, 'answered'],
  ['internet', 'vip:names', 'tcp', 53, 'answered'],
  ['internet', 'lab/shop-web-0', 'tcp', 8080, 'silent'],
  ['internet', 'lab/ns1', 'udp', 53, 'silent'],
  ['internet', 'lab/isp1', 'icmp', none, 'answered'],
  ['internet', 'lab/isp2', 'tcp', closed, 'refused'],
  ['lab/isp1', 'internet', 'udp', 7, 'answered'],
  ['lab/isp1', 'internet', 'udp', closed, 'refused'],
  ['lab/shop-web-0', 'lab/shop-worker-0', 'tcp', 9000, 'answered'],
  ['lab/shop-web-0', 'lab/shop-worker-0', 'udp', 9001, 'answered'],
  ['lab/shop-web-0', 'lab/shop-worker-0', 'icmp', none, 'silent'],
  ['lab/telemetry-collector-0', 'lab/shop-worker-0', 'tcp', 9000, 'silent'],
  ['lab/telemetry-collector-0', 'lab/shop-web-1', 'tcp', 8080, 'answered'],
  ['lab/shop-web-0', 'lab/host1', 'tcp', 7443, 'silent'],
  ['lab/shop-web-0', 'lab/dr1', 'icmp', none, 'silent'],
  ['lab/shop-web-0', 'lab/ns1', 'udp', 53, 'answered'],
  ['lab/shop-web-0', 'lab/ns1', 'tcp', 53, 'answered'],
  ['lab/shop-web-0', 'lab/ns1', 'icmp', none, 'silent'],
  ['lab/shop-web-0', 'lab/activation1', 'tcp', 1688, 'answered'],
  ['lab/fc1', 'lab/host1', 'tcp', 7443, 'answered'],
  ['lab/jump1', 'lab/host2', 'tcp', 7443, 'silent'],
  ['lab/jump1', 'lab/host2', 'tcp', 22, 'silent'],
  ['lab/storage1', 'lab/host1', 'tcp', 7443, 'silent'],
  ['lab/host1', 'lab/fc1', 'tcp', 7500, 'answered'],
  ['lab/host1', 'lab/ns1', 'udp', 53, 'answered'],
  ['lab/host1', 'lab/storage1', 'tcp', 7600, 'silent'],
  ['lab/fc1', 'lab/storage1', 'tcp', 7600, 'answered'],
  ['lab/fc1', 'lab/storage1', 'tcp', closed, 'silent'],
  ['lab/fc1', 'lab/storage1', 'udp', closed, 'silent'],
  ['lab/fc1', 'lab/dr2', 'icmp', none, 'silent'],
  ['lab/fc1', 'internet', 'tcp', 80, 'silent'],
]

const families: readonly Family[] = [4, 6]

/** @param bringUp called once */
export function describeFabric(
  name: string,
  bringUp: (options: FabricOptions) => Promise<Fabric>,
  { patience, cannotSpoof }: SuiteOptions = {},
): void {
  describe(`fabric ${name}`, () => {
    const fixture = fixtureOf(smallNetwork())
    const { network, deployment, world } = fixture
    const opening = openings(network)
    let fabric: Fabric

    beforeAll(async () => {
      fabric = await bringUp({ network, deployment })
    })
    afterAll(() => fabric?.close())

    const outcomes = async (list: readonly Opening[]): Promise<readonly Outcome[]> =>
      (await fabric.probe(list, patience)).map(({ outcome }) => outcome)
    const predictions = (list: readonly Opening[]) => list.map((each) => converse(world, each))
    /** Probes, and gives what each rule's counter moved by. */
    const movedBy = async (list: readonly Opening[], expected: Outcome) => {
      const before = packetsByRule(fabric, fixture)
      expect(await outcomes(list)).toEqual(list.map(() => expected))
      return moved(before, packetsByRule(fabric, fixture))
    }

    it('says what it is and how long it took', () => {
      expect(['kernel', 'portable']).toContain(fabric.mode)
      expect(Object.keys(fabric.seconds).length).toBeGreaterThan(0)
      for (const seconds of Object.values(fabric.seconds)) expect(seconds).toBeGreaterThanOrEqual(0)
    })
    it('has a counter for every rule of a node, and none where nothing is enforced', () => {
      for (const count of packetsByRule(fabric, fixture).values()) expect(count).toBeGreaterThanOrEqual(0)
      expect(fabric.counters('internet')).toEqual([])
    })

    describe.each(families)('IPv%i', (family) => {
      it('answers, refuses or keeps silent as expected and as predicted', async () => {
        const list = cases.map(([from, to, protocol, port]) => opening(from, to, family, protocol, port))
        const observed = await outcomes(list)
        const predicted = predictions(list).map(({ outcome }) => outcome)
        const table = (outcomes: readonly Outcome[]) =>
          cases.map(([from, to, protocol, port], i) => `${from} ${to} ${protocol} ${port} ${outcomes[i]}`)
        const expected = table(cases.map((row) => row[4]))
        expect(table(observed)).toEqual(expected)
        expect(table(predicted)).toEqual(expected)
      })

      it('spreads the flows to a VIP over all instances, as every balancer would', async () => {
        const list = Array.from({ length: 60 }, () => opening('internet', 'vip:shop', family, 'tcp', 80))
        const counts = await movedBy(list, 'answered')
        const endpoint = endpointIn(fixture, list[0]!)
        const chosen = list.map((each) => chooseBackend(endpoint, openingPacket(each))?.node ?? '')
        for (const { node } of endpoint.backends) {
          const share = chosen.filter((other) => other === node).length
          expect(share).toBeGreaterThan(0)
          expect(counts.get(`${filterOf(fixture, node)}/in role/http`)).toBe(share)
        }
        // Later packets of a connection are translated, and counted, too.
        const translated = sumOf(counts, balancerRules(fixture, 'external', endpoint.rule.id))
        expect(translated).toBeGreaterThanOrEqual(list.length)
      })

      it('lets VMs out by the egress address of a balancer, and the answers in again', async () => {
        const list = Array.from({ length: 20 }, () => [
          opening('lab/shop-web-1', 'internet', family, 'tcp', 443),
          opening('lab/telemetry-collector-0', 'internet', family, 'udp', 7),
          opening('lab/shop-worker-0', 'internet', family, 'icmp'),
        ]).flat()
        const counts = await movedBy(list, 'answered')
        for (const [side, rule] of [
          ['internal', `egress-out/v${family}`],
          ['external', `egress-in/v${family}`],
        ] as const)
          expect(sumOf(counts, balancerRules(fixture, side, rule))).toBeGreaterThanOrEqual(list.length)
      })

      it('brings the refusals of the Internet to the VM that asked', async () => {
        const list = [
          opening('lab/shop-web-1', 'internet', family, 'tcp', closed),
          opening('lab/shop-web-1', 'internet', family, 'udp', closed),
        ]
        const counts = await movedBy(list, 'refused')
        expect(counts.get(`${filterOf(fixture, 'lab/shop-web-1')}/in flow/related`)).toBe(1)
      })

      it('turns a VM that uses a VIP of its own site back inside, also to itself', async () => {
        const list = Array.from({ length: 20 }, () => [
          opening('lab/shop-web-0', 'vip:shop', family, 'tcp', 80),
          opening('lab/shop-worker-0', 'vip:shop', family, 'tcp', 80),
          opening('lab/shop-web-2', 'vip:telemetry', family, 'udp', 5140),
        ]).flat()
        const counts = await movedBy(list, 'answered')
        expect(
          sumOf(counts, balancerRules(fixture, 'internal', `hairpin/reply/v${family}`)),
        ).toBeGreaterThanOrEqual(list.length)
        for (const rule of counts.keys()) expect(rule).not.toMatch(/\/external\/in (in|egress-in|vip)\//)
      })

      it('counts each drop under the rule that the tracer names', async () => {
        const silent = cases.filter((row) => row[4] === 'silent')
        const list = silent.map(([from, to, protocol, port]) => opening(from, to, family, protocol, port))
        const counts = await movedBy(list, 'silent')
        const expected = predictions(list).map(droppingRules)
        for (const rules of expected) expect(rules).not.toEqual([])
        expect(sumOf(counts, new Set(expected.flat()))).toBe(list.length)
        for (const rules of expected) expect(sumOf(counts, rules)).toBeGreaterThan(0)
      })

      it.skipIf(cannotSpoof)(
        `drops what bears an address that is not the sender's${cannotSpoof ? `: ${cannotSpoof}` : ''}`,
        async () => {
          const spoofed = (from: string, as: string, to: Target) => ({
            ...opening(from, to, family, 'tcp', 80),
            source: addressOf(network, as, family),
          })
          const list = [
            spoofed('lab/shop-web-0', 'lab/shop-web-1', 'internet'),
            spoofed('internet', 'lab/fc1', 'vip:shop'),
            spoofed('internet', 'lab/ar1', 'vip:shop'),
          ]
          const counts = await movedBy(list, 'silent')
          for (const conversation of predictions(list))
            expect(sumOf(counts, droppingRules(conversation))).toBeGreaterThan(0)
          expect(counts.get(`${filterOf(fixture, 'lab/shop-web-0')}/out own/spoofed`)).toBe(1)
        },
      )
    })

    it('keeps the order of the openings, whatever answers first', async () => {
      const list = [
        opening('internet', 'vip:shop', 4, 'tcp', closed),
        opening('internet', 'vip:shop', 4, 'tcp', 80),
        opening('lab/isp1', 'internet', 6, 'udp', closed),
      ]
      expect(await outcomes(list)).toEqual(['silent', 'answered', 'refused'])
      expect(await outcomes([])).toEqual([])
    })
    it('refuses to probe from a node that is not there', async () => {
      const nowhere = { ...opening('internet', 'vip:shop', 4, 'tcp', 80), from: 'lab/nowhere' }
      await expect(fabric.probe([nowhere], patience)).rejects.toThrow('lab/nowhere')
    })
    it('closes twice, and works no more', async () => {
      await fabric.close()
      await fabric.close()
      await expect(fabric.probe([opening('internet', 'vip:shop', 4, 'tcp', 80)], patience)).rejects.toThrow()
    })
  })
}

/** The balancers' translation of the VIP, protocol and port that an opening goes to; the same in all. */
function endpointIn({ policy }: Fixture, opening: Opening): EndpointIn {
  const { destination, protocol, destinationPort } = openingPacket(opening)
  const translations = policy.points.filter(isExternal).flatMap(translationsOf)
  const found = translations.find(
    (t) =>
      t.kind === 'endpoint-in' &&
      t.vip.value === destination.value &&
      t.protocol === protocol &&
      t.port === destinationPort,
  )
  if (found?.kind !== 'endpoint-in') throw new TypeError('test: no balancer has this endpoint')
  return found
}

const isExternal = ({ kind, id }: Point): boolean => kind === 'balancer' && id.endsWith('/external/in')

const translationsOf = ({ tiers }: Point) =>
  tiers.flatMap((tier) => (tier.kind === 'translation' ? tier.translations : []))

/** A rule at each balancer, by `<point> <rule>`. */
const balancerRules = ({ network }: Fixture, side: 'external' | 'internal', rule: string): string[] =>
  network.nodes.filter(({ kind }) => kind === 'balancer').map(({ id }) => `${id}/${side}/in ${rule}`)

/** Id of the filter at a VM's port, without the direction. */
function filterOf({ network }: Fixture, vm: string): string {
  const node = network.nodes.find(({ id }) => id === vm)
  return `${node?.vm?.host}/vm/${node?.name}`
}
