/** Sites of one template have the same architecture (R8): the same points and routers, with the same rules and routes but for addresses. */
import { type Network, nodesOfKind, type Site } from '../../model/index.ts'
import {
  isAuditable,
  isAudited,
  isDefaultAudited,
  type Point,
  type Policy,
  pointsAt,
  pointsOfNode,
  type Rule,
  rulesOfTier,
  type Tier,
} from '../../policy/index.ts'
import type { PlanInvariant, Remark } from './invariant.ts'
import type { Limit } from './limit.ts'
import { insideKinds } from './origin.ts'
import type { Proof } from './proof.ts'
import { routeDifferences } from './route-shapes.ts'

export const sitesAlike: PlanInvariant = {
  kind: 'plan',
  id: 'sites-alike',
  rows: ['R8'],
  claim:
    'Sites of one template have the same machines of the infrastructure, with the same rules and routes but for their addresses.',
  breaches(proof, limit) {
    const first = new Map<string, Site>()
    const shapes = new Shapes(new Set(proof.network.sites.map(({ name }) => name)))
    const points = limit ? touchedPoints(proof, limit) : bySite(proof.policy.points)
    return proof.network.sites.flatMap((site) => {
      const model = first.get(site.template)
      if (model) {
        const rules = ruleDifferences(points, shapes, model, site)
        // What is otherwise in a part is VMs, which sites of a template do not have in common.
        if (limit) return rules
        return [
          ...machineDifferences(proof.network, model, site),
          ...rules,
          ...routeDifferences(proof, model, site),
        ]
      }
      first.set(site.template, site)
      return []
    })
  },
}

/** Points whose rules are those of the template alone. Those of VMs and guests follow the services of a site, those of balancers its VIPs. */
const templated: ReadonlySet<Point['kind']> = new Set([
  'access-router',
  'distribution-router',
  'host',
  'native-host',
])

function machineDifferences(network: Network, a: Site, b: Site): readonly Remark[] {
  return [...insideKinds, 'access-router' as const, 'isp' as const]
    .filter((kind) => kind !== 'vm')
    .flatMap((kind) => {
      const [here, there] = [a, b].map(({ name }) => nodesOfKind(network, name, kind).length)
      return here === there
        ? []
        : [
            {
              at: b.name,
              text: `site ${a.name} has ${here} nodes of kind ${kind}, site ${b.name} has ${there}: they are of one template`,
            },
          ]
    })
}

/** Points by site, and by their names there. */
type PointsOfSites = ReadonlyMap<string, ReadonlyMap<string, Point>>

function bySite(points: readonly Point[]): PointsOfSites {
  const sites = new Map<string, Map<string, Point>>()
  for (const point of points) {
    if (!templated.has(point.kind)) continue
    const end = point.id.indexOf('/')
    const site = point.id.slice(0, end)
    const there = sites.get(site) ?? new Map<string, Point>()
    sites.set(site, there)
    there.set(point.id.slice(end), point)
  }
  return sites
}

/** Those that are looked at in one of the sites, in every site. */
function touchedPoints({ network, policy }: Proof, limit: Limit): PointsOfSites {
  const touched = new Map<string, Point>()
  for (const id of limit.nodes)
    for (const point of pointsOfNode(policy, id))
      if (templated.has(point.kind) && limit.touches(point)) touched.set(nameInSite(point.id), point)
  return bySite(
    network.sites.flatMap(({ name: site }) =>
      Array.from(touched, ([name, point]) => counterpart(policy, point, `${site}/${name}`)).filter(
        (point) => point !== undefined,
      ),
    ),
  )
}

const nameInSite = (id: string): string => id.slice(id.indexOf('/') + 1)

/** The point of that id, which probably stands where one of another site does. */
function counterpart(policy: Policy, { node, interfaces, direction }: Point, id: string): Point | undefined {
  const there = `${id.slice(0, id.indexOf('/'))}/${nameInSite(node)}`
  const isIt = (point: Point): boolean => point.id === id
  return (
    pointsAt(policy, there, interfaces[0] ?? '', direction).find(isIt) ??
    pointsOfNode(policy, there).find(isIt)
  )
}

function ruleDifferences(points: PointsOfSites, shapes: Shapes, a: Site, b: Site): readonly Remark[] {
  const found: Remark[] = []
  for (const [name, point] of points.get(b.name) ?? []) {
    const other = points.get(a.name)?.get(name)
    // Wide-area interfaces are named after the other end.
    if (other === undefined || shapes.of(other) === shapes.of(point)) continue
    found.push({
      at: point.id,
      text: `${point.id} has other rules than ${other.id}: they are of one template`,
    })
  }
  return found
}

/**
 * The rules of points without addresses, and without the names of sites. Where all rules of a tier do the same their order says nothing: sites name
 * themselves and each other in different places.
 */
class Shapes {
  readonly #sites: ReadonlySet<string>
  /** Many points share a tier. */
  readonly #tiers = new Map<Tier, number>()
  readonly #numbers = new Map<string, number>()

  constructor(sites: ReadonlySet<string>) {
    this.#sites = sites
  }

  of(point: Point): string {
    const last = this.#number(this.#rule(point.defaultDeny, isDefaultAudited(point)))
    return [...point.tiers.map((tier) => this.#tier(tier)), last].join()
  }

  #number(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size
    this.#numbers.set(text, number)
    return number
  }

  #tier(tier: Tier): number {
    const known = this.#tiers.get(tier)
    if (known !== undefined) return known
    const rules = rulesOfTier(tier)
    const shapes = rules.map((rule) => this.#rule(rule, isAuditable(tier) && isAudited(tier, rule)))
    const isOrdered = new Set(rules.map(({ action }) => action)).size > 1
    const made = this.#number(JSON.stringify([tier.name, isOrdered ? shapes : shapes.toSorted()]))
    this.#tiers.set(tier, made)
    return made
  }

  #rule({ id, action, match }: Rule, audited: boolean): string {
    const { source, destination, ...rest } = match
    const name = id.split(/([/-])/).map((word) => (this.#sites.has(word) ? '*' : word))
    return JSON.stringify([audited, name.join(''), action, rest, Boolean(source), Boolean(destination)])
  }
}
