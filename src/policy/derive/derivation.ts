/**
 * Every enforcement point of a network, derived from its model: the only place where policy is made. It is made in parts, so that after a change of the
 * network those are made again that follow from what is otherwise.
 */
import {
  between,
  keepsInfrastructureClients,
  type Network,
  type NetworkChanges,
  type Node,
  neighboursOf,
  type Sameness,
} from '../../model/index.ts'
import { knownAs } from '../known-points.ts'
import { linkFlows } from '../link-flows.ts'
import type { Point } from '../point.ts'
import { indexAfter, type PointChange, type Policy } from '../policy.ts'
import { accessRouterPoints } from './access-router.ts'
import { auditing } from './audit.ts'
import { balancerPoints } from './balancer.ts'
import { Concerned } from './concerned.ts'
import { distributionRouterPoints } from './distribution-router.ts'
import { guestPoints } from './guest.ts'
import { hostPoints } from './host.ts'
import { hypervisorPoints } from './hypervisor.ts'
import { nativeHostPoints } from './native-host.ts'
import { type MachinePoints, type SiteView, siteViews } from './site-view.ts'

/** Points of a site. */
interface Part {
  /** Made together, by the key of their piece. */
  readonly by: ReadonlyMap<string, readonly Point[]>
  /** All of them, in the order of the pieces. */
  readonly points: readonly Point[]
  /** For each of which there is a piece, if that is so. */
  readonly machines?: readonly Node[]
}

/** The parts of a site, in the order of their points. */
type Parts = readonly Part[]

export class Derivation {
  readonly network: Network
  readonly policy: Policy
  /** By the name of the site. */
  readonly #sites: ReadonlyMap<string, Parts>

  private constructor(network: Network, sites: ReadonlyMap<string, Parts>) {
    this.network = network
    this.#sites = sites
    this.policy = policyOf([...sites.values()].flat().map(({ points }) => points))
  }

  /** The same network gives the same policy, byte for byte. */
  static of(network: Network): Derivation {
    return new Derivation(
      network,
      new Map(
        siteViews(network).map((view) => [view.site.name, makersOf(view).map((maker) => partOf(maker))]),
      ),
    )
  }

  /**
   * The policy of a network that is otherwise in a few things. Points that say the same as before are the same objects, whatever lines they are now written on.
   * @param sameness of that network and this one
   */
  after(
    network: Network,
    changes: NetworkChanges,
    sameness: Sameness,
  ): { readonly policy: Policy; readonly changes: readonly PointChange[] } {
    const concerned = new Concerned(this.network, network, changes)
    const found: PointChange[] = []
    const isServedAlike = keepsInfrastructureClients(network, this.network)
    const sites = siteViews(network).map((view): readonly (readonly Point[])[] => {
      const { name } = view.site
      const before = this.#sites.get(name) as Parts
      if (!concerned.hasSite(name)) return before.map(({ points }) => points)
      return makersOf(view).map((maker, index) => {
        const known = before[index] as Part
        if (!maker.isAtEdge && !concerned.hasMachinesOf(name)) return known.points
        if (maker.isOfInfrastructure && isServedAlike) return known.points
        const again = new Again(known, concerned, sameness)
        const { points, changed } = again.amid(maker) ?? again.all(maker)
        for (const { was, is } of changed) found.push(...pointChanges(was, is))
        return points
      })
    })
    const policy = policyOf(sites.flat())
    indexAfter(policy, this.policy, found, () =>
      sites.filter((_, index) => concerned.hasSite(network.sites[index]?.name ?? '')).flat(2),
    )
    return { policy, changes: found }
  }
}

function policyOf(parts: readonly (readonly Point[])[]): Policy {
  const none: readonly Point[] = []
  return Object.freeze({ points: none.concat(...parts) })
}

/** Derives the policy. The same network gives the same policy, byte for byte. */
export const derivePolicy = (network: Network): Policy => Derivation.of(network).policy

/** How a part of a site is made. */
interface Maker {
  pieces(): readonly Piece[]
  /** It follows from the lists at the access routers, and from no machine. */
  readonly isAtEdge?: true
  /** It follows from the infrastructure and its clients alone. */
  readonly isOfInfrastructure?: true
  /** There is one piece for each of these, in this order. */
  readonly machines?: readonly Node[]
  /** The piece of one of them. */
  pieceOf?(machine: Node): Piece
}

/** Points that are made together. */
interface Piece {
  /** Unique in its part. */
  readonly key: string
  /** Id of the machine from which, and from those beside it, they follow; absent: from all of the site. */
  readonly machine?: string
  make(): readonly Point[]
}

