/** Destinations by what a user calls them: an address, a node, or a public name. */
import { formatName, zoneOf } from '../dns/index.ts'
import { type Network, nodeById, virtualEndpoints } from '../model/index.ts'
import { type Family, formatIp, type Ip, ipEquals, parseIp } from '../net/index.ts'
import { CommandError } from './exit-code.ts'
import { findNode, listing, nearNode } from './find-node.ts'

export interface Destination {
  readonly address: Ip
  /** What has this address: a public name, a node. */
  readonly name?: string
}

/**
 * @param family wanted where there are several; default: the first that there is, IPv4 before IPv6
 * @throws CommandError with what may have been meant
 */
export function findDestination(network: Network, text: string, family?: Family): Destination {
  const given = parseIp(text)
  if (given) return described(network, given, family)
  const names = publicNames(network)
  const wanted = text.toLowerCase().replace(/\.$/, '')
  const name = [wanted, `${wanted}.${network.zone}`].find((candidate) => names.has(candidate))
  if (name !== undefined) return chosen(name, names.get(name) ?? [], family)
  const ids = network.nodes.map(({ id }) => id)
  if (!isNode(ids, text)) throw new CommandError(`find '${text}': ${unknown(network, names, ids, wanted)}`)
  const id = findNode(ids, text)
  return chosen(id, nodeById(network, id)?.addresses ?? [], family)
}

const isNode = (ids: readonly string[], text: string): boolean =>
  ids.some((id) => id === text || id.endsWith(`/${text}`))

function described(network: Network, address: Ip, family: Family | undefined): Destination {
  if (family !== undefined && family !== address.family)
    throw new CommandError(`find ${formatIp(address)}: it is no IPv${family} address; leave out --family`)
  const has = (addresses: readonly Ip[]) => addresses.some((own) => ipEquals(own, address))
  const name =
    Array.from(publicNames(network)).find(([, addresses]) => has(addresses))?.[0] ??
    network.nodes.find((node) => has(node.addresses) || has(node.publicAddresses))?.id
  return name === undefined ? { address } : { address, name }
}

function chosen(name: string, addresses: readonly Ip[], family: Family | undefined): Destination {
  const sorted = [...addresses].sort((a, b) => a.family - b.family)
  const address = sorted.find((candidate) => family === undefined || candidate.family === family)
  if (address) return { address, name }
  const remedy = addresses.length > 0 ? 'leave out --family' : 'choose another destination'
  throw new CommandError(`find '${name}': it has no ${family ? `IPv${family} ` : ''}address; ${remedy}`)
}

function unknown(
  network: Network,
  names: ReadonlyMap<string, unknown>,
  ids: readonly string[],
  wanted: string,
): string {
  const short = Array.from(names.keys(), (name) => name.slice(0, -network.zone.length - 1))
  const longer = [...short, ...ids].filter(
    (name) => name.startsWith(`${wanted}.`) || name.startsWith(`${wanted}-`),
  )
  if (longer.length > 0) return `it is no address, node or service; there are ${listing(longer)}`
  const machines = network.nodes.filter(({ vm }) => vm && `${vm.service}/${vm.role}`.toLowerCase() === wanted)
  if (machines.length > 0)
    return `it is a role, and a packet goes to one machine; choose of ${listing(machines.map(({ id }) => id))}`
  const near = nearNode([...short, ...ids, ...names.keys()], wanted)
  return `it is no address, node or service; ${near === undefined ? `give one such as 192.0.2.1, ${ids[0]} or ${short[0]}` : `did you mean '${near}'?`}`
}

/** Every name in the network's zone that has addresses, in lower case and without the last dot. */
function publicNames(network: Network): ReadonlyMap<string, readonly Ip[]> {
  const names = new Map<string, Ip[]>()
  for (const { name, data } of Array.from(zoneOf(network).names.values(), (sets) =>
    [...sets.values()].flat(),
  ).flat()) {
    if (data.kind !== 'address') continue
    const text = formatName(name).slice(0, -1).toLowerCase()
    names.set(text, [...(names.get(text) ?? []), data.address])
  }
  return names
}

/** Ports at which something answers at an address, as words: `tcp 443`. */
export function openPorts(network: Network, address: Ip): readonly string[] {
  const atVip = virtualEndpoints(network)
    .filter(({ vip }) => ipEquals(vip, address))
    .map(({ protocol, port }) => `${protocol === 6 ? 'tcp' : 'udp'} ${port}`)
  const atNode = network.nodes
    .filter(({ addresses }) => addresses.some((own) => ipEquals(own, address)))
    .flatMap(({ listeners }) => listeners.map(({ protocol, port }) => `${protocol} ${port}`))
  return [...atVip, ...atNode]
}
