/**
 * Who may connect to the infrastructure (R24). Each infrastructure service states a category in the template of its site; from it
 * follows, for each of its listeners, the set of clients: at the server's own filter as addresses, at its TLS handshake as nodes.
 */
import { hostPrefix, type Ip, type Prefix, PrefixIndex } from '../net/index.ts'
import type { InfrastructureAccess, Listener, Network, Node } from './network.ts'
import { nodeById, nodesOfKind, siteByName } from './select.ts'

export interface InfrastructureClients {
  readonly category: 1 | 2 | 3
  /** `undefined`: all, which only category 1 says. VMs are named by the pool of their DIPs, others by their addresses. */
  readonly sources: readonly Prefix[] | undefined
  /** What the rule that lets them in comes from. */
  readonly access: InfrastructureAccess
}

/** The clients of an infrastructure listener; `undefined` if the listener is none. */
export function infrastructureClients(
  network: Network,
  node: Node,
  listener: Listener,
): InfrastructureClients | undefined {
  const access = accessTo(network, node, listener)
  if (!access) return undefined
  const ofNetwork = cache.get(network) ?? new Map<InfrastructureAccess, InfrastructureClients>()
  cache.set(network, ofNetwork)
  const known = ofNetwork.get(access) ?? clientsOf(network, node, access)
  ofNetwork.set(access, known)
  return known
}

/** A service has its access in the site of its servers. */
const cache = new WeakMap<Network, Map<InfrastructureAccess, InfrastructureClients>>()

/** Makes clients known of a network that has the same infrastructure as another. @param changed ids of machines that are otherwise */
export function keepInfrastructureClients(
  network: Network,
  base: Network,
  changed: ReadonlySet<string>,
): void {
  const known = [...(cache.get(base) ?? [])]
  const kept = known.filter(([{ nodes }]) => !nodes.some((id) => changed.has(id)))
  cache.set(network, new Map(kept))
}

/** Whether all clients that are known of one network are known of a later one too: the same objects. */
export function keepsInfrastructureClients(network: Network, base: Network): boolean {
  const now = cache.get(network)
  return [...(cache.get(base) ?? [])].every(([access, clients]) => now?.get(access) === clients)
}

function clientsOf(network: Network, node: Node, access: InfrastructureAccess): InfrastructureClients {
  const { category } = access
  if (category === 1) return { category, sources: undefined, access }
  const site = siteByName(network, node.site ?? '')
  const ofKinds = access.clients.flatMap((kind): readonly Prefix[] =>
    kind === 'vm'
      ? (site?.pools.vms ?? [])
      : nodesOfKind(network, node.site, kind).flatMap(({ addresses }) => addresses.map(hostPrefix)),
  )
  const named = [...access.nodes.flatMap((id): readonly Ip[] => nodeById(network, id)?.addresses ?? [])]
  const sources = [...ofKinds, ...[...named, ...access.addresses].map(hostPrefix)]
  return { category, sources: Object.freeze(unique(sources)), access }
}

/** Whether a node has an address among the sources of clients. */
export function isAmong(sources: readonly Prefix[], { addresses }: Node): boolean {
  const index = indices.get(sources) ?? new PrefixIndex(sources)
  indices.set(sources, index)
  return addresses.some((address) => index.contains(address))
}

/** Servers of a service share their list of clients. */
const indices = new WeakMap<readonly Prefix[], PrefixIndex>()

/** Nodes that may connect to a listener of category 2, whose certificates it accepts. */
export function authorisedNodes(network: Network, node: Node, listener: Listener): readonly Node[] {
  const access = accessTo(network, node, listener)
  if (access?.category !== 2) return []
  const ofKinds = access.clients.flatMap((kind) => nodesOfKind(network, node.site, kind))
  const named = access.nodes.flatMap((id) => nodeById(network, id) ?? [])
  return [...new Set([...ofKinds, ...named])]
}

const accessTo = (network: Network, node: Node, { service }: Listener): InfrastructureAccess | undefined =>
  service && siteByName(network, node.site ?? '')?.infrastructure[service]

const unique = (prefixes: readonly Prefix[]): Prefix[] => [
  ...new Map(
    prefixes.map((prefix) => [`${prefix.family} ${prefix.value} ${prefix.length}`, prefix]),
  ).values(),
]
