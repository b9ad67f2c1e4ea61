/** What is said is what comes out if every state of a network is routed, one by one; and about what chance gives. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  availabilityOf,
  generateNetwork,
  type Network,
  parseNetwork,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { type Element, elementsOf, together } from '../failures/index.ts'
import { Spreads } from '../failures/spread.ts'
import { KnownRoutes, Ways } from '../failures/ways.ts'
import { fractionsFrom } from '../testing/random.ts'
import { availabilitiesOf, ratedElements } from './index.ts'
import { mostOfRow } from './rows.ts'

const always = [
  ...['isps', 'access-routers', 'balancers', 'distribution-routers', 'name-servers', 'fabric-controllers'],
  ...['jump-boxes', 'storage-nodes', 'activation-servers', 'hosts', 'peerings', 'links', 'wide-area', 'site'],
]

/** A site with rows of these sizes, in which only some elements fail. */
function networkOf(
  rows: Readonly<Record<string, number>>,
  failing: Readonly<Record<string, number>> = {},
): Network {
  const text = Object.entries(rows).reduce(
    (made, [row, count]) => made.replace(new RegExp(`^    ${row}: \\d+`, 'm'), `    ${row}: ${count}`),
    generateNetwork({ vms: 4, hosts: rows.hosts ?? 2, instancesPerService: 4 }),
  )
  const own = Object.entries(failing).map(([id, percent]) => `'${id}': ${percent}%`)
  return parseNetwork(
    text
      .replace(
        '    infrastructure:\n      dns',
        `    availability: { ${always.map((kind) => `${kind}: 100%`).join(', ')} }\n    infrastructure:\n      dns`,
      )
      .replace(
        '    template: datacenter',
        `    template: datacenter\n    availability: { ${own.join(', ')} }`,
      ),
  ).network as Network
}

const nameIn = ({ id, kind }: Element): string => {
  if (kind === 'site') return 'site'
  return id.startsWith('internet:')
    ? `${id.slice('internet:site1-'.length)}:internet`
    : id.slice('site1/'.length)
}

/** Whether some way of those that the routes of what is left have leads to a machine that is left, and back. */
function isReached(known: KnownRoutes, endpoint: VirtualEndpoint, failing: readonly Element[]): boolean {
  const ways = new Ways(known, together(failing))
  const spreads = new Spreads(ways)
  const outside = ways.outside.addresses.find(({ family }) => family === endpoint.vip.family)!
  const balancers = [...spreads.of('internet', endpoint.vip).ends.keys()]
  return endpoint.backends.some(({ node: id, address }) => {
    const node = ways.node(id)
    if (!node) return false
    const target = ways.targetOf(node, address)
    const back = spreads.of(ways.senderFor(node.vm?.host ?? id), outside)
    return (
      balancers.some((balancer) => spreads.of(balancer, target.address).ends.size > 0) && back.ends.size > 0
    )
  })
}

const endpointOf = (network: Network, name: string, site: string): VirtualEndpoint =>
  virtualEndpoints(network).find(
    ({ owner, site: at }) =>
      at === site &&
      (owner.kind === 'service' ? `${owner.service}/${owner.role}` === name : owner.kind === name),
  )!

