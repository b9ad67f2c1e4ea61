/** What may not change while a network is up: its machines, their addresses, and the cables between them. */
import { formatSource, type SourceRange } from '../file/index.ts'
import { type Network, type Node, nodeById, routesOf } from '../model/index.ts'
import { formatIp, formatPrefix } from '../net/index.ts'

/** A machine, a cable, or the routes of a machine. */
export interface TopologyPart {
  /** What makes it the same, by names for people. */
  readonly fields: Readonly<Record<string, string>>
  /** Where it is written. */
  readonly at: SourceRange | undefined
}

/** Throws `TypeError` naming the first machine or cable that only one of the networks has, or how it differs, and where that is written. */
export function requireSameTopology(running: Network, next: Network): void {
  const [first, ...more] = differencesOf(partsOf(running), partsOf(next))
  if (first === undefined) return
  const others =
    more.length === 0 ? '' : `, and ${more.length} more such ${more.length === 1 ? 'change' : 'changes'}`
  throw new TypeError(
    `update ${running.name}: ${first}${others}; take the network down and bring it up again to change machines, addresses or cables`,
  )
}

/** Every part by its name. */
export function partsOf(network: Network): ReadonlyMap<string, TopologyPart> {
  const parts = new Map<string, TopologyPart>()
  const placeOf = (node: string) => nodeById(network, node)?.at
  for (const node of network.nodes) parts.set(node.id, { fields: fieldsOf(node), at: node.at })
  for (const { id, ends } of network.links)
    parts.set(`link ${id}`, {
      fields: { ends: ends.map(({ node, interface: name, mac }) => `${node} ${name} ${mac}`).join(', ') },
      at: placeOf(ends[0].node),
    })
  for (const [node, routes] of routesOf(network))
    parts.set(`routes of ${node}`, {
      fields: Object.fromEntries(
        routes.map(({ prefix, nextHops, source }) => [
          formatPrefix(prefix),
          `by ${nextHops.map((hop) => hop.interface).join(' ')}${source ? ` from ${formatIp(source)}` : ''}`,
        ]),
      ),
      at: placeOf(node),
    })
  return parts
}

const fieldsOf = ({ kind, addresses, publicAddresses, vm }: Node): Readonly<Record<string, string>> => ({
  kind,
  host: vm?.host ?? '',
  addresses: addresses.map(formatIp).join(' '),
  'public addresses': publicAddresses.map(formatIp).join(' '),
})

/** Sentences, without full stops: `west/host4 is new (network.yaml:12:5)`. New parts first, then gone and changed ones. */
function differencesOf(
  running: ReadonlyMap<string, TopologyPart>,
  next: ReadonlyMap<string, TopologyPart>,
): readonly string[] {
  const added = [...next].flatMap(([name, { at }]) =>
    running.has(name) ? [] : [`${name} is new${placeText(at)}`],
  )
  const gone = [...running].flatMap(([name, { at }]) =>
    next.has(name) ? [] : [`${name} is gone${placeText(at)}`],
  )
  const changed = [...running].flatMap(([name, before]) => {
    const after = next.get(name)
    const changes = after ? changesOf(before, after) : []
    return changes.length > 0 ? [`${name} has changed: ${changes.join(', ')}${placeText(after?.at)}`] : []
  })
  return [...added, ...gone, ...changed]
}

/** Fields of a part shown in a message. */
const shown = 3

/** `addresses 10.1.0.1 → 10.1.0.2`; of many fields some. */
function changesOf({ fields: before }: TopologyPart, { fields: after }: TopologyPart): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changes = names.flatMap((name) =>
    before[name] === after[name] ? [] : [`${name} ${before[name] || 'none'} → ${after[name] || 'none'}`],
  )
  return changes.length > shown ? [...changes.slice(0, shown), `${changes.length - shown} more`] : changes
}

const placeText = (at: SourceRange | undefined): string => (at ? ` (${formatSource(at)})` : '')
