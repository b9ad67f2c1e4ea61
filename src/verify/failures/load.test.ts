/** Loads are what a simulation of many single flows finds, each of which picks one of the equal ways at every router by chance. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ForwardingTable,
  forwards,
  generateNetwork,
  localAddresses,
  type Network,
  neighboursOf,
  nodeById,
  parseNetwork,
  routesOf,
  surviving,
  virtualEndpoints,
} from '../../model/index.ts'
import { formatIp, type Ip } from '../../net/index.ts'
import { fractionsFrom } from '../testing/random.ts'
import { type Element, elementsOf, together } from './element.ts'
import { Loads } from './load.ts'
import { Spreads } from './spread.ts'
import { KnownRoutes, Ways } from './ways.ts'

/** Rows of different sizes, and what is asked of the first services. */
function networkOf(rows: Readonly<Record<string, number>>, sites: number): Network {
  const text = Object.entries(rows).reduce(
    (made, [row, count]) => made.replace(new RegExp(`^    ${row}: \\d+`, 'm'), `    ${row}: ${count}`),
    generateNetwork({ vms: 8 * sites, sites, hosts: 3, instancesPerService: 4 }),
  )
  const asked = `    demand: { web/http: { in: 100 Mbit/s, out: 1 Gbit/s }, worker/work: { in: 10 Mbit/s, out: 20 Mbit/s } }\n    roles:`
  const capacity = 'infrastructure:\n      dns'
  return parseNetwork(
    text
      .replaceAll('    roles:', asked)
      .replace(capacity, `capacity: { balancers: 1 bit/s }\n    ${capacity}`),
  ).network as Network
}

const anyNetwork = fc
  .record({
    isps: fc.integer({ min: 1, max: 3 }),
    'access-routers': fc.integer({ min: 1, max: 3 }),
    balancers: fc.integer({ min: 1, max: 3 }),
    'distribution-routers': fc.integer({ min: 1, max: 3 }),
  })
  .chain((rows) => fc.integer({ min: 1, max: 2 }).map((sites) => networkOf(rows, sites)))

const anyCase = anyNetwork.chain((network) =>
  fc.record({
    network: fc.constant(network),
    failing: fc.subarray(
      elementsOf(network).filter(({ kind }) => kind !== 'site'),
      { maxLength: 3 },
    ),
  }),
)

/** How often packets pass each pair of nodes, of so many flows: plain tables of what is left, and nothing that stands for anything. */
function simulated(left: Network, flows: number, random: () => number) {
  const tables = new Map(Array.from(routesOf(left), ([id, routes]) => [id, new ForwardingTable(routes)]))
  const passed = new Map<string, number>()
  const own = new Map(
    left.nodes.flatMap((node) => localAddresses(node).map((address) => [formatIp(address), node.id])),
  )
  const vips = new Set(virtualEndpoints(left).map(({ vip }) => formatIp(vip)))
  const peers = new Map(
    left.nodes.flatMap(({ id }) =>
      neighboursOf(left, id).map(({ near, node }) => [`${id} ${near.interface}`, node.id] as const),
    ),
  )
  const outside = left.nodes.find(({ kind }) => kind === 'internet')!
  const send = (from: string, to: Ip, amount: number): string | undefined => {
    const text = formatIp(to)
    let at = from
    for (let hop = 0; hop < 20; hop++) {
      const hops = tables.get(at)?.lookup(to)?.nextHops ?? []
      const next = hops[Math.floor(random() * hops.length)]
      if (!next) return undefined
      const peer = peers.get(`${at} ${next.interface}`)!
      passed.set(`${at} ${peer}`, (passed.get(`${at} ${peer}`) ?? 0) + amount)
      const node = nodeById(left, peer)!
      if (own.get(text) === peer || (vips.has(text) && node.kind === 'balancer')) return peer
      if (!forwards(node)) return undefined
      at = peer
    }
    return undefined
  }
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  for (const endpoint of virtualEndpoints(left)) {
    const { owner, vip, backends } = endpoint
    if (owner.kind !== 'service' || vip.family !== 4 || backends.length === 0) continue
    for (let flow = 0; flow < flows; flow++) {
      const balancer = send(outside.id, vip, 100e6 / flows)
      if (balancer !== undefined) send(balancer, pick(backends).address, 100e6 / flows)
      send(pick(backends).node, outside.addresses[0] as Ip, 1e9 / flows)
    }
  }
  for (const { name, deployments } of left.services)
    for (const { site } of deployments) {
      const vms = left.nodes.filter(({ vm, site: at }) => vm?.service === name && at === site)
      const pairs = vms.flatMap((from) =>
        vms.flatMap((to) => (to.vm?.role === 'worker' && from !== to ? [[from, to] as const] : [])),
      )
      for (let flow = 0; flow < flows && pairs.length > 0; flow++) {
        const [from, to] = pick(pairs)
        send(from.id, to.addresses[0] as Ip, 10e6 / flows)
        send(to.id, from.addresses[0] as Ip, 20e6 / flows)
      }
    }
  return passed
}