function makersOf(view: SiteView): readonly Maker[] {
  const audited = auditing(view.site)
  const finished = (points: readonly Point[]) => linkFlows(audited(points))
  const atOnce = (make: () => readonly Point[]): Maker => ({
    pieces: () => [{ key: '', make: () => finished(make()) }],
  })
  const each = (kind: 'vm' | 'host', points: MachinePoints): Maker => {
    const machines = view.nodes(kind)
    const pieceOf = (node: Node) => ({
      key: node.id,
      machine: node.id,
      make: () => finished(points(node)),
    })
    return { machines, pieceOf, pieces: () => machines.map(pieceOf) }
  }
  const pointToward = distributionRouterPoints(view)
  const toward = (router: Node): readonly Piece[] =>
    neighboursOf(view.network, router.id).map((neighbour) => ({
      key: `${router.id} ${neighbour.near.interface}`,
      machine: neighbour.node.id,
      make: () => finished([pointToward(router, neighbour)]),
    }))
  return [
    { isAtEdge: true, ...atOnce(() => accessRouterPoints(view)) },
    atOnce(() => balancerPoints(view)),
    { pieces: () => view.nodes('distribution-router').flatMap(toward) },
    each('vm', hypervisorPoints(view)),
    each('host', hostPoints(view)),
    { isOfInfrastructure: true, ...atOnce(() => nativeHostPoints(view)) },
    each('vm', guestPoints(view)),
  ]
}

function partOf({ pieces, machines }: Maker, made = ({ make }: Piece): readonly Point[] => make()): Part {
  const part = new Map<string, readonly Point[]>()
  for (const piece of pieces()) {
    const points = made(piece)
    if (points.length > 0) part.set(piece.key, points)
  }
  return { by: part, points: [...part.values()].flat(), ...(machines && { machines }) }
}

/** Points of one piece that are otherwise. */
interface PieceChange {
  readonly was: readonly Point[]
  readonly is: readonly Point[]
}

/** A part of a site, as it is now. */
interface Remade {
  readonly points: readonly Point[]
  /** What is otherwise, and maybe more. */
  readonly changed: readonly PieceChange[]
}

/** A part of a site that is made again, where something is otherwise. */
class Again {
  readonly #known: Part
  readonly #concerned: Concerned
  readonly #sameness: Sameness

  constructor(known: Part, concerned: Concerned, sameness: Sameness) {
    this.#known = known
    this.#concerned = concerned
    this.#sameness = sameness
  }

  /** Piece by piece. */
  all(maker: Maker): Remade {
    const { by, points } = partOf(maker, (piece) => this.#made(piece))
    const before = this.#known.by
    const changed: PieceChange[] = Array.from(by, ([key, is]) => ({ was: before.get(key) ?? [], is }))
    for (const [key, was] of before) if (!by.has(key)) changed.push({ was, is: [] })
    return { points, changed }
  }

  /** Only pieces of machines that came, went, or of which something is otherwise: there are few among many. `undefined`: the pieces do not follow each other as they did. */
  amid(maker: Maker): Remade | undefined {
    const { points: before, machines: known, by } = this.#known
    const { machines, pieceOf } = maker
    if (!machines || !pieceOf || !known) return undefined
    const [gone, come, first] = between(known, machines, (one, other) => one.id === other.id)
    const pointsOf = ({ id }: Node): readonly Point[] => by.get(id) ?? []
    const left = new Set(gone.map(({ id }) => id))
    if (come.some(({ id }) => left.has(id))) return undefined
    const there = machines.filter(
      ({ id }, at) => this.#concerned.hasMachine(id) && (at < first || at >= first + come.length),
    )
    const replaced = there.map((machine) => ({ was: pointsOf(machine), is: this.#made(pieceOf(machine)) }))
    if (replaced.some(({ was, is }) => was.length === 0 && is.length > 0)) return undefined
    const made = come.map((machine) => ({ was: [], is: this.#made(pieceOf(machine)) }))
    const points = [...before]
    const next = known.slice(first).find((machine) => pointsOf(machine).length > 0)
    points.splice(
      next ? before.indexOf(pointsOf(next)[0] as Point) : before.length,
      gone.flatMap(pointsOf).length,
      ...made.flatMap(({ is }) => is),
    )
    const changed = replaced.filter(({ was, is }) => was !== is && was.length > 0)
    for (const { was, is } of changed) points.splice(points.indexOf(was[0] as Point), was.length, ...is)
    const removed = gone.map((machine) => ({ was: pointsOf(machine), is: [] }))
    return { points, changed: [...changed, ...made, ...removed] }
  }

  #made({ key, machine, make }: Piece): readonly Point[] {
    const was = this.#known.by.get(key)
    return was && machine !== undefined && !this.#concerned.hasMachine(machine)
      ? was
      : madeAgain(make(), was ?? [], this.#sameness)
  }
}

function madeAgain(points: readonly Point[], known: readonly Point[], sameness: Sameness): readonly Point[] {
  const before = new Map(known.map((point) => [point.id, point]))
  const made = points.map((point) => knownAs(point, before.get(point.id), sameness))
  const isKept = made.length === known.length && made.every((point, index) => point === known[index])
  return isKept ? known : made
}

/** Points that are not the same objects. */
export function pointChanges(was: readonly Point[], is: readonly Point[]): readonly PointChange[] {
  if (was === is) return []
  const left = new Map(was.map((point) => [point.id, point]))
  const changed = is.flatMap((point): readonly PointChange[] => {
    const before = left.get(point.id)
    left.delete(point.id)
    return before === point ? [] : [{ is: point, ...(before && { was: before }) }]
  })
  return [...changed, ...Array.from(left.values(), (point) => ({ was: point }))]
}
