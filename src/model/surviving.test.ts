/** After each single failure, what is left finds its way: up, down, to other sites, and back to the balancer that lent a port. */
import { describe, expect, it } from 'vitest'
import { formatIp, type Ip, ip } from '../net/index.ts'
import { ForwardingTable } from './forwarding-table.ts'
import { loadNetwork } from './load.ts'
import type { Network } from './network.ts'
import { forwards, localAddresses } from './node-role.ts'
import { routesOf } from './routes.ts'
import { neighboursOf, nodeById } from './select.ts'
import { type Failed, surviving } from './surviving.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network

/** Where packets to an address end, whichever of equal ways they take. */
function endsOf(network: Network, from: string, to: Ip): ReadonlySet<string> {
  const tables = new Map(Array.from(routesOf(network), ([id, routes]) => [id, new ForwardingTable(routes)]))
  const ends = new Set<string>()
  const follow = (id: string, way: readonly string[]): void => {
    const node = nodeById(network, id)!
    if (
      localAddresses(node).some((own) => formatIp(own) === formatIp(to)) ||
      node.publicAddresses.includes(to)
    )
      return void ends.add(id)
    if (way.includes(id)) return void ends.add('loop')
    if (way.length > 0 && !forwards(node)) return void ends.add(`stray at ${id}`)
    const hops = tables.get(id)?.lookup(to)?.nextHops ?? []
    if (hops.length === 0) ends.add(`lost at ${id}`)
    for (const hop of hops) {
      const next = neighboursOf(network, id).find(({ near }) => near.interface === hop.interface)!
      follow(next.node.id, [...way, id])
    }
  }
  follow(from, [])
  return ends
}

const of = (nodes: readonly string[], links: readonly string[] = []): Failed => ({
  nodes: new Set(nodes),
  links: new Set(links),
})

const linkOf = (a: string, b: string): string =>
  network.links.find(({ ends }) => ends.every(({ node }) => node === a || node === b))!.id

const address = (id: string): Ip => nodeById(network, id)!.addresses[0]!
const vm = network.nodes.find(({ vm, site }) => vm && site === 'west')!
const other = network.nodes.find(
  ({ vm: each, site }) => each && site === 'west' && each.host !== vm.vm!.host,
)!
const outside = ip('192.0.2.77')

describe('a network in which something failed', () => {
  it('has lost the VMs of a host with it', () => {
    const left = surviving(network, of([vm.vm!.host]))
    expect(nodeById(left, vm.id)).toBeUndefined()
    expect(nodeById(left, other.id)).toBe(other)
    expect(left.links.flatMap(({ ends }) => ends.map(({ node }) => node))).not.toContain(vm.id)
  })

  const isOfRows = /\/(isp|ar|lb|dr)\d+$/
  const failures: readonly (readonly [string, Failed])[] = [
    ...network.nodes.filter(({ id }) => isOfRows.test(id)).map(({ id }) => [id, of([id])] as const),
    ...network.links.filter(({ kind }) => kind !== 'vm-port').map(({ id }) => [id, of([], [id])] as const),
  ]

  it.each(failures)(
    '%s: VMs reach each other, the Internet and their host, jump boxes those of other sites',
    (_, failed) => {
      const left = surviving(network, failed)
      expect([...endsOf(left, vm.id, address(other.id))]).toEqual([other.id])
      expect([...endsOf(left, vm.id, outside)]).toEqual(['lost at internet'])
      expect([...endsOf(left, 'west/jump1', address('east/jump1'))]).toEqual(['east/jump1'])
    },
  )

  it.each(failures)('%s: what comes back to a balancer comes to that one', (_, failed) => {
    const left = surviving(network, failed)
    for (const name of ['west/lb1', 'west/lb2']) {
      const lent = nodeById(left, name)?.publicAddresses[0]
      if (!lent) continue
      expect([...endsOf(left, 'internet', lent)]).toEqual([name])
      expect([...endsOf(left, other.id, lent)]).toEqual([name])
    }
  })

  it('names the routers that lead to a balancer where not all do', () => {
    const left = surviving(network, of([], [linkOf('west/ar1', 'west/lb1')]))
    const lent = nodeById(left, 'west/lb1')!.publicAddresses[0]!
    expect([...endsOf(left, 'west/isp1', lent)]).toEqual(['west/lb1'])
  })

  it('loses what no way is left to, and says so by having no route', () => {
    const left = surviving(network, of(['west/dr1', 'west/dr2']))
    expect([...endsOf(left, 'internet', address(vm.id))].every((end) => end.startsWith('lost'))).toBe(true)
    expect([...endsOf(left, vm.id, outside)]).toEqual([`lost at ${vm.vm!.host}`])
  })
})
