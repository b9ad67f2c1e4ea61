/** What elements can bear, and how often they are there. */
import type { Rate, SourceRange } from '../file/index.ts'
import type { Link, Network, Node, NodeKind, Site } from './network.ts'
import { nodeById, siteByName } from './select.ts'

/** What is said of the elements of a site. */
export interface Ratings<T> {
  /** By the words of the network file: `access-routers`, `links`, `site`. */
  readonly kinds: Readonly<Record<string, T>>
  /** By id of a node or link, or name of the site. */
  readonly elements: Readonly<Record<string, T>>
}

/** What is asked of an endpoint in each site of its service, when it is busiest. */
export interface Demand {
  readonly role: string
  readonly endpoint: string
  /** Bits a second that users send, and that they are sent. */
  readonly in: number
  readonly out: number
  /** Bytes of a packet, on average. */
  readonly packetSize: number
  readonly at: SourceRange
}

/** What is promised of a service. */
export interface Target {
  /** A share of the time, from 0 to 1. */
  readonly availability: number
  readonly at: SourceRange
}

export type Rated = Node | Link | Site

/** By kind, as the network file calls it. */
const words: Readonly<Record<Exclude<NodeKind, 'internet' | 'vm'> | Link['kind'], string>> = {
  isp: 'isps',
  'access-router': 'access-routers',
  balancer: 'balancers',
  'distribution-router': 'distribution-routers',
  'name-server': 'name-servers',
  'fabric-controller': 'fabric-controllers',
  'jump-box': 'jump-boxes',
  storage: 'storage-nodes',
  'activation-server': 'activation-servers',
  host: 'hosts',
  peering: 'peerings',
  inside: 'links',
  'wide-area': 'wide-area',
  'vm-port': 'vm-ports',
}

/**
 * Shares of the time that elements are there of which the file says nothing: a provider as its contract has it, routers that fail once in
 * five years and are repaired in four hours, servers that fail once in two.
 */
export const standardAvailability: Readonly<Record<string, number>> = {
  isps: 0.999,
  'access-routers': 0.9999,
  balancers: 0.9999,
  'distribution-routers': 0.9999,
  'name-servers': 0.9998,
  'fabric-controllers': 0.9998,
  'jump-boxes': 0.9998,
  'storage-nodes': 0.9998,
  'activation-servers': 0.9998,
  hosts: 0.9998,
  peerings: 0.9999,
  links: 0.99999,
  'wide-area': 0.999,
  site: 0.9999,
}

/** What an element carries at most; `undefined` if the file says nothing of it. */
export const capacityOf = (network: Network, element: Rated): Rate | undefined =>
  declared(network, element, ({ capacity }) => capacity)

/** The share of the time that an element is there, and whether the file says so. VMs, their ports and the Internet never fail by themselves. */
export function availabilityOf(
  network: Network,
  element: Rated,
): { readonly value: number; readonly isDeclared: boolean } {
  const value = declared(network, element, ({ availability }) => availability)
  return value === undefined
    ? { value: standardAvailability[wordOf(element)] ?? 1, isDeclared: false }
    : { value, isDeclared: true }
}

/** The kind of an element in the words of the network file. */
export const wordOf = (element: Rated): string =>
  'kind' in element ? ((words as Readonly<Record<string, string>>)[element.kind] ?? element.kind) : 'site'

/** What a site says of the element by itself, or else of its kind. A link between sites is as the site of its first end has it. */
function declared<T>(network: Network, element: Rated, ratings: (site: Site) => Ratings<T>): T | undefined {
  const sites = sitesOf(network, element)
  const id = 'id' in element ? element.id : element.name
  const own = sites.find((site) => ratings(site).elements[id] !== undefined)
  const [first] = sites
  return own ? ratings(own).elements[id] : first && ratings(first).kinds[wordOf(element)]
}

function sitesOf(network: Network, element: Rated): readonly Site[] {
  if ('template' in element) return [element]
  const names =
    'ends' in element ? element.ends.map(({ node }) => nodeById(network, node)?.site) : [element.site]
  return names.flatMap((name) => (name === undefined ? [] : (siteByName(network, name) ?? [])))
}
