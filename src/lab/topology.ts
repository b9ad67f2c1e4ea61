/** What may not change while a network is up: its machines, their addresses, and the cables between them. */
import { type Network, type Node, routesOf } from '../model/index.ts'
import { formatIp, formatPrefix } from '../net/index.ts'

/** Throws `TypeError` naming the first machine or cable that only one of the networks has, or that differs. */
export function requireSameTopology(running: Network, next: Network): void {
  const difference = differenceOf(partsOf(running), partsOf(next))
  if (difference !== undefined)
    throw new TypeError(
      `update ${running.name}: ${difference}; take the network down and bring it up again to change machines, addresses or cables`,
    )
}

/** Every part by its name, with what makes it the same. */
export function partsOf(network: Network): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  for (const node of network.nodes) parts.set(node.id, formOf(node))
  for (const { id, ends } of network.links)
    parts.set(`link ${id}`, ends.map(({ node, interface: name, mac }) => `${node} ${name} ${mac}`).join())
  for (const [node, routes] of routesOf(network))
    parts.set(
      `routes of ${node}`,
      routes
        .map(
          ({ prefix, nextHops, source }) =>
            `${formatPrefix(prefix)} ${nextHops.map((hop) => hop.interface).join()} ${source ? formatIp(source) : ''}`,
        )
        .join('\n'),
    )
  return parts
}

const formOf = ({ kind, addresses, publicAddresses, vm }: Node): string =>
  [kind, vm?.host ?? '', ...[...addresses, ...publicAddresses].map(formatIp)].join(' ')

function differenceOf(
  running: ReadonlyMap<string, string>,
  next: ReadonlyMap<string, string>,
): string | undefined {
  for (const name of next.keys()) if (!running.has(name)) return `${name} is new`
  for (const name of running.keys()) if (!next.has(name)) return `${name} is gone`
  for (const [name, form] of running) if (next.get(name) !== form) return `${name} has changed`
  return undefined
}
