/** Routes are followed as routers would: at every step all next hops of the longest prefix. */
import { describe, expect, it } from 'vitest'
import { formatIp, type Ip, prefixContains } from '../net/index.ts'
import { loadNetwork, parseNetwork } from './load.ts'
import type { Network, Node, Route } from './network.ts'
import { routesOf } from './routes.ts'
import { neighboursOf, nodeById, nodesOfKind } from './select.ts'
import { smallNetwork } from './testing/small-network.ts'

function loaded(result: { network?: Network }): Network {
  if (!result.network) throw new Error('the network does not load')
  return result.network
}

const twoSites = loaded(loadNetwork('examples/two-sites/network.yaml'))

const owns = (node: Node, address: Ip) =>
  [...node.addresses, ...node.publicAddresses].some((own) => formatIp(own) === formatIp(address))

/** Where a packet ends, over all choices of equal ways: node ids, `discarded`, `unreachable` or `loop`. */
function ends(
  network: Network,
  routes: ReadonlyMap<string, readonly Route[]>,
  from: string,
  to: Ip,
): Set<string> {
  const results = new Set<string>()
  const done = new Set<string>()
  const visit = (id: string, way: readonly string[]): void => {
    const node = nodeById(network, id)
    if (!node) throw new Error(id)
    if (owns(node, to)) {
      results.add(id)
      return
    }
    if (way.includes(id)) {
      results.add('loop')
      return
    }
    if (done.has(id)) return
    done.add(id)
    const [best] = (routes.get(id) ?? [])
      .filter(({ prefix }) => prefixContains(prefix, to))
      .sort((a, b) => b.prefix.length - a.prefix.length)
    if (!best) results.add('unreachable')
    else if (best.nextHops.length === 0) results.add(`discarded by ${node.kind}`)
    for (const { interface: name, via } of best?.nextHops ?? []) {
      const next = neighboursOf(network, id).find(({ near }) => near.interface === name)
      expect(formatIp(next!.far.linkLocal)).toBe(formatIp(via))
      visit(next!.node.id, [...way, id])
    }
  }
  visit(from, [])
  return results
}

const perimeter = new Set(['internet', 'isp', 'access-router'])

describe('routesOf', () => {
  const routes = routesOf(twoSites)

  it('gives every node a table without a prefix twice', () => {
    for (const { id } of twoSites.nodes) {
      const prefixes = (routes.get(id) ?? []).map(
        ({ prefix: { family, value, length } }) => `${family} ${value} ${length}`,
      )
      expect(prefixes.length).toBeGreaterThan(0)
      expect(new Set(prefixes).size).toBe(prefixes.length)
    }
  })

  it('leads from every machine and every VM to every inside address of both sites, by all equal ways', () => {
    const inside = twoSites.nodes.filter(({ kind }) => !perimeter.has(kind))
    for (const from of inside)
      for (const to of inside) {
        // A balancer knows its own site; it has no business with another one's inside.
        if (from.kind === 'balancer' && from.site !== to.site) continue
        for (const address of to.addresses)
          expect(ends(twoSites, routes, from.id, address), `${from.id} → ${to.id}`).toEqual(new Set([to.id]))
      }
  })

  it('discards at the access router what is addressed to an inside address (R14)', () => {
    const inside = twoSites.nodes.filter(({ kind }) => !perimeter.has(kind))
    for (const router of nodesOfKind(twoSites, 'west', 'access-router'))
      for (const { addresses } of inside)
        for (const address of addresses)
          expect(ends(twoSites, routes, router.id, address)).toEqual(new Set(['discarded by access-router']))
  })

  it('leads from outside to the balancers of a VIP, and to one balancer by its egress address', () => {
    const sources = ['internet', 'east/isp1', 'west/isp2']
    for (const from of sources) {
      for (const { dnsVips } of twoSites.sites)
        for (const vip of dnsVips)
          expect(ends(twoSites, routes, from, vip)).toEqual(new Set(['discarded by balancer']))
      for (const balancer of nodesOfKind(twoSites, 'west', 'balancer'))
        for (const address of balancer.publicAddresses)
          expect(ends(twoSites, routes, from, address)).toEqual(new Set([balancer.id]))
    }
  })

  it('leads from inside to outside, and to VIPs of either site', () => {
    const outside = twoSites.nodes.filter(({ kind }) => kind === 'internet' || kind === 'isp')
    for (const from of ['west/shop-web-0', 'east/jump1', 'west/lb1']) {
      for (const to of outside)
        for (const address of to.addresses)
          expect(ends(twoSites, routes, from, address), `${from} → ${to.id}`).toEqual(new Set([to.id]))
      for (const { dnsVips } of twoSites.sites)
        for (const vip of dnsVips)
          expect(ends(twoSites, routes, from, vip)).toEqual(new Set(['discarded by balancer']))
    }
  })

  it('has no loop and no way for addresses that nobody has', () => {
    const nowhere = ['10.16.2.77', '10.99.0.1', '198.51.100.77', '198.51.100.50', '203.0.113.77', '9.9.9.9']
    for (const { id } of twoSites.nodes)
      for (const text of nowhere) {
        const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
        const address: Ip = { family: 4, value: BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0) }
        const found = [...ends(twoSites, routes, id, address)]
        expect(
          found.every((end) => /^(discarded|unreachable)/.test(end)),
          `${id} → ${text}: ${found}`,
        ).toBe(true)
      }
  })

  it('shares flows between equal routers', () => {
    const upward = routes.get('west/host1')?.find(({ prefix }) => prefix.family === 4 && prefix.length === 0)
    expect(upward?.nextHops.map(({ interface: name }) => name)).toEqual(['dr1', 'dr2'])
  })

  it('lets routers speak to outside with public addresses only', () => {
    for (const id of ['west/ar1', 'west/lb1']) {
      const node = nodeById(twoSites, id)
      const outward = (routes.get(id) ?? []).filter(({ prefix }) => prefix.length === 0)
      expect(outward.map(({ source }) => source)).toEqual(node?.publicAddresses)
    }
  })

  it('knows one family if the network has one', () => {
    const four = smallNetwork.replaceAll(/, (?:fd00|2001)[^\]]*\]/g, ']')
    const network = loaded(parseNetwork(four))
    const families = [...routesOf(network).values()].flat().map(({ prefix }) => prefix.family)
    expect(new Set(families)).toEqual(new Set([4]))
  })

  it('joins sites of different sizes', () => {
    const template = /datacenter:\n(?: {4}.*\n)+/.exec(smallNetwork)?.[0] ?? ''
    const site = / {2}west:\n(?: {4}.*\n)+/.exec(smallNetwork)?.[0] ?? ''
    const text = smallNetwork
      .replace(
        template,
        `${template}  large:\n${template.replace(/.*\n/, '').replace('distribution-routers: 1', 'distribution-routers: 3')}`,
      )
      .replace(
        site,
        `${site}${site.replace('west', 'east').replace('datacenter', 'large').replaceAll('10.16.', '10.32.').replaceAll(':16', ':32').replaceAll('198.51.100', '203.0.113')}`,
      )
    const network = loaded(parseNetwork(text))
    expect(network.links.filter(({ kind }) => kind === 'wide-area')).toHaveLength(3)
    const [vm] = nodesOfKind(network, 'west', 'vm')
    const all = routesOf(network)
    for (const host of nodesOfKind(network, 'east', 'host')) {
      for (const address of host.addresses)
        expect(ends(network, all, vm!.id, address)).toEqual(new Set([host.id]))
      for (const address of vm!.addresses)
        expect(ends(network, all, host.id, address)).toEqual(new Set([vm!.id]))
    }
  })
})
