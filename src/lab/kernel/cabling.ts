/** The network's links as veth pairs, made inside the namespaces; and what is said to each end once its programs stand. */
import {
  addAddress,
  addNeighbour,
  addRoute,
  changeLink,
  createVeth,
  disableOffloads,
  type KernelRoute,
  type NetlinkRequest,
} from '../../kernel/index.ts'
import { localAddresses, type Network, neighboursOf, type Route } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import { type KernelNode, loopback } from './node.ts'

/** Makes the links whose first end is at `near`, both ends down: nothing passes before the node is connected. */
export function createLinks(
  network: Network,
  near: KernelNode,
  nodes: ReadonlyMap<string, KernelNode>,
): void {
  const requests: NetlinkRequest[] = []
  const ends: Array<readonly [KernelNode, string]> = []
  for (const neighbour of neighboursOf(network, near.node.id)) {
    if (neighbour.near !== neighbour.link.ends[0]) continue
    const far = nodes.get(neighbour.far.node)
    if (!far) throw new Error(`link ${neighbour.link.id}: no node ${neighbour.far.node} (a bug of Glacis)`)
    const [one, other] = [neighbour.near, neighbour.far]
    requests.push(
      createVeth(
        { name: one.interface, mac: one.mac, index: near.interfaceIndex(one.interface) },
        { name: other.interface, mac: other.mac, index: far.interfaceIndex(other.interface) },
        far.namespace,
      ),
    )
    ends.push([near, one.interface], [far, other.interface])
  }
  near.netlink.batch(requests)
  for (const [{ netlink }, name] of ends) disableOffloads(netlink, name)
}

/**
 * Brings a node's interfaces up and gives it its addresses, neighbours and routes, which need each other in this order.
 *
 * Neighbours are permanent entries, since those that the kernel discovers are limited for the whole machine, all namespaces
 * together: 1,024 by default (net.ipv6.neigh.default.gc_thresh3), and a lab of 1,000 VMs needs 2,300. The kernel still answers
 * neighbour discovery of others.
 */
export function connectNode(network: Network, node: KernelNode, routes: readonly Route[]): void {
  const neighbours = neighboursOf(network, node.node.id)
  const own = localAddresses(node.node)
  const first = neighbours[0]?.near.interface
  const home = node.node.kind === 'vm' && first !== undefined ? node.interfaceIndex(first) : loopback
  node.netlink.batch([
    changeLink(loopback, { up: true }),
    ...neighbours.flatMap(({ near, far }) => {
      const index = node.interfaceIndex(near.interface)
      return [
        changeLink(index, { up: true }),
        addAddress({ index, address: near.linkLocal, length: 64 }),
        addNeighbour({ index, address: far.linkLocal, mac: far.mac }),
      ]
    }),
    ...own.map((address) => addAddress({ index: home, address })),
    ...routes.map((route) => addRoute(kernelRoute(node, route))),
  ])
}

/** The kernel takes only addresses of its own as a route's source; without one it chooses among these. */
function kernelRoute(node: KernelNode, { prefix, nextHops, source }: Route): KernelRoute {
  const own = source && localAddresses(node.node).some((address) => ipEquals(address, source))
  return {
    prefix,
    nextHops: nextHops.map((hop) => ({ index: node.interfaceIndex(hop.interface), via: hop.via })),
    ...(own && { source }),
  }
}
