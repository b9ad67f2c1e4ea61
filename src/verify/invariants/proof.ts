/** What invariants are proven from: the network, its policy, and where packets of each kind of sender get to, worked out once for all of them. */
import {
  endpointsBut,
  groupBy,
  localAddresses,
  type Network,
  type Node,
  neighboursOf,
  type Site,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import { type Point, type Policy, pointsAt } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import {
  Agreement,
  type Disagreement,
  type Emission,
  type Forwarding,
  Gathered,
  Loops,
  NetworkReach,
  type Openings,
  type Place,
  type Reach,
  sendable,
  type Terrain,
  type TerrainOptions,
  terrainOf,
  type Unwatched,
} from '../network/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'
import { lentSources } from './lent-sources.ts'
import { innerKinds, type Origin, type OriginKind, otherMachines, outsiders } from './origin.ts'
import { ProofMemory } from './proof-memory.ts'

/** What a proof is of beside the network and its policy. */
export interface ProofOf {
  /** The network as packets find it; absent: as its file has it. */
  readonly world?: World
  /** Of earlier proofs. */
  readonly memory?: ProofMemory
  /** Nodes that are looked at, if that is known. */
  readonly watched?: readonly Node[]
  /** Hosts and VMs that others stand for; absent: none. */
  readonly unwatched?: Unwatched
  /** Forwarding that is known of the same routes. */
  readonly tables?: Map<string, Forwarding>
  /** What was known of a node's forwarding before something changed. */
  readonly before?: TerrainOptions['before']
  /** Destinations that may go round, if only a part of all packets is looked at. */
  readonly destinations?: DiagramSet
}

export class Proof {
  readonly network: Network
  readonly policy: Policy
  readonly world: World
  readonly sets: PacketSets
  readonly decisions: PointDecisions
  readonly #reach: NetworkReach
  readonly #terrain: Terrain
  readonly #loops: Loops
  readonly #agreement: Agreement
  #mayDisagree: boolean | undefined
  readonly #isPart: boolean
  /** By origin. */
  #senders: ReadonlyMap<string, readonly Node[]> | undefined
  readonly #reaches = new Map<Origin, Reach>()
  readonly #followed = new Map<string, Reach>()
  readonly #sets: Map<string, DiagramSet>
  #endpoints: readonly VirtualEndpoint[] | undefined
  #points: readonly Point[] | undefined
  #nodes: readonly Node[] | undefined

  readonly #memory: ProofMemory
  /** The forwarding tables that were asked for, by node. */
  readonly tables: Map<string, Forwarding>
  /** Hosts and VMs that others stand for. */
  readonly #unwatched: Unwatched

  constructor(
    network: Network,
    policy: Policy,
    {
      world = createWorld(network, policy),
      memory = new ProofMemory(),
      unwatched = new Set(),
      watched,
      tables = new Map(),
      before,
      destinations,
    }: ProofOf = {},
  ) {
    this.#memory = memory
    this.tables = tables
    this.network = network
    this.policy = policy
    this.world = world
    const { sets, passages } = memory
    this.sets = sets
    this.#sets = unwatched.size === 0 ? memory.ofNetwork(network) : new Map()
    this.#unwatched = unwatched
    this.#nodes = watched
    const terrain = terrainOf(sets, world, {
      unwatched,
      tables,
      watched: () => this.nodes(),
      ...(before && { before }),
    })
    this.#terrain = terrain
    this.#reach = new NetworkReach(
      sets,
      terrain,
      unwatched.size === 0 ? passages : passages.seenFrom(terrain),
    )
    this.#loops = new Loops(sets, terrain, this.#reach, destinations)
    this.#isPart = destinations !== undefined
    this.#agreement = new Agreement(sets, terrain, this.#reach, {
      lent: () => this.once('lent', () => lentSources(sets, network, policy)),
      isOutside: this.isOutside,
    })
    this.decisions = this.#reach.decisions
  }

  /** The same machines with other rules, or endpoints: what both share is not worked out again. Routes must be the same. */
  with(network: Network, policy: Policy): Proof {
    const world = { ...this.world, network, policy }
    return new Proof(network, policy, {
      world,
      memory: this.#memory,
      unwatched: this.#unwatched,
      tables: this.tables,
    })
  }

  /** A set that follows from the network alone, made once. */
  readonly once = (key: string, make: () => DiagramSet): DiagramSet => {
    const set = this.#sets.get(key) ?? make()
    this.#sets.set(key, set)
    return set
  }

  /** Whether a node is looked at, and not another that stands for it. */
  watches(node: string): boolean {
    return !this.#unwatched.has(node)
  }

  /** Of some nodes those that are looked at. */
  watched(nodes: readonly Node[]): readonly Node[] {
    return this.#unwatched.size === 0 ? nodes : nodes.filter(({ id }) => this.watches(id))
  }

  /** Virtual endpoints, but those behind which is nobody who is looked at. */
  endpoints(): readonly VirtualEndpoint[] {
    this.#endpoints ??= this.#watchedEndpoints()
    return this.#endpoints
  }

  #watchedEndpoints(): readonly VirtualEndpoint[] {
    if (this.#unwatched.size === 0) return virtualEndpoints(this.network)
    const watched = new Set(this.nodes().map(({ vm }) => vm?.service))
    return endpointsBut(this.network, (service) => !watched.has(service)).filter(
      ({ backends }) => backends.length === 0 || backends.some(({ node }) => this.watches(node)),
    )
  }

  /** Nodes of an origin that are looked at. */
  senders(origin: Origin): readonly Node[] {
    this.#senders ??= groupBy(this.nodes(), ({ site, kind }) =>
      outsiders.has(kind) ? 'outside' : `${site} ${otherMachines.has(kind) ? 'other-machine' : kind}`,
    )
    return this.#senders.get(origin) ?? []
  }

  /** Where any packet of an origin gets to. */
  reachOf(origin: Origin): Reach {
    const known = this.#reaches.get(origin)
    if (known) return known
    const made = this.from(this.emissions(origin))
    this.#reaches.set(origin, made)
    return made
  }

  /** Where some packets get to. @param options as those of {@link NetworkReach.from} */
  from(emissions: readonly Emission[], options: { readonly explain?: boolean } = {}): Reach {
    return this.#reach.from(emissions, options)
  }

  /** The forwarding table of a node, as sets. */
  forwarding(node: string): Forwarding {
    return this.#terrain.forwarding(node)
  }

  /** What leaves by an interface of a node of what it has to forward. @param packets absent: it may be anything */
  leaving(node: string, iface: string, packets: DiagramSet = this.sets.all): DiagramSet {
    const routed = this.sets.mask(packets, this.forwarding(node).toward.get(iface) ?? this.sets.none)
    return this.#reach.pass(pointsAt(this.policy, node, iface, 'out'), routed)
  }

  /** What passes the points of an interface, of packets that come into it. */
  entering(node: string, iface: string, packets: DiagramSet): DiagramSet {
    return this.#reach.pass(pointsAt(this.policy, node, iface, 'in'), packets)
  }

  /** What may leave a point as one of the packets. @param known as in {@link NetworkReach.before} */
  before(point: Point, leaving: DiagramSet, known?: Openings): DiagramSet {
    return this.#reach.before(point, leaving, known)
  }

  /** What each node may send that arrives at some, by node; of several machines that a balancer may choose, by any. */
  sendable(ends: (node: Node) => DiagramSet): ReadonlyMap<string, DiagramSet> {
    const { sets, passages } = this.#memory
    return sendable(sets, this.world, {
      passages,
      chosen: () => everything,
      ends,
      terrain: this.#terrain,
    })
  }

  openings(): Openings {
    return this.#reach.openings()
  }

  /** Where answers get to that come back from what was opened; everything that stops them is noted. */
  answersTo(emissions: readonly Emission[]): Reach {
    return this.#reach.answers(emissions, (node, reach) => this.#heardAt(node, reach))
  }

  /** What is remembered of openings by filters and balancers, and where these get to. */
  remembered(openings: readonly Emission[]): { readonly known: Openings; readonly forth: Reach } {
    return this.#reach.remembered(openings)
  }

  /** Where ICMP errors get to. @param options as those of {@link NetworkReach.errors} */
  errors(known: Openings, errors: readonly Emission[], options: { readonly explain?: boolean } = {}): Reach {
    return this.#reach.errors(known, errors, options)
  }

  /** What of some errors its last filters let come to a node, by whatever way they got there, as {@link NetworkReach.lastHop} says. */
  lastHop(node: string, errors: DiagramSet, opened: DiagramSet): DiagramSet {
    return this.sets.union(this.#placesOf(node).map((place) => this.#reach.lastHop(place, errors, opened)))
  }

  /** What is found of a node that follows from the points at its cables, its addresses and some sets alone. @param key of what is asked */
  ofLastHop(node: Node, key: string, sets: readonly DiagramSet[], find: () => boolean): boolean {
    const around = this.#placesOf(node.id).flatMap((place) => this.#reach.aroundCable(place))
    const { local } = this.forwarding(node.id)
    return this.#memory.ofParts(`${key} ${node.id}`, [...around, local, ...sets], !this.#isPart, find)
  }

  /** What {@link ofLastHop} found of a whole network before. */
  knownOfLastHop(node: Node, key: string): boolean | undefined {
    return this.#memory.foundOf(`${key} ${node.id}`)
  }

  /** Interfaces that lead to somebody who is looked at. */
  #placesOf(node: string): readonly Place[] {
    const places: Place[] = []
    for (const { node: other, near } of neighboursOf(this.network, node))
      if (this.watches(other.id)) places.push({ node, interface: near.interface })
    return places
  }

  /** What openings a node answers: to its own addresses, and at the Internet all that has come there. */
  #heardAt(id: string, { delivered, unrouted, arrived }: Reach): DiagramSet {
    const { sets } = this
    const node = this.world.node(id)
    if (node.kind !== 'internet') {
      const here = delivered.get(id)
      return here ? sets.mask(this.to(localAddresses(node).map(hostPrefix)), here) : sets.none
    }
    const came = [...arrived].flatMap(([place, packets]) => (place.startsWith(`${id} `) ? [packets] : []))
    const elsewhere = sets.mask(sets.union(came), unrouted.get(id) ?? sets.none)
    return sets.union([delivered.get(id) ?? sets.none, elsewhere])
  }

  /** Whether there may be loops; if not, it needs no sender to be sure. */
  get mayLoop(): boolean {
    return this.#loops.suspected
  }

  /** What comes back to a node as it left it, by node. */
  loopsOf(reach: Reach): ReadonlyMap<string, DiagramSet> {
    return this.#loops.of(reach)
  }

  /** Whether equal ways may come to something else; if not, no sender needs to be looked at for it. */
  get mayDisagree(): boolean {
    // Of few packets it is as soon known as asked.
    if (this.#isPart) return true
    this.#mayDisagree ??= this.disagreeSome(this.openers().map((origin) => this.reachOf(origin)))
    return this.#mayDisagree
  }

  /** Whether equal ways may come to something else with packets of any of these: if all of them together do not, none does. */
  disagreeSome(reaches: readonly Reach[]): boolean {
    const forwarded = new Gathered(this.sets)
    for (const reach of reaches) for (const [node, packets] of reach.forwarded) forwarded.add(node, packets)
    const [first] = this.#agreement.broken({ forwarded: forwarded.sets })
    return first !== undefined
  }

  /** What of a reach depends on which of several equal ways it takes. */
  disagreementsOf(reach: Reach): Iterable<Disagreement> {
    return this.#agreement.broken(reach)
  }

  /** As {@link from}, worked out once for the same senders and packets. */
  reachFrom(emissions: readonly Emission[]): Reach {
    const key = emissions.map(({ node, packets }) => `${node} ${packets}`).join()
    const made = this.#followed.get(key) ?? this.from(emissions)
    this.#followed.set(key, made)
    return made
  }

  /** What all nodes of an origin may send. */
  emissions(origin: Origin, packets: DiagramSet = this.sets.all): readonly Emission[] {
    return this.senders(origin).map(({ id }) => ({ node: id, packets }))
  }

  /** Whether a node is beyond the sites: the Internet, a provider. */
  readonly isOutside = (node: string): boolean => outsiders.has(this.world.node(node).kind)

  /** Machines of a site. Routers and balancers are not among them: whoever has those may bear any address of the inside. */
  machineOrigins(site: Site): readonly Origin[] {
    return this.#origins(site, [])
  }

  /** All that can send inside a site. */
  insideOrigins(site: Site): readonly Origin[] {
    return this.#origins(site, innerKinds)
  }

  /** All that open connections: everybody but routers and balancers. */
  openers(): readonly Origin[] {
    return ['outside', ...this.network.sites.flatMap((site) => this.machineOrigins(site))]
  }

  /** All that can send. */
  allOrigins(): readonly Origin[] {
    return [
      'outside',
      ...this.network.sites.flatMap((site) => this.#origins(site, [...innerKinds, 'access-router'])),
    ]
  }

  #origins({ name }: Site, others: readonly OriginKind[]): readonly Origin[] {
    return (['vm', 'fabric-controller', 'other-machine', ...others] as const)
      .map((kind): Origin => `${name} ${kind}`)
      .filter((origin) => this.senders(origin).length > 0)
  }

  /** Points of a kind at which something is looked at. */
  points(kind: Point['kind']): readonly Point[] {
    return this.allPoints().filter((point) => point.kind === kind)
  }

  /** All points at which something is looked at. */
  allPoints(): readonly Point[] {
    this.#points ??= this.#unwatched.size === 0 ? this.policy.points : this.#watchedPoints()
    return this.#points
  }

  #watchedPoints(): readonly Point[] {
    const pointsBy = ({ node, interface: name }: Place): readonly Point[] =>
      (['in', 'out'] as const).flatMap((direction) => pointsAt(this.policy, node, name, direction))
    return this.nodes().flatMap(({ id }) => [...new Set(this.#placesOf(id).flatMap(pointsBy))])
  }

  /** All nodes that are looked at. */
  nodes(): readonly Node[] {
    this.#nodes ??= this.watched(this.network.nodes)
    return this.#nodes
  }

  to = (prefixes: readonly Prefix[]): DiagramSet => this.sets.addresses('destination', prefixes)
  by = (prefixes: readonly Prefix[]): DiagramSet => this.sets.addresses('source', prefixes)
}