describe('availability', () => {
  const few = fc.integer({ min: 1, max: 2 })
  const anyCase = fc
    .record({
      isps: few,
      'access-routers': few,
      balancers: few,
      'distribution-routers': fc.integer({ min: 1, max: 3 }),
      'name-servers': few,
      hosts: few,
    })
    .chain((rows) =>
      fc.record({
        rows: fc.constant(rows),
        failing: fc
          .shuffledSubarray(elementsOf(networkOf(rows)).map(nameIn), { minLength: 4, maxLength: 9 })
          .chain((names) =>
            fc
              .array(fc.integer({ min: 1, max: 99 }), { minLength: names.length, maxLength: names.length })
              .map((percents) => Object.fromEntries(names.map((name, index) => [name, percents[index]!]))),
          ),
      }),
    )

  it('is exactly what every state of the network gives, and so is the importance of elements', () => {
    fc.assert(
      fc.property(anyCase, ({ rows, failing }) => {
        const network = networkOf(rows, failing)
        const known = new KnownRoutes(network)
        const elements = elementsOf(network).filter((element) => nameIn(element) in failing)
        const shares = elements.map((element) => failing[nameIn(element)]! / 100)
        for (const { name, site, unavailable, weights } of availabilitiesOf(network)) {
          const endpoint = endpointOf(network, name, site)
          let lost = 0
          const given = elements.map(() => ({ there: 0, gone: 0 }))
          for (let state = 0; state < 2 ** elements.length; state++) {
            const gone = elements.filter((_, bit) => (state >> bit) & 1)
            if (isReached(known, endpoint, gone)) continue
            const chance = shares.reduce(
              (all, share, bit) => all * ((state >> bit) & 1 ? 1 - share : share),
              1,
            )
            lost += chance
            shares.forEach((share, bit) => {
              if ((state >> bit) & 1) given[bit]!.gone += chance / (1 - share)
              else given[bit]!.there += chance / share
            })
          }
          expect(unavailable, name).toBeCloseTo(lost, 10)
          elements.forEach(({ id }, bit) => {
            const weight = weights.find((each) => each.id === id)
            const { gone, there } = given[bit]!
            expect(weight?.importance ?? 0, `${name} ${id}`).toBeCloseTo(gone - there, 10)
            if (weight) expect(weight.cost).toBeCloseTo(lost - there, 10)
          })
        }
      }),
      { numRuns: 25 },
    )
  }, 300_000)

  it('is about what chance gives, in the example', () => {
    const folder = 'examples/two-sites'
    const text = readFileSync(`${folder}/network.yaml`, 'utf8')
      .replace(/^ {4}availability: .*\n/m, '')
      .replaceAll(/(hello-geo|tickets)\/Service/g, `${process.cwd()}/${folder}/$1/Service`)
      .replace(
        '    hosts: 3\n',
        '    hosts: 3\n    availability: { isps: 80%, access-routers: 85%, balancers: 80%, distribution-routers: 85%, hosts: 75%, name-servers: 70%, links: 90%, peerings: 85%, site: 97% }\n',
      )
    const { network, diagnostics } = parseNetwork(text)
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    if (!network) throw new Error('the example does not load')
    const known = new KnownRoutes(network)
    const elements = elementsOf(network)
    const rated = ratedElements(network)
    const shares = elements.map(({ id }) => availabilityOf(network, rated.get(id)!).value)
    const found = availabilitiesOf(network)
    const lost = found.map(() => 0)
    const rounds = 1500
    const random = fractionsFrom(fc.sample(fc.integer(), 1)[0]!)
    for (let round = 0; round < rounds; round++) {
      const gone = elements.filter((_, index) => random() >= shares[index]!)
      found.forEach(({ name, site }, index) => {
        if (!isReached(known, endpointOf(network, name, site), gone)) lost[index]! += 1
      })
    }
    expect(found.length).toBeGreaterThanOrEqual(8)
    found.forEach(({ name, site, unavailable }, index) => {
      const bound = 5 * Math.sqrt((unavailable * (1 - unavailable)) / rounds)
      expect(Math.abs(lost[index]! / rounds - unavailable), `${name} in ${site}`).toBeLessThan(bound)
    })
  }, 300_000)

  it('of one machine with one way to it is the product of all that is on the way', () => {
    const rows = { isps: 1, 'access-routers': 1, balancers: 1, 'distribution-routers': 1, hosts: 1 }
    const names = ['isp1', 'ar1', 'isp1:ar1', 'lb1', 'dr1', 'dr1:host1', 'host1', 'site']
    const network = networkOf(rows, Object.fromEntries(names.map((name) => [name, 90])))
    const [, web] = availabilitiesOf(network)
    expect(web?.name).toBe('s1/web')
    expect(1 - web!.unavailable).toBeCloseTo(0.9 ** names.length, 12)
    expect(web!.weights.filter(({ cost }) => cost > 1e-9)).toHaveLength(names.length)
  })

  it('of rows that are too long is a bound', () => {
    const network = networkOf({ isps: mostOfRow + 1 }, { isp1: 50 })
    expect(availabilitiesOf(network).map(({ isBound }) => isBound)).toEqual([true, true])
    expect(availabilitiesOf(networkOf({ isps: mostOfRow })).map(({ isBound }) => isBound)).toEqual([
      false,
      false,
    ])
  })
})
