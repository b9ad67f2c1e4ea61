/** What routers, balancers and the infrastructure say of single machines at the rim: these differ by it, however alike their columns are. */
import { type Network, type Node, neighboursOf } from '../../model/index.ts'
import { hostPrefix, type Ip } from '../../net/index.ts'
import { lendingOf, matchesOf, type Point, type TranslationTier } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import { type AddressLists, isSingle } from './address-lists.ts'

/** False: a router sends to a host what is addressed to none of its machines. */
export function markCore(world: World, lists: AddressLists, rim: readonly Node[]): boolean {
  const { network, policy } = world
  const { atRim, edges, isBeyond } = aroundOf(network, rim)
  const points = policy.points.filter(isBeyond)
  for (const point of points) registerLists(lists, point)
  const hostOf = rim.map(({ id, vm }) => vm?.host ?? id)
  const areOrdinary = network.nodes.every(
    ({ id }) => atRim.has(id) || markRoutes(world, lists, id, edges, hostOf),
  )
  if (areOrdinary) for (const point of points) markBackends(lists, point)
  return areOrdinary
}

/**
 * As {@link markCore}, of machines that are told apart already by what all other points say.
 * @param changed points that say something else than before
 */
export function markChanged(
  { network }: World,
  lists: AddressLists,
  rim: readonly Node[],
  changed: readonly Point[],
): void {
  const { isBeyond } = aroundOf(network, rim)
  const points = changed.filter(isBeyond)
  for (const point of points) registerMatches(lists, point)
  const borrowers = [...new Set(points.flatMap((point) => [...borrowersOf(point)]))]
  borrowers.forEach((list, index) => {
    for (const address of list) {
      const owner = lists.ownerOf(address)
      if (owner !== undefined) lists.mark(owner, `borrows ${index} ${address.family}`)
    }
  })
  for (const point of points) markBackends(lists, point)
}

interface Around {
  readonly atRim: ReadonlySet<string>
  /** Hosts by the interfaces of routers that lead to them. */
  readonly edges: ReadonlyMap<string, string>
  /** Whether a point is in no column. */
  isBeyond(point: Point): boolean
}

function aroundOf(network: Network, rim: readonly Node[]): Around {
  const atRim = new Set(rim.map(({ id }) => id))
  const edges = new Map<string, string>()
  for (const host of rim)
    if (host.kind === 'host')
      for (const { node, far } of neighboursOf(network, host.id))
        if (!atRim.has(node.id)) edges.set(`${node.id} ${far.interface}`, host.id)
  const isEdge = ({ node, interfaces }: Point) => interfaces.every((name) => edges.has(`${node} ${name}`))
  return { atRim, edges, isBeyond: (point) => !atRim.has(point.node) && !isEdge(point) }
}

function registerLists(lists: AddressLists, point: Point): void {
  registerMatches(lists, point)
  for (const list of borrowersOf(point)) lists.literal(list.map(hostPrefix))
}

function registerMatches(lists: AddressLists, { scope, tiers }: Point): void {
  for (const { source, destination } of [scope ?? {}, ...tiers.flatMap(matchesOf)]) {
    if (source) lists.literal(source)
    if (destination) lists.literal(destination)
  }
}

function borrowersOf({ tiers }: Point): ReadonlySet<readonly Ip[]> {
  const borrowers = new Set<readonly Ip[]>()
  for (const tier of tiers)
    if (tier.kind === 'translation')
      for (const translation of tier.translations) borrowers.add(lendingOf(translation)?.borrowers ?? [])
  return borrowers
}

function markRoutes(
  { routes }: World,
  lists: AddressLists,
  node: string,
  edges: ReadonlyMap<string, string>,
  hostOf: readonly string[],
): boolean {
  for (const { prefix, nextHops } of routes(node)) {
    const owner = isSingle(prefix) ? lists.ownerOf(prefix) : undefined
    const hosts = nextHops.map((hop) => edges.get(`${node} ${hop.interface}`))
    const isDown = hosts.some((host) => host !== undefined)
    if (owner === undefined) {
      if (isDown) return false
      lists.literal([prefix])
    } else if (isDown) {
      if (hosts.some((host) => host !== hostOf[owner])) return false
      lists.mark(owner, `${node} ${prefix.family} down ${hosts.length}`)
    } else lists.mark(owner, `${node} ${prefix.family} ${nextHops.map((hop) => hop.interface)}`)
  }
  return true
}

/** A machine behind an endpoint differs from others by what the endpoint is, though not by which VIP it has. */
function markBackends(lists: AddressLists, { id, tiers }: Point): void {
  tiers.forEach((tier, index) => {
    if (tier.kind !== 'translation') return
    for (const [, { vip, protocol, port, backends, kind }] of endpointsOf(tier)) {
      const text = () =>
        `${id} ${index} ${kind} ${protocol} ${port} ${lists.colourOf(vip)} ${backends.length > 1}`
      for (const backend of backends) {
        const owner = lists.ownerOf(backend.address)
        if (owner !== undefined) lists.mark(owner, `${text()} ${backend.port}`)
      }
    }
  })
}

/** The translations of a tier that are about an endpoint. */
function endpointsOf({ translations }: TranslationTier) {
  return translations.flatMap((each) =>
    each.kind === 'endpoint-in' || each.kind === 'endpoint-out' ? [[each.kind, each] as const] : [],
  )
}
