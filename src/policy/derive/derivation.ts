/**
 * Every enforcement point of a network, derived from its model: the only place where policy is made. It is made in parts, so that after a change of the
 * network those are made again that follow from what is otherwise.
 */
import {
  type Network,
  type NetworkChanges,
  type Node,
  neighboursOf,
  nodeById,
  type Sameness,
  sitesOfServices,
  vmsBeside,
  vmsOfHost,
  vmsOtherwise,
} from '../../model/index.ts'
import { knownAs } from '../known-points.ts'
import { linkFlows } from '../link-flows.ts'
import type { Point } from '../point.ts'
import { indexAfter, type Policy } from '../policy.ts'
import { accessRouterPoints } from './access-router.ts'
import { auditing } from './audit.ts'
import { balancerPoints } from './balancer.ts'
import { distributionRouterPoints } from './distribution-router.ts'
import { guestPoints } from './guest.ts'
import { hostPoints } from './host.ts'
import { hypervisorPoints } from './hypervisor.ts'
import { nativeHostPoints } from './native-host.ts'
import { type MachinePoints, type SiteView, siteViews } from './site-view.ts'

/** A point that is otherwise than it was. */
export interface PointChange {
  /** Absent: it is new. */
  readonly was?: Point
  /** Absent: it is gone. */
  readonly is?: Point
}

/** Points of a site. */
interface Part {
  /** Made together, by the key of their piece. */
  readonly by: ReadonlyMap<string, readonly Point[]>
  /** All of them, in the order of the machines. */
  readonly points: readonly Point[]
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
    const points = pointsIn([...sites.values()])
    this.policy = Object.freeze({ points: Object.freeze(points) })
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
    const sites = siteViews(network).map((view): readonly [string, Parts] => {
      const { name } = view.site
      const before = this.#sites.get(name) as Parts
      if (!concerned.hasSite(name)) return [name, before]
      return [
        name,
        makersOf(view).map((maker, index) => {
          const known = before[index] as Part
          if (!maker.isAtEdge && !concerned.hasMachinesOf(name)) return known
          const part = partOf(maker, ({ key, machine, make }) => {
            const was = known.by.get(key)
            return was && machine !== undefined && !concerned.hasMachine(machine)
              ? was
              : madeAgain(make(), was ?? [], sameness)
          })
          for (const [key, is] of part.by) found.push(...pointChanges(known.by.get(key) ?? [], is))
          for (const [key, was] of known.by) if (!part.by.has(key)) found.push(...pointChanges(was, []))
          return part
        }),
      ]
    })
    const { policy } = new Derivation(network, new Map(sites))
    indexAfter(policy, this.policy, {
      nodes: new Set(found.flatMap(({ was, is }) => [was, is].flatMap((point) => point?.node ?? []))),
      points: pointsIn(sites.flatMap(([name, parts]) => (concerned.hasSite(name) ? [parts] : []))),
    })
    return { policy, changes: found }
  }
}

function pointsIn(sites: readonly Parts[]): readonly Point[] {
  const none: readonly Point[] = []
  return none.concat(...sites.flat().map(({ points }) => points))
}

/** Derives the policy. The same network gives the same policy, byte for byte. */
export const derivePolicy = (network: Network): Policy => Derivation.of(network).policy

/** How a part of a site is made. */
interface Maker {
  readonly pieces: readonly Piece[]
  /** It follows from the lists at the access routers, and from no machine. */
  readonly isAtEdge?: true
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
    pieces: [{ key: '', make: () => finished(make()) }],
  })
  const each = (kind: 'vm' | 'host', points: MachinePoints): Maker => ({
    pieces: view
      .nodes(kind)
      .map((node) => ({ key: node.id, machine: node.id, make: () => finished(points(node)) })),
  })
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
    { pieces: view.nodes('distribution-router').flatMap(toward) },
    each('vm', hypervisorPoints(view)),
    each('host', hostPoints(view)),
    atOnce(() => nativeHostPoints(view)),
    each('vm', guestPoints(view)),
  ]
}

function partOf({ pieces }: Maker, made = ({ make }: Piece): readonly Point[] => make()): Part {
  const part = new Map<string, readonly Point[]>()
  for (const piece of pieces) {
    const points = made(piece)
    if (points.length > 0) part.set(piece.key, points)
  }
  return { by: part, points: [...part.values()].flat() }
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

/**
 * Of whom points follow from something that is otherwise. Those of a VM follow from what it is, from its service and the VMs of this, and from its host and the
 * VMs of that; those of a host from the VMs on it; those of routers and balancers from all machines of the site.
 */
class Concerned {
  /** Some of whose machines are otherwise. */
  readonly #sites = new Set<string>()
  readonly #edges: ReadonlySet<string>
  readonly #machines = new Set<string>()

  constructor(was: Network, is: Network, changes: NetworkChanges) {
    const { machines, services, edges } = changes
    this.#edges = edges
    const hosts = new Set(machines.flatMap(({ vm }) => vm?.host ?? []))
    for (const network of [was, is]) {
      for (const host of hosts) {
        this.#add(nodeById(network, host))
        for (const vm of vmsOfHost(network, host)) this.#add(vm)
      }
      for (const site of sitesOfServices(network, services)) this.#sites.add(site)
      for (const vm of vmsBeside(network, machines)) this.#add(vm)
      for (const vm of vmsOtherwise(network, changes)) this.#add(vm)
    }
  }

  #add(node: Node | undefined): void {
    if (!node) return
    this.#machines.add(node.id)
    if (node.site) this.#sites.add(node.site)
  }

  hasSite(name: string): boolean {
    return this.#edges.has(name) || this.#sites.has(name)
  }

  hasMachinesOf(name: string): boolean {
    return this.#sites.has(name)
  }

  hasMachine(id: string): boolean {
    return this.#machines.has(id)
  }
}
