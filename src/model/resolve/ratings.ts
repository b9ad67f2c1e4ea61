/** Capacities, availabilities and demands of the network file: of which elements and endpoints they are. */
import {
  type AvailabilityFile,
  parseAvailability,
  parseRate,
  parseSpan,
  type Rate,
  suggestion,
} from '../../file/index.ts'
import type { Link, Node, Role, SiteFrame } from '../network.ts'
import type { Demand, Ratings, Target } from '../rating.ts'
import type { Resolution } from './resolution.ts'

export interface SiteRatings {
  readonly capacity: Ratings<Rate>
  readonly availability: Ratings<number>
}

export function siteRatings(
  { name, template }: Pick<SiteFrame, 'name' | 'template'>,
  nodes: readonly Node[],
  resolution: Resolution,
): SiteRatings {
  const { file } = resolution
  const bearing = elementIds(name, nodes, resolution.links.links)
  const failing = new Map([...bearing, ['site', name]])
  const of = <T, F>(key: 'capacity' | 'availability', read: (written: F) => T): Ratings<T> => {
    const kinds = (file.templates[template]?.[key] ?? {}) as Readonly<Record<string, F | undefined>>
    const ids = key === 'capacity' ? bearing : failing
    const elements = (file.sites[name]?.[key] ?? {}) as Readonly<Record<string, F>>
    return Object.freeze({
      kinds: Object.freeze(
        Object.fromEntries(
          Object.entries(kinds).flatMap(([kind, written]) =>
            written === undefined ? [] : [[kind, read(written)]],
          ),
        ),
      ),
      elements: Object.freeze(
        Object.fromEntries(
          Object.entries(elements).flatMap(([element, written]) => {
            const id = ids.get(element)
            if (id !== undefined) return [[id, read(written)]]
            reportUnknown(element, ['sites', name, key, element], ids.keys(), resolution)
            return []
          }),
        ),
      ),
    })
  }
  return {
    capacity: of('capacity', (text: string) => parseRate(text) as Rate),
    availability: of('availability', shareOf),
  }
}

function reportUnknown(
  element: string,
  path: readonly string[],
  known: Iterable<string>,
  { log, keyAt }: Resolution,
): void {
  log.report('GL2090', keyAt(...path), `the site has no machine or link '${element}'`, {
    hint: suggestion(element, [...known].slice(0, 5000), 'it has'),
  })
}

const shareOf = (written: AvailabilityFile): number => {
  if (typeof written === 'string') return parseAvailability(written) as number
  const [up, down] = [parseSpan(written.mtbf) as number, parseSpan(written.mttr) as number]
  return up / (up + down)
}

/** By the names that a site has for them: `ar1`, `ar1:lb1`. A link has a name at each of its ends. */
function elementIds(
  site: string,
  nodes: readonly Node[],
  links: readonly Link[],
): ReadonlyMap<string, string> {
  const own = new Map(
    nodes.flatMap((node) => (node.site === site && !node.vm ? [[node.id, node.name] as const] : [])),
  )
  const ofLinks = links.flatMap(({ id, kind, ends }) =>
    kind === 'vm-port'
      ? []
      : ends.flatMap(({ node, interface: name }) =>
          own.has(node) ? [[`${own.get(node)}:${name}`, id] as const] : [],
        ),
  )
  return new Map([...Array.from(own, ([id, name]) => [name, id] as const), ...ofLinks])
}

/** What is asked of the endpoints of a service, and what is promised of it. */
export function serviceRatings(
  name: string,
  roles: readonly Role[],
  resolution: Resolution,
): { readonly demands: readonly Demand[]; readonly target?: Target } {
  const { file, log, keyAt, valueAt, isIncomplete } = resolution
  const written = file.services[name]
  const known = roles.flatMap((role) => role.endpoints.map((endpoint) => `${role.name}/${endpoint.name}`))
  const demands = Object.entries(written?.demand ?? {}).flatMap(([of, demand]): Demand[] => {
    const at = keyAt('services', name, 'demand', of)
    const [role = '', endpoint = ''] = of.split('/')
    if (!known.includes(of)) {
      if (!isIncomplete('services', name))
        log.report('GL2091', at, `the service has no endpoint '${of}'`, {
          hint: suggestion(of, known, 'endpoints are'),
        })
      return []
    }
    const bits = (text: string): number => parseRate(text)?.bits as number
    return [
      Object.freeze({
        role,
        endpoint,
        in: bits(demand.in),
        out: bits(demand.out),
        packetSize: demand['packet-size'],
        at,
      }),
    ]
  })
  const target = written?.availability
  return {
    demands: Object.freeze(demands),
    ...(target !== undefined && {
      target: Object.freeze({
        availability: parseAvailability(target) as number,
        at: valueAt('services', name, 'availability'),
      }),
    }),
  }
}
