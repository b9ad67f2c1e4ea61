/** Checks exceptions: what they are of, and where, has to be there. */
import { globSource, suggestion } from '../../file/index.ts'
import type { Exception, Expectation } from '../expectation.ts'
import { failuresId, invariantIds } from '../invariant-ids.ts'
import type { Network, Node } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'
import { neighboursOf, vmsOfHost } from '../select.ts'

/** Reports exceptions of nothing that is proven. */
export function checkExceptions(
  exceptions: readonly Exception[],
  expectations: readonly Expectation[],
  network: Network,
  { log, valueAt }: Resolution,
): void {
  const ids = [...invariantIds, failuresId, ...expectations.map(({ id }) => id)]
  exceptions.forEach(({ of, from, to, place }, index) => {
    if (of === failuresId && (from ?? to))
      log.report(
        'GL2083',
        valueAt('exceptions', index, from ? 'from' : 'to'),
        `an element fails for everybody: '${from ? 'from' : 'to'}' narrows no exception of '${failuresId}'`,
        { hint: "leave it out, and name the element by 'at'" },
      )
    if (!ids.includes(of))
      log.report(
        'GL2083',
        valueAt('exceptions', index, 'of'),
        `no invariant or expectation is called '${of}'`,
        {
          hint: suggestion(of, ids, 'ids are'),
        },
      )
    if (place !== undefined && !isPlace(network, place)) {
      const { nodes, sites } = network
      const names = [...sites.map(({ name }) => name), ...nodes.map(({ id }) => id), ...belowHosts(network)]
      log.report('GL2084', valueAt('exceptions', index, 'at'), `there is no place '${place}'`, {
        hint: suggestion(place, names, 'places are'),
      })
    }
  })
}

/** Whether a site, node, link or interface is called so, or matches; or a point may be: one below a node that there is. */
function isPlace(network: Network, place: string): boolean {
  const { nodes, sites, links } = network
  const own = new RegExp(`^${globSource(place)}([/ ].*)?$`)
  const isNamed = (names: Iterable<string>): boolean => [...names].some((name) => own.test(name))
  if (isNamed([...sites.map(({ name }) => name), ...nodes.map(({ id }) => id), ...links.map(({ id }) => id)]))
    return true
  const [, node, mark, below = ''] = /^([^/ ]+(?:\/[^/ ]+)?)([/ ])(.+)$/.exec(place) ?? []
  if (node === undefined) return false
  const at = new RegExp(`^${globSource(node)}$`)
  const above = nodes.filter(({ id }) => at.test(id))
  if (mark === ' ')
    return isNamed(
      above.flatMap(({ id }) => neighboursOf(network, id).map(({ near }) => `${id} ${near.interface}`)),
    )
  const first = below.split('/')[0] as string
  return first === 'vm' ? isBelow(vmPlaces(network, above), place) : above.length > 0
}

/** Names of what filters at hosts stand before. */
const belowHosts = (network: Network): readonly string[] => vmPlaces(network, network.nodes)

const vmPlaces = (network: Network, nodes: readonly Node[]): readonly string[] =>
  nodes
    .filter(({ kind }) => kind === 'host')
    .flatMap(({ id }) => vmsOfHost(network, id).map((vm) => `${id}/vm/${vm.id.split('/').at(-1)}`))

/** Whether a place is one of these, or lies below one. */
const isBelow = (names: readonly string[], place: string): boolean => {
  const own = new RegExp(`^${globSource(place.split('/').slice(0, 4).join('/'))}$`)
  return names.some((name) => own.test(name))
}
