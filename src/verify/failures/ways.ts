/**
 * Where packets get to by the routes of what is left: on every equal way, by destination alone. Filters are left aside, since they do not
 * change when something fails, and what is proven of equal ways says that those of one row are alike.
 */
import {
  type Failed,
  ForwardingTable,
  forwards,
  localAddresses,
  type Network,
  type Node,
  type NodeKind,
  neighboursOf,
  nodeById,
  nodesOfKind,
  routesAt,
  surviving,
} from '../../model/index.ts'
import { type Ip, prefixContains } from '../../net/index.ts'

/** What becomes of packets to an address, from some node on. */
export interface Fate {
  /** Nodes where they end. */
  readonly ends: ReadonlySet<string>
  /** Balancers that they pass. */
  readonly balancers: ReadonlySet<string>
  /** Where some are lost; absent: nowhere. */
  readonly lostAt?: string
}

const nobody: ReadonlySet<string> = new Set()

/** Kinds whose routes are made of their neighbours alone. */
const leaves: ReadonlySet<NodeKind> = new Set([
  'vm',
  'host',
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
])

/** Routes of the whole network, of which those are used again that a failure does not change. */
export class KnownRoutes {
  readonly network: Network
  readonly #routes = new Map<string, ForwardingTable>()
  readonly #peers = new Map<string, string>()

  constructor(network: Network) {
    this.network = network
    for (const { ends } of network.links) {
      this.#peers.set(`${ends[0].node} ${ends[0].interface}`, ends[1].node)
      this.#peers.set(`${ends[1].node} ${ends[1].interface}`, ends[0].node)
    }
  }

  /** The node behind an interface. */
  peer(id: string, iface: string): string {
    return this.#peers.get(`${id} ${iface}`) as string
  }

  of(node: Node): ForwardingTable {
    const known = this.#routes.get(node.id)
    if (known) return known
    const made = new ForwardingTable(routesAt(this.network, node))
    this.#routes.set(node.id, made)
    return made
  }
}

export class Ways {
  readonly network: Network
  readonly #known: KnownRoutes
  readonly #changed: ReadonlySet<string>
  readonly #tables = new Map<string, ForwardingTable>()
  /** By address, as the object that a node or VIP has, and by the node that they are followed from. */
  readonly #fates = new Map<Ip, Map<string, Fate>>()
  readonly #arrivals = new Map<string, Fate>()

  constructor(known: KnownRoutes, failed: Failed) {
    this.#known = known
    this.network = surviving(known.network, failed)
    this.#changed = changedBy(known.network, failed)
  }

  node(id: string): Node | undefined {
    return nodeById(this.network, id)
  }

  isAlive = (id: string): boolean => this.node(id) !== undefined

  /** What becomes of packets that a node sends, or passes on. */
  from(id: string, to: Ip): Fate {
    let fates = this.#fates.get(to)
    if (!fates) {
      fates = new Map()
      this.#fates.set(to, fates)
    }
    return this.#follow(id, to, fates)
  }

  #follow(id: string, to: Ip, fates: Map<string, Fate>): Fate {
    const known = fates.get(id)
    if (known) return known
    // Whoever comes back here while it is being worked out goes round.
    fates.set(id, { ends: nobody, balancers: nobody, lostAt: id })
    const made = this.#step(this.node(id) as Node, to, fates)
    fates.set(id, made)
    return made
  }

  #step(node: Node, to: Ip, fates: Map<string, Fate>): Fate {
    const hops = this.#table(node).lookup(to)?.nextHops ?? []
    const [first, ...others] = hops.map(({ interface: name }) =>
      this.#arrive(this.node(this.#known.peer(node.id, name)) as Node, to, fates),
    )
    if (!first) return { ends: nobody, balancers: nobody, lostAt: node.id }
    const passed = node.kind === 'balancer' ? [node.id] : []
    if (passed.length === 0 && others.every((each) => each === first)) return first
    const all = [first, ...others]
    const lostAt = all.find((each) => each.lostAt !== undefined)?.lostAt
    return {
      ends: new Set(all.flatMap(({ ends }) => [...ends])),
      balancers: new Set([...passed, ...all.flatMap(({ balancers }) => [...balancers])]),
      ...(lostAt !== undefined && { lostAt }),
    }
  }

  #arrive(node: Node, to: Ip, fates: Map<string, Fate>): Fate {
    if (isFor(this.network, node, to)) return this.#arrival(node.id)
    if (!forwards(node)) return { ends: nobody, balancers: nobody, lostAt: node.id }
    return this.#follow(node.id, to, fates)
  }

  #arrival(id: string): Fate {
    const known = this.#arrivals.get(id) ?? { ends: new Set([id]), balancers: nobody }
    this.#arrivals.set(id, known)
    return known
  }

  #table(node: Node): ForwardingTable {
    const known = this.#tables.get(node.id)
    if (known) return known
    const made = this.#changed.has(node.id)
      ? new ForwardingTable(routesAt(this.network, node))
      : this.#known.of(node)
    this.#tables.set(node.id, made)
    return made
  }
}

/** Whether a node takes a packet: it has the address, it is a balancer that has to translate it, or it is everybody out there. */
function isFor(network: Network, node: Node, to: Ip): boolean {
  const has = (addresses: readonly Ip[]): boolean =>
    addresses.some(({ family, value }) => family === to.family && value === to.value)
  if (has(localAddresses(node))) return true
  if (node.kind === 'balancer') {
    const isLent = nodesOfKind(network, node.site, 'balancer').some(({ publicAddresses }) =>
      has(publicAddresses),
    )
    return isLent
      ? has(node.publicAddresses)
      : vipsOf(network, node.site).some((one) => prefixContains(one, to))
  }
  return node.kind === 'internet' && !isOurs(network, to)
}

const vipsOf = ({ sites }: Network, name: string | undefined) =>
  sites.find((site) => site.name === name)?.public.vips ?? []

const isOurs = ({ internal, sites }: Network, address: Ip): boolean =>
  [...internal, ...sites.flatMap((site) => [...site.public.vips, ...site.public.routers])].some((one) =>
    prefixContains(one, address),
  )

/**
 * Nodes whose routes may not be what they were. Routes of machines are made of their neighbours alone; those of the rows above of their site,
 * and of the sites that they are joined to.
 */
function changedBy(network: Network, { nodes, links }: Failed): ReadonlySet<string> {
  const touched = new Set<string>(nodes)
  for (const id of nodes) for (const { node } of neighboursOf(network, id)) touched.add(node.id)
  for (const { id, ends } of network.links) if (links.has(id)) for (const { node } of ends) touched.add(node)
  const sites = new Set([...touched].map((id) => nodeById(network, id)?.site))
  return new Set(
    network.nodes
      .filter(
        ({ id, kind, site }) =>
          touched.has(id) || kind === 'internet' || (!leaves.has(kind) && sites.has(site)),
      )
      .map(({ id }) => id),
  )
}
