/** Sites of one template have the same architecture (R8): the same points and routers, with the same rules and routes but for addresses. */
import { type Network, nodesOfKind, type Site } from '../../model/index.ts'
import { type Point, rulesOf } from '../../policy/index.ts'
import type { PlanInvariant, Remark } from './invariant.ts'
import type { Proof } from './proof.ts'
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
    return proof.network.sites.flatMap((site) => {
      const model = first.get(site.template)
      if (model) return differences(proof, model, site)
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

function differences(proof: Proof, a: Site, b: Site): readonly Remark[] {
  const { network, policy } = proof
  const sites = new Set(network.sites.map(({ name }) => name))
  return [
    ...machineDifferences(network, a, b),
    ...ruleDifferences(policy.points, sites, a, b),
    ...routeDifferences(proof, a, b),
  ]
}

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

function ruleDifferences(
  points: readonly Point[],
  sites: ReadonlySet<string>,
  a: Site,
  b: Site,
): readonly Remark[] {
  const shapes = new Map<string, string>()
  for (const point of points)
    if (templated.has(point.kind) && point.id.startsWith(`${a.name}/`))
      shapes.set(point.id.slice(a.name.length), shapeOf(point, sites))
  const seen = new Set<string>()
  const found: Remark[] = []
  for (const point of points) {
    if (!templated.has(point.kind) || !point.id.startsWith(`${b.name}/`)) continue
    const name = point.id.slice(b.name.length)
    seen.add(name)
    const other = shapes.get(name)
    // Wide-area interfaces are named after the other end.
    if (other === undefined) continue
    if (other !== shapeOf(point, sites))
      found.push({
        at: point.id,
        text: `${point.id} has other rules than ${a.name}${name}: they are of one template`,
      })
  }
  return found
}

/**
 * The rules of a point without addresses, and without the names of sites. Where all rules of a tier do the same their order says nothing: sites name
 * themselves and each other in different places.
 */
function shapeOf(point: Point, sites: ReadonlySet<string>): string {
  const tiers = new Map<string, { readonly actions: Set<string>; readonly shapes: string[] }>()
  for (const { tier, audited, rule } of rulesOf(point)) {
    const { source, destination, ...rest } = rule.match
    const id = rule.id.split(/([/-])/).map((word) => (sites.has(word) ? '*' : word))
    const entry = tiers.get(tier) ?? { actions: new Set(), shapes: [] }
    tiers.set(tier, entry)
    entry.actions.add(rule.action)
    entry.shapes.push(
      JSON.stringify([audited, id.join(''), rule.action, rest, Boolean(source), Boolean(destination)]),
    )
  }
  return JSON.stringify(
    Array.from(tiers, ([tier, { actions, shapes }]) => [tier, actions.size > 1 ? shapes : shapes.toSorted()]),
  )
}
