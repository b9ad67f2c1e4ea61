/** What is otherwise in a network than it was, found part by part, whatever lines it stands on. */

import { between } from '../between.ts'
import { keepEndpoints } from '../endpoints.ts'
import { guestKey, serviceOfGuestKey } from '../filter/index.ts'
import { keepInfrastructureClients } from '../infrastructure.ts'
import type { Link, Network, Node, Service, Site } from '../network.ts'
import { areKnownAlike } from '../resolve/known-service.ts'
import { indexNetworkAfter, nodeById, vmsOfServices } from '../select.ts'
import { areSame, isSameLink, isSameNode } from './same-parts.ts'
import type { Sameness } from './sameness.ts'

export interface NetworkChanges {
  /** The later network, with the nodes, links, services and sites of the earlier one where they say the same: where these were written is then that of the earlier one. */
  readonly network: Network
  /** VMs that are new, gone, or otherwise: as they were and as they are. */
  readonly machines: readonly Node[]
  /** Names of services that are new, gone, or otherwise. */
  readonly services: ReadonlySet<string>
  /** Keys of roles whose guest firewall is otherwise, by {@link guestKey}, in any site. */
  readonly guests: ReadonlySet<string>
  /** Names of sites whose lists at the access routers are otherwise. */
  readonly edges: ReadonlySet<string>
}

const nothing: Omit<NetworkChanges, 'network'> = {
  machines: [],
  services: new Set(),
  guests: new Set(),
  edges: new Set(),
}

/**
 * Of two networks with the same sites and infrastructure.
 * @param sameness of the later network and the earlier one
 * @returns `undefined`: more is otherwise than VMs, services, guest firewalls and lists at the edge
 */
