/**
 * Names of those who send and are addressed in expectations: what rules know, of all sites or of one, and beside it machines, services,
 * tenants, and service names that mean VIPs.
 */
import { formatIp, hostPrefix, type Prefix } from '../../net/index.ts'
import { virtualEndpoints } from '../endpoints.ts'
import { AddressBook, joined, type NamedNetwork } from '../filter/address-book.ts'
import { type RuleEnds, relativeMachines } from '../filter/filter-rule.ts'
import type { Network, Node } from '../network.ts'

/** @param site whose machines are meant by names without a site; absent: those of all sites */
export function PartyBook(named: NamedNetwork, network: Network, site?: string): AddressBook {
  const books = named.sites
    .filter(({ name }) => site === undefined || name === site)
    .map(({ name }) => AddressBook(named, name))
  const [first] = books
  if (!first) throw new TypeError('name parties: there is no site')
  const parties = partiesOf(network, site)
  return {
    ...first,
    names: [
      ...first.names.filter((name) => !relativeMachines.some((one) => one === name)),
      ...first.roles,
      ...parties.keys(),
    ],
    lookup(name) {
      const party = parties.get(name)
      // The rules' book knows the VMs of a role at all sites.
      if (site !== undefined && first.roles.has(name)) return ends(party ?? [])
      const known = books.flatMap((book) => book.lookup(name) ?? [])
      return known.length > 0 ? joined(known) : party && ends(party)
    },
  }
}

const ends = (prefixes: readonly Prefix[]): RuleEnds => joined([{ prefixes, relative: [] }])

function partiesOf(network: Network, site: string | undefined): ReadonlyMap<string, readonly Prefix[]> {
  const parties = new Map<string, Prefix[]>()
  const add = (name: string, addresses: Node['addresses']): void => {
    const list = parties.get(name)
    if (list) list.push(...addresses.map(hostPrefix))
    else parties.set(name, addresses.map(hostPrefix))
  }
  const services = new Set(network.services.map(({ name }) => name))
  // Machines and VIPs that are named with their site are meant whichever site is asked about; of a service, those of the site.
  for (const node of network.nodes) {
    const { id, vm } = node
    if (id !== 'internet') add(id, node.addresses)
    if (!vm) continue
    const addresses = site === undefined || node.site === site ? node.addresses : []
    add(vm.service, addresses)
    if (site !== undefined) add(`${vm.service}/${vm.role}`, addresses)
    if (!services.has(vm.tenant)) add(vm.tenant, addresses)
  }
  for (const { deployments } of network.services)
    for (const { dnsName, vips } of deployments) add(dnsName, vips)
  return parties
}

/** A public endpoint by its name, that of one instance or of all: where it is reached. */
export interface EndpointParty {
  readonly protocol: number
  readonly port: number
  /** As rules write them. */
  readonly vips: readonly string[]
}

/** Endpoints by the names `service/role/endpoint` and, of one instance, `service/role/endpoint/0`. */
export function endpointParties(
  network: Network,
  site?: string,
): ReadonlyMap<string, readonly EndpointParty[]> {
  const found = new Map<string, Map<string, EndpointParty & { vips: string[] }>>()
  for (const { owner, site: at, vip, protocol, port } of virtualEndpoints(network)) {
    if (owner.kind !== 'service' || (site !== undefined && at !== site)) continue
    const name = `${owner.service}/${owner.role}/${owner.endpoint}`
    const names = owner.instance === undefined ? [name] : [name, `${name}/${owner.instance}`]
    for (const each of names) {
      const ports = found.get(each) ?? new Map()
      found.set(each, ports)
      const party = ports.get(`${protocol} ${port}`) ?? { protocol, port, vips: [] }
      ports.set(`${protocol} ${port}`, party)
      party.vips.push(formatIp(vip))
    }
  }
  return new Map(Array.from(found, ([name, ports]) => [name, [...ports.values()]]))
}
