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
import { MachinePlaces, type StandIns, type Target } from './stand-ins.ts'

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
  readonly #vips = new Map<string, Ip>()
  readonly places: MachinePlaces

  readonly outside: Node

  constructor(network: Network) {
    this.network = network
    this.outside = network.nodes.find(({ kind }) => kind === 'internet') as Node
    this.places = new MachinePlaces(network)
    for (const node of network.nodes)
      for (const address of [
        ...localAddresses(node),
        ...(node.kind === 'balancer' ? node.publicAddresses : []),
      ]) {
        const owners = this.#owners.get(keyOf(address))
        if (owners) owners.push(node.id)
        else this.#owners.set(keyOf(address), [node.id])
      }
    for (const { ends } of network.links) {
      this.#peers.set(`${ends[0].node} ${ends[0].interface}`, ends[1].node)
      this.#peers.set(`${ends[1].node} ${ends[1].interface}`, ends[0].node)
    }
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

  /** A VIP to which there are the same ways: the first of its site and family that is asked for. */
  vipLike(site: string, vip: Ip): Ip {
    const key = `${site} ${vip.family}`
    const known = this.#vips.get(key)
    if (known) return known
    this.#vips.set(key, vip)
    return vip
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
  #network: Network | undefined
  readonly #known: KnownRoutes
  readonly #failed: Failed
  readonly #standIns: StandIns
  #changed: ReadonlySet<string> | undefined
  readonly #tables = new Map<string, ForwardingTable>()
  /** By address, as the object that a node or VIP has, and by the node that they are followed from. */
  readonly #fates = new Map<Ip, Map<string, Fate>>()
  readonly #arrivals = new Map<string, Fate>()

  constructor(known: KnownRoutes, failed: Failed) {
    this.#known = known
    this.#failed = failed
    this.#standIns = known.places.standIns(failed)
  }

  /** What is left of the routers, and of the machines those that stand for all. */
  get network(): Network {
    this.#network ??= surviving(this.#known.network, this.#standIns.failed())
    return this.#network
  }

  /** The node that plays the Internet. */
  get outside(): Node {
    return this.#known.outside
  }

  /** A node, if it is left. */
  node(id: string): Node | undefined {
    const node = nodeById(this.#known.network, id)
    return !node || this.#failed.nodes.has(id) || this.#failed.nodes.has(node.vm?.host ?? '')
      ? undefined
      : node
  }

  /** The node in {@link network} that sends as this one does. */
  senderFor(id: string): string {
    return this.#standIns.sender(id)
  }

  vipLike(site: string, vip: Ip): Ip {
    return this.#known.vipLike(site, vip)
  }

  /** What machines, and their VMs, are sent by and to: those that stand for all. */
  get standIns(): StandIns {
    return this.#standIns
  }

  /** The address in {@link network} to which there are the same ways as to this one. */
  targetOf(node: Node, address: Ip): Target {
    return this.#standIns.target(node, address)
  }

  /**
   * What becomes of packets that a node sends, or passes on.
   * @param to of a target, or outside the machines
   */
  from(id: string, to: Ip): Fate {
    let fates = this.#fates.get(to)
    if (!fates) {
      fates = new Map()
      this.#fates.set(to, fates)
    }
    const sender = this.senderFor(id)
    const fate = this.#follow(sender, to, fates)
    return fate.lostAt === sender && sender !== id ? { ...fate, lostAt: id } : fate
  }

  /** Ids of the nodes that a node of {@link network} passes packets on to, in equal parts. */
  hops(id: string, to: Ip): readonly string[] {
    const { nextHops = [] } = this.#table(nodeById(this.network, id) as Node).lookup(to) ?? {}
    return nextHops.map(({ interface: name }) => this.#known.peer(id, name))
  }

  /** Whether packets for an address end at a node: they are for it, or it passes nothing on. */
  takes(id: string, to: Ip): boolean {
    return this.#known.takersOf(to).has(id)
  }

  #follow(id: string, to: Ip, fates: Map<string, Fate>): Fate {
    const known = fates.get(id)
    if (known) return known
    // Whoever comes back here while it is being worked out goes round.
    fates.set(id, { ends: nobody, balancers: nobody, lostAt: id })
    const made = this.#step(nodeById(this.network, id) as Node, to, fates)
    fates.set(id, made)
    return made
  }

  #step(node: Node, to: Ip, fates: Map<string, Fate>): Fate {
    const [first, ...others] = this.hops(node.id, to).map((next) =>
      this.#arrive(nodeById(this.network, next) as Node, to, fates),
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
    this.#changed ??= changedBy(this.#known.network, this.#failed)
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
