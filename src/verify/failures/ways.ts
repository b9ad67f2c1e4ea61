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

const keyOf = ({ family, value }: Ip): string => `${family} ${value}`

/** An address of a node. */
export interface Target {
  readonly node: string
  readonly address: Ip
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
  readonly #owners = new Map<string, string[]>()
  readonly #takers = new Map<Ip, ReadonlySet<string>>()
  readonly #first = new Map<string, Target>()

  constructor(network: Network) {
    this.network = network
    for (const node of network.nodes)
      for (const address of [
        ...localAddresses(node),
        ...(node.kind === 'balancer' ? node.publicAddresses : []),
      ]) {
        const owners = this.#owners.get(keyOf(address))
        if (owners) owners.push(node.id)
        else this.#owners.set(keyOf(address), [node.id])
      }
    for (const { id, vm, addresses } of network.nodes)
      for (const address of vm ? addresses : []) {
        const key = `${vm?.host} ${address.family}`
        if (!this.#first.has(key)) this.#first.set(key, { node: id, address })
      }
    for (const { ends } of network.links) {
      this.#peers.set(`${ends[0].node} ${ends[0].interface}`, ends[1].node)
      this.#peers.set(`${ends[1].node} ${ends[1].interface}`, ends[0].node)
    }
  }

  /** What leads to an address of a node. Of the VMs of a host one stands for all, since a host takes all along and has one way to each. */
  targetOf({ id, vm }: Node, address: Ip): Target {
    return this.#first.get(`${vm?.host} ${address.family}`) ?? { node: id, address }
  }

  /**
   * Nodes that take what is for an address: those that have it, the balancers of the site whose VIP it is, or everybody out there.
   * @param to as the object that a node or VIP has
   */
  takersOf(to: Ip): ReadonlySet<string> {
    const known = this.#takers.get(to)
    if (known) return known
    const { network } = this
    const owners = this.#owners.get(keyOf(to)) ?? []
    const site = network.sites.find(({ public: { vips } }) => vips.some((one) => prefixContains(one, to)))
    const balancers =
      site && owners.length === 0 ? nodesOfKind(network, site.name, 'balancer').map(({ id }) => id) : []
    const outside = isOurs(network, to) ? [] : network.nodes.filter(({ kind }) => kind === 'internet')
    const made = new Set([...owners, ...balancers, ...outside.map(({ id }) => id)])
    this.#takers.set(to, made)
    return made
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

  targetOf(node: Node, address: Ip): Target {
    return this.#known.targetOf(node, address)
  }

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
    if (this.#known.takersOf(to).has(node.id)) return this.#arrival(node.id)
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
