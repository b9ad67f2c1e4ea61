/**
 * How much of the time what is behind the VIPs of a site is reached from outside, from how often each element is there. Something is
 * *available* while at least one of its machines is there, and at least one way leads from the Internet to that machine and back. Elements fail
 * and are repaired independently of each other.
 */
import {
  availabilityOf,
  groupBy,
  type Network,
  type Node,
  neighboursOf,
  nodeById,
  type Rated,
  type Target,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { elementsOfRows, type Reached, reachedRouters, rowsOf, type Shares, type SiteRows } from './rows.ts'

/** How much an element matters. */
export interface Weight {
  readonly id: string
  readonly kind: Node['kind'] | 'link' | 'site'
  /**
   * How much more likely it is that the service is available if the element is there than if it is not, from 0 to 1 (Birnbaum 1969).
   */
  readonly importance: number
  /** The share of the time that would be won if the element never failed. */
  readonly cost: number
}

export interface Availability {
  /** `shop/web`, or `name-service`. */
  readonly name: string
  readonly service?: string
  readonly site: string
  /** The share of the time that it is not available, from 0 to 1. */
  readonly unavailable: number
  /** True if it is at most that, since some rows are so long that not all of their nodes are counted. */
  readonly isBound: boolean
  /** Machines behind it, and their hosts. */
  readonly machines: number
  readonly hosts: number
  /** What the file promises of its service. */
  readonly target?: Target
  /** Whether that is kept; absent: nothing is promised. Of a bound from below false means that it is not known to be. */
  readonly keeps?: boolean
  /** Elements that matter, the one that costs most first. */
  readonly weights: readonly Weight[]
}

/** Of every role with endpoints that the outside may use, and of the name service, site by site. */
export function availabilitiesOf(network: Network): readonly Availability[] {
  const elements = ratedElements(network)
  const shares = (id: string): number => {
    const element = elements.get(id)
    return element ? availabilityOf(network, element).value : 1
  }
  const endpoints = virtualEndpoints(network)
  return network.sites.flatMap(({ name: site }) => {
    const core = new Core(rowsOf(network, site), shares)
    return Array.from(rolesIn(endpoints, site), ([name, own]): Availability => {
      const machines = [...new Set(own.flatMap(({ backends }) => backends.map(({ node }) => node)))]
      const gates = [...new Set(machines.map((id) => nodeById(network, id)?.vm?.host ?? id))]
      const service = own[0]?.owner.kind === 'service' ? own[0].owner.service : undefined
      const target = network.services.find((each) => each.name === service)?.target
      const found = core.availability(gates.map((id) => gateOf(network, id)))
      return {
        name,
        ...(service !== undefined && { service }),
        site,
        unavailable: found.unavailable,
        isBound: !core.rows.isComplete,
        machines: machines.length,
        hosts: gates.length,
        ...(target && { target, keeps: 1 - found.unavailable >= target.availability }),
        weights: found.weights
          .map((weight): Weight => ({ ...weight, kind: kindOf(elements.get(weight.id) as Rated) }))
          .filter(({ importance }) => importance > 0)
          .sort((a, b) => b.cost - a.cost || b.importance - a.importance),
      }
    })
  })
}

/** Something that stands in several sites, which have no element in common. */
export interface Anywhere {
  readonly name: string
  readonly sites: readonly string[]
  /** The share of the time that it is available in none of them. */
  readonly unavailable: number
}

export function anywhere(found: readonly Availability[]): readonly Anywhere[] {
  const groups = Array.from(groupBy(found, ({ name }) => name))
  return groups.flatMap(([name, each]) =>
    each.length < 2
      ? []
      : [
          {
            name,
            sites: each.map(({ site }) => site),
            unavailable: each.reduce((product, { unavailable }) => product * unavailable, 1),
          },
        ],
  )
}

/**
 * What each element costs all services together, the one that costs most first: the sum of their times, and the highest importance.
 */
export function totalWeights(found: readonly Availability[]): readonly Weight[] {
  const sums = new Map<string, Weight>()
  for (const weight of found.flatMap(({ weights }) => weights)) {
    const known = sums.get(weight.id)
    sums.set(weight.id, {
      ...weight,
      cost: weight.cost + (known?.cost ?? 0),
      importance: Math.max(weight.importance, known?.importance ?? 0),
    })
  }
  return [...sums.values()].sort((a, b) => b.cost - a.cost || b.importance - a.importance)
}

/** Elements that may fail, by id; sites by name. */
export const ratedElements = ({ nodes, links, sites }: Network): ReadonlyMap<string, Rated> =>
  new Map<string, Rated>([
    ...nodes.map((node) => [node.id, node] as const),
    ...links.map((link) => [link.id, link] as const),
    ...sites.map((site) => [site.name, site] as const),
  ])

const kindOf = (element: Rated): Weight['kind'] =>
  'template' in element ? 'site' : 'ends' in element ? 'link' : element.kind

/** Endpoints of a site by the role that serves them: all endpoints of a role have the same machines. */
function rolesIn(
  endpoints: readonly VirtualEndpoint[],
  site: string,
): ReadonlyMap<string, VirtualEndpoint[]> {
  const roles = new Map<string, VirtualEndpoint[]>()
  for (const endpoint of endpoints) {
    const { owner, site: at, backends } = endpoint
    // An endpoint of one instance falls with that instance, as it is meant to.
    if (at !== site || backends.length === 0 || (owner.kind === 'service' && owner.instance !== undefined))
      continue
    const name = owner.kind === 'service' ? `${owner.service}/${owner.role}` : owner.kind
    const known = roles.get(name)
    if (known) known.push(endpoint)
    else roles.set(name, [endpoint])
  }
  return roles
}

/** A host, or a machine by itself, with its links to distribution routers. */
interface Gate {
  readonly id: string
  readonly links: ReadonlyMap<string, string>
}

const gateOf = (network: Network, id: string): Gate => ({
  id,
  links: new Map(
    neighboursOf(network, id).flatMap(({ node, link }) =>
      node.kind === 'distribution-router' ? [[node.id, link.id] as const] : [],
    ),
  ),
})

/** The part of a site that all of its services have in common, worked out once for each of its elements. */
class Core {
  readonly rows: SiteRows
  readonly #shares: Shares
  readonly #routers: readonly string[]
  readonly #reached: Reached
  /** By element: what is reached while it is there, and while it is not. */
  readonly #changed: ReadonlyMap<string, readonly [there: Reached, gone: Reached]>

  constructor(rows: SiteRows, shares: Shares) {
    this.rows = rows
    this.#shares = shares
    this.#routers = rows.rows.at(-1) ?? []
    this.#reached = reachedRouters(rows, shares)
    this.#changed = new Map(
      elementsOfRows(rows).map((id) => {
        const at = (value: number): Reached =>
          id === rows.site ? this.#reached : reachedRouters(rows, withShare(shares, id, value))
        return [id, [at(1), at(0)]]
      }),
    )
  }

  availability(gates: readonly Gate[]) {
    const unavailable = this.#lost(this.#reached, gates, this.#shares)
    const own = gates.flatMap(({ id, links }) => [
      id,
      ...Array.from(links).flatMap(([router, link]) => (this.#routers.includes(router) ? [link] : [])),
    ])
    const weight = (id: string, there: number, gone: number) => ({
      id,
      importance: gone - there,
      cost: unavailable - there,
    })
    return {
      unavailable,
      weights: [
        ...Array.from(this.#changed, ([id, [there, gone]]) =>
          weight(
            id,
            this.#lost(there, gates, withShare(this.#shares, id, 1)),
            this.#lost(gone, gates, withShare(this.#shares, id, 0)),
          ),
        ),
        ...own.map((id) =>
          weight(
            id,
            this.#lost(this.#reached, gates, withShare(this.#shares, id, 1)),
            this.#lost(this.#reached, gates, withShare(this.#shares, id, 0)),
          ),
        ),
      ],
    }
  }

  /** The share of the time that no machine behind these gates is reached. Gates are joined to routers independently of each other. */
  #lost(reached: Reached, gates: readonly Gate[], shares: Shares): number {
    const site = shares(this.rows.site)
    let lost = 0
    reached.forEach((chance, set) => {
      if (chance === 0) return
      const none = gates.reduce((product, { id, links }) => {
        const unjoined = this.#routers.reduce((all, router, bit) => {
          const link = links.get(router)
          return (set >> bit) & 1 && link !== undefined ? all * (1 - shares(link)) : all
        }, 1)
        return product * (1 - shares(id) * (1 - unjoined))
      }, 1)
      lost += chance * none
    })
    return 1 - site + site * lost
  }
}

const withShare =
  (shares: Shares, id: string, value: number): Shares =>
  (each) =>
    each === id ? value : shares(each)
