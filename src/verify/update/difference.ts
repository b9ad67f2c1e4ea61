/** What is otherwise in a network than it was, found part by part. */
import {
  guestKey,
  type Network,
  type Node,
  neighboursOf,
  nodeById,
  type Route,
  type Site,
} from '../../model/index.ts'
import { type Prefix, PrefixMap } from '../../net/index.ts'
import type { Point, Policy, Sameness } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'

export interface PointChange {
  /** Absent: it is new. */
  readonly was?: Point
  /** Absent: it is gone. */
  readonly is?: Point
}

export interface Difference {
  /** VMs that are new, gone, or otherwise: as they were and as they are. */
  readonly machines: readonly Node[]
  /** Names of services that are new, gone, or otherwise. */
  readonly services: ReadonlySet<string>
  /** Keys of roles whose guest firewall is otherwise, by {@link guestKey}, in any site. */
  readonly guests: ReadonlySet<string>
  /** Names of sites whose lists at the access routers are otherwise. */
  readonly edges: ReadonlySet<string>
  readonly points: readonly PointChange[]
  /** What routers and hosts lead elsewhere. */
  readonly routes: readonly Prefix[]
}

/**
 * Of two networks with the same sites and infrastructure.
 * @param sameness of the later network and the earlier one
 * @param next with points that say the same as in `base` as the same objects
 * @returns `undefined`: something is otherwise that concerns all
 */
export function differenceOf(base: World, next: World, sameness: Sameness): Difference | undefined {
  const found = new Finding(base, next, sameness)
  return found.isLocal() ? found.difference() : undefined
}

class Finding {
  readonly #base: World
  readonly #next: World
  readonly #sameness: Sameness
  readonly #machines: readonly Node[]

  constructor(base: World, next: World, sameness: Sameness) {
    this.#sameness = sameness
    this.#base = base
    this.#next = next
    this.#machines = this.#changedNodes()
  }

  /** Whether all that is otherwise is VMs, services, guest firewalls, lists at the edge, and points. */
  isLocal(): boolean {
    const [was, is] = [this.#base.network, this.#next.network]
    if (was === is) return true
    return (
      this.#same(frameOf(is), frameOf(was)) &&
      this.#machines.every(({ kind }) => kind === 'vm') &&
      this.#linksAreKept(was, is)
    )
  }

  difference(): Difference {
    const [was, is] = [this.#base.network, this.#next.network]
    return {
      machines: this.#machines,
      services: was === is ? new Set() : this.#changedServices(),
      guests: new Set(this.#sites().flatMap(([a, b]) => this.#changedGuests(a, b))),
      edges: new Set(this.#sites().flatMap(([a, b]) => (this.#same(edgeOf(b), edgeOf(a)) ? [] : [b.name]))),
      points: pointChanges(this.#base.policy, this.#next.policy),
      routes: this.#changedRoutes(),
    }
  }

  #same(is: unknown, was: unknown): boolean {
    return this.#sameness.same(is, was)
  }

  #sites(): readonly (readonly [was: Site, is: Site])[] {
    const [was, is] = [this.#base.network, this.#next.network]
    return was === is ? [] : is.sites.map((site, index) => [was.sites[index] as Site, site])
  }

  #changedNodes(): readonly Node[] {
    const [was, is] = [this.#base.network, this.#next.network]
    if (was === is) return []
    const changed: Node[] = []
    for (const node of is.nodes) {
      const before = nodeById(was, node.id)
      if (!before) changed.push(node)
      else if (!this.#same(node, before)) changed.push(before, node)
    }
    for (const node of was.nodes) if (!nodeById(is, node.id)) changed.push(node)
    return changed
  }

  /** Cables that are otherwise have a changed machine at an end. */
  #linksAreKept(was: Network, is: Network): boolean {
    const changed = new Set(this.#machines.map(({ id }) => id))
    const kept = ({ links }: Network) =>
      links.filter(({ ends }) => !ends.some(({ node }) => changed.has(node)))
    return this.#same(kept(is), kept(was))
  }

  #changedServices(): ReadonlySet<string> {
    const before = new Map(this.#base.network.services.map((service) => [service.name, service]))
    const changed = this.#next.network.services.filter(
      (service) => !this.#same(service, before.get(service.name)),
    )
    const left = new Set(this.#next.network.services.map(({ name }) => name))
    return new Set([
      ...changed.map(({ name }) => name),
      ...[...before.keys()].filter((name) => !left.has(name)),
    ])
  }

  #changedGuests({ filters: was }: Site, { filters: is }: Site): readonly string[] {
    const keys = new Set([...Object.keys(was.guests), ...Object.keys(is.guests)])
    return [...keys].filter((key) => !this.#same(is.guests[key], was.guests[key]))
  }

  /** Routes follow from who is where: those of other sites than the changed machines' stay. */
  #changedRoutes(): readonly Prefix[] {
    if (this.#base.routes === this.#next.routes) return []
    const hosts = new Set(this.#machines.flatMap(({ vm }) => vm?.host ?? []))
    const routers = [...hosts].flatMap((host) =>
      neighboursOf(this.#next.network, host).flatMap(({ node }) => (node.kind === 'vm' ? [] : [node.id])),
    )
    return [...new Set([...hosts, ...routers])].flatMap((node) =>
      routeChanges(this.#base.routes(node), this.#next.routes(node), this.#sameness),
    )
  }
}

/** What of a network concerns all of it. */
const frameOf = ({ nodes: _, links: __, services: ___, sites, file: ____, ...rest }: Network): object => ({
  ...rest,
  sites: sites.map(({ filters: { guests: _g, platformAcl: _p, operatorAcl: _o, ...filters }, ...site }) => ({
    ...site,
    filters,
  })),
})

const edgeOf = ({ filters: { platformAcl, operatorAcl } }: Site): object => ({ platformAcl, operatorAcl })

function pointChanges(base: Policy, next: Policy): readonly PointChange[] {
  if (base === next) return []
  const before = new Map(base.points.map((point) => [point.id, point]))
  const changes: PointChange[] = []
  for (const is of next.points) {
    const was = before.get(is.id)
    before.delete(is.id)
    if (was !== is) changes.push({ is, ...(was && { was }) })
  }
  for (const was of before.values()) changes.push({ was })
  return changes
}

/** Prefixes that have other routes, or only one of both has. */
function routeChanges(was: readonly Route[], is: readonly Route[], sameness: Sameness): readonly Prefix[] {
  if (was === is) return []
  const left = new Set(was)
  const before = new PrefixMap<Route>()
  for (const route of was) before.set(route.prefix, route)
  const changed: Prefix[] = []
  for (const route of is) {
    const other = before.get(route.prefix)
    if (other) left.delete(other)
    if (!other || !sameness.same(route, other)) changed.push(route.prefix)
  }
  return [...changed, ...Array.from(left, ({ prefix }) => prefix)]
}

/** Whether a VM's role has one of some guest firewalls. */
export const hasGuest = (guests: ReadonlySet<string>, { vm }: Node): boolean =>
  vm !== undefined && guests.has(guestKey(vm.service, vm.role))