export function networkChanges(was: Network, is: Network, sameness: Sameness): NetworkChanges | undefined {
  if (was === is) return { network: is, ...nothing }
  if (!sameness.same(frameOf(is), frameOf(was))) return undefined
  const { nodes, changed: machines } = knownNodes(was, is)
  if (machines.some(({ kind }) => kind !== 'vm')) return undefined
  const cables = knownLinks(was.links, is.links, machines)
  if (!cables) return undefined
  const { all, changed: services } = knownServices(was.services, is.services, sameness)
  const pairs = is.sites.map((site, index) => [was.sites[index] as Site, site] as const)
  const guests = pairs.map(([before, site]) => changedGuests(before, site, sameness))
  const isEdgeKept = pairs.map(([before, site]) => sameness.same(edgeOf(site), edgeOf(before)))
  const sites = pairs.map(([before, site], index) =>
    isEdgeKept[index] && guests[index]?.length === 0 ? before : withFilters(before, site),
  )
  const network = { ...is, nodes, links: cables.links, services: all, sites }
  indexNetworkAfter(network, was, { vms: machines, links: cables.added, services })
  keepEndpoints(network, was, new Set([...services, ...machines.flatMap(({ vm }) => vm?.service ?? [])]))
  keepInfrastructureClients(network, was, new Set(machines.map(({ id }) => id)))
  return {
    network,
    machines,
    services,
    guests: new Set(guests.flat()),
    edges: new Set(pairs.flatMap(([, { name }], index) => (isEdgeKept[index] ? [] : [name]))),
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

/** A site with those filters of a later one that may be otherwise while its frame is not. */
const withFilters = (before: Site, { filters: { guests, platformAcl, operatorAcl } }: Site): Site => ({
  ...before,
  filters: { ...before.filters, guests, platformAcl, operatorAcl },
})

const edgeOf = ({ filters: { platformAcl, operatorAcl } }: Site): object => ({ platformAcl, operatorAcl })

/** The later nodes, the known ones in the place of those that say the same; and those that do not, as they were and as they are. */
function knownNodes(
  was: Network,
  is: Network,
): { readonly nodes: readonly Node[]; readonly changed: readonly Node[] } {
  const [before, after, first] = between(was.nodes, is.nodes, isSameObject)
  if (before.length === 0 && after.length === 0) return { nodes: was.nodes, changed: [] }
  const nodes: Node[] = []
  const changed: Node[] = []
  let kept = 0
  // Nearly all stand where they stood but for a few that came or went before them.
  let next = 0
  for (const node of after) {
    const expected = before[next]
    const other = expected?.id === node.id ? expected : nodeById(was, node.id)
    const isKnown = other !== undefined && isSameNode(node, other)
    nodes.push(isKnown ? other : node)
    if (!isKnown) changed.push(...(other ? [other] : []), node)
    if (!other) continue
    kept++
    while (next < before.length && before[next] !== other) next++
    next++
  }
  if (kept < before.length) {
    const ids = new Set(after.map(({ id }) => id))
    for (const node of before) if (!ids.has(node.id)) changed.push(node)
  }
  return { nodes: areSameObjects(nodes, after) ? is.nodes : amid(was.nodes, first, before, nodes), changed }
}

/**
 * The later links, the known ones in the place of those that say the same; and those that were not known.
 * @returns `undefined`: one is otherwise that has no changed machine at an end
 */
function knownLinks(
  was: readonly Link[],
  is: readonly Link[],
  machines: readonly Node[],
): { readonly links: readonly Link[]; readonly added: readonly Link[] } | undefined {
  const [before, after, first] = between(was, is, isSameObject)
  if (before.length === 0 && after.length === 0) return { links: was, added: [] }
  const changed = new Set(machines.map(({ id }) => id))
  const isKept = ({ ends: [a, b] }: Link): boolean => !changed.has(a.node) && !changed.has(b.node)
  const links: Link[] = []
  const added: Link[] = []
  let next = 0
  for (const link of after) {
    let known = before[next]
    // The same cables are of the same machines: whether these are changed is no matter.
    if (!known || !isSameLink(link, known)) {
      if (!isKept(link)) {
        links.push(link)
        added.push(link)
        continue
      }
      while (known && !isKept(known)) known = before[++next]
      if (!known || !isSameLink(link, known)) return undefined
    }
    links.push(known)
    next++
  }
  if (before.slice(next).some(isKept)) return undefined
  if (areSameObjects(links, before)) return { links: was, added }
  return { links: areSameObjects(links, after) ? is : amid(was, first, before, links), added }
}

const isSameObject = (one: object, other: object): boolean => one === other

const areSameObjects = (some: readonly object[], others: readonly object[]): boolean =>
  areSame(some, others, isSameObject)

/** A list in which some stand in the place of others. @param first where those begin */
const amid = <T>(list: readonly T[], first: number, others: readonly T[], some: readonly T[]): readonly T[] =>
  list.slice(0, first).concat(some, list.slice(first + others.length))

/** The later services, the known ones in the place of those that say the same; and the names of those that do not, and of those that are gone. */
function knownServices(
  was: readonly Service[],
  is: readonly Service[],
  sameness: Sameness,
): { readonly all: readonly Service[]; readonly changed: ReadonlySet<string> } {
  const [before, after, first] = between(was, is, isSameObject)
  const left = new Map(before.map((service) => [service.name, service]))
  const changed = new Set<string>()
  const services = after.map((service) => {
    const other = left.get(service.name)
    left.delete(service.name)
    if (other && (areKnownAlike(service, other) || sameness.same(service, other))) return other
    changed.add(service.name)
    return service
  })
  return {
    all: areSameObjects(services, after) ? is : amid(was, first, before, services),
    changed: new Set([...changed, ...left.keys()]),
  }
}

function changedGuests({ filters: was }: Site, { filters: is }: Site, sameness: Sameness): readonly string[] {
  const keys = new Set([...Object.keys(was.guests), ...Object.keys(is.guests)])
  return [...keys].filter((key) => !sameness.same(is.guests[key], was.guests[key]))
}

/** VMs of services, and with guest firewalls, that are otherwise: in all sites. */
export const vmsOtherwise = (
  network: Network,
  { services, guests }: Pick<NetworkChanges, 'services' | 'guests'>,
): readonly Node[] =>
  services.size === 0 && guests.size === 0
    ? []
    : vmsOfServices(
        network,
        new Set([...services, ...Array.from(guests, serviceOfGuestKey)]),
        (service, role) => services.has(service) || guests.has(guestKey(service, role)),
      )

/** VMs of the services of some machines, in the sites of these. */
export function vmsBeside(network: Network, machines: Iterable<Node>): readonly Node[] {
  const services = new Map<string, Set<string>>()
  for (const { site, vm } of machines) {
    if (!vm || site === undefined) continue
    const sites = services.get(vm.service) ?? new Set()
    services.set(vm.service, sites.add(site))
  }
  return services.size === 0
    ? []
    : vmsOfServices(network, services.keys(), (service, _, site) => services.get(service)?.has(site) ?? false)
}