const waysOf = (network: Network, failing: readonly Element[]): Ways =>
  new Ways(new KnownRoutes(network), together(failing))

describe('loads', () => {
  it('are what many simulated flows come to', () => {
    fc.assert(
      fc.property(anyCase, fc.integer(), ({ network, failing }, seed) => {
        const flows = 400
        const found = simulated(surviving(network, together(failing)), flows, fractionsFrom(seed))
        const { bits } = new Loads(network).carried(waysOf(network, failing))
        const isVmPort = (key: string): boolean =>
          key.split(' ').some((id) => nodeById(network, id)?.kind === 'vm')
        const keys = [...bits.keys(), ...found.keys()].filter(
          (key) => !/ (in|out)$/.test(key) && !isVmPort(key),
        )
        for (const key of new Set(keys)) {
          const expected = found.get(key) ?? 0
          const load = bits.get(key) ?? 0
          // Six deviations of so many picks, of the largest single amount: all services alike.
          const bound = 6 * Math.sqrt(Math.max(load, expected, 1e9 / flows) * (1e9 / flows))
          expect(Math.abs(load - expected), `${key}: ${load} and ${expected}`).toBeLessThan(bound)
        }
      }),
      { numRuns: 40 },
    )
  }, 300_000)

  it('are conserved: what comes to a router leaves it, and what is sent ends or is lost', () => {
    fc.assert(
      fc.property(anyCase, ({ network, failing }) => {
        const ways = waysOf(network, failing)
        const spreads = new Spreads(ways)
        for (const { vip } of virtualEndpoints(network)) {
          const { links, nodes, ends } = spreads.of('internet', vip)
          const sum = (of: Iterable<number>): number => [...of].reduce((a, b) => a + b, 0)
          for (const [id, share] of nodes) {
            const out = sum(
              Array.from(links).flatMap(([key, part]) => (key.startsWith(`${id} `) ? [part] : [])),
            )
            expect(out === 0 || ends.has(id) ? share : out).toBeCloseTo(share, 12)
            if (ends.has(id)) expect(ends.get(id)).toBeCloseTo(share, 12)
          }
          expect(sum(ends.values())).toBeLessThan(1 + 1e-12)
          if (failing.length === 0) expect(sum(ends.values())).toBeCloseTo(1, 12)
        }
      }),
      { numRuns: 60 },
    )
  }, 300_000)

  it('that are more than an element can carry are told, with what fills it', () => {
    const network = networkOf({ balancers: 2 }, 1)
    const loads = new Loads(network)
    const found = loads.overloads(waysOf(network, []))
    expect(found.map(({ id, unit, capacity }) => [id, unit, capacity])).toEqual([
      ['site1/lb1', 'bits', 1],
      ['site1/lb2', 'bits', 1],
    ])
    for (const { load, parts } of found) {
      // Two services, 1.1 Gbit/s each way together, over two balancers.
      expect(load).toBeCloseTo(1.1e9, 0)
      expect(parts.reduce((sum, part) => sum + part.load, 0)).toBeCloseTo(load, 0)
      expect(parts.map(({ demand }) => demand.name)).toEqual(['s1/web/http', 's2/web/http'])
    }
    const lb1 = elementsOf(network).filter(({ id }) => id === 'site1/lb1')
    expect(loads.overloads(waysOf(network, lb1)).map(({ id, load }) => [id, Math.round(load)])).toEqual([
      ['site1/lb2', 2.2e9],
    ])
  })

  it('of a site that is lost are those of the sites that are left', () => {
    const text = generateNetwork({ vms: 4, sites: 2, hosts: 2, instancesPerService: 2 })
    const asked = '    sites: [site1, site2]\n    demand: { web/http: { in: 1 Mbit/s, out: 1 Mbit/s } }'
    const network = parseNetwork(text.replace('    sites: [site1]', asked)).network as Network
    const site = elementsOf(network).filter(({ kind, id }) => kind === 'site' && id === 'site1')
    const loads = new Loads(network)
    const into = (failing: readonly Element[], lost: ReadonlySet<string>): number =>
      ['isp1', 'isp2'].reduce(
        (sum, isp) =>
          sum + (loads.carried(waysOf(network, failing), lost).bits.get(`internet site2/${isp}`) ?? 0),
        0,
      )
    expect(into([], new Set())).toBeCloseTo(1e6, 0)
    expect(into(site, new Set(['site1']))).toBeCloseTo(2e6, 0)
  })
})
