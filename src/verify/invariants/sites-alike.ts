/** Sites of one template have the same architecture (R8): the same points and routers, with the same rules and routes but for addresses. */
import { type Network, nodesOfKind, type Site } from '../../model/index.ts'
import {
  isAuditable,
  isAudited,
  isDefaultAudited,
  type Point,
  type Rule,
  rulesOfTier,
  type Tier,
} from '../../policy/index.ts'
import type { PlanInvariant, Remark } from './invariant.ts'
import { insideKinds } from './proof.ts'
import { routeDifferences } from './route-shapes.ts'

export const sitesAlike: PlanInvariant = {
  kind: 'plan',
  id: 'sites-alike',
  rows: ['R8'],
  claim:
    'Sites of one template have the same machines of the infrastructure, with the same rules and routes but for their addresses.',
  breaches(proof) {
    const first = new Map<string, Site>()
    const shapes = new Shapes(new Set(proof.network.sites.map(({ name }) => name)))
    const points = proof.policy.points.filter(({ kind }) => templated.has(kind))
    return proof.network.sites.flatMap((site) => {
      const model = first.get(site.template)
      if (model)
        return [
          ...machineDifferences(proof.network, model, site),
          ...ruleDifferences(points, shapes, model, site),
          ...routeDifferences(proof, model, site),
        ]
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

function ruleDifferences(points: readonly Point[], shapes: Shapes, a: Site, b: Site): readonly Remark[] {
  const shapesOfA = new Map<string, string>()
  for (const point of points)
    if (point.id.startsWith(`${a.name}/`)) shapesOfA.set(point.id.slice(a.name.length), shapes.of(point))
  const found: Remark[] = []
  for (const point of points) {
    if (!point.id.startsWith(`${b.name}/`)) continue
    const name = point.id.slice(b.name.length)
    const other = shapesOfA.get(name)
    // Wide-area interfaces are named after the other end.
    if (other === undefined) continue
    if (other !== shapes.of(point))
      found.push({
        at: point.id,
        text: `${point.id} has other rules than ${a.name}${name}: they are of one template`,
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
  readonly #tiers = new WeakMap<Tier, string>()

  constructor(sites: ReadonlySet<string>) {
    this.#sites = sites
  }

  of(point: Point): string {
    const last = this.#rule(point.defaultDeny, isDefaultAudited(point))
    return [...point.tiers.map((tier) => this.#tier(tier)), last].join('\n')
  }

  #tier(tier: Tier): string {
    const known = this.#tiers.get(tier)
    if (known !== undefined) return known
    const rules = rulesOfTier(tier)
    const shapes = rules.map((rule) => this.#rule(rule, isAuditable(tier) && isAudited(tier, rule)))
    const isOrdered = new Set(rules.map(({ action }) => action)).size > 1
    const made = JSON.stringify([tier.name, isOrdered ? shapes : shapes.toSorted()])
    this.#tiers.set(tier, made)
    return made
  }

  #rule({ id, action, match }: Rule, audited: boolean): string {
    const { source, destination, ...rest } = match
    const name = id.split(/([/-])/).map((word) => (this.#sites.has(word) ? '*' : word))
    return JSON.stringify([audited, name.join(''), action, rest, Boolean(source), Boolean(destination)])
  }
}
