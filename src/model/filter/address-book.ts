/**
 * What names mean in rules: kinds of machines, parts of the network, and the groups and tags of the network file. Kinds of machines are
 * those of the site where a rule applies; `SITE/NAME` means another site's. The rest is the same everywhere.
 */
import { hostPrefix, type Prefix, parsePrefix, prefix, subtractPrefixes } from '../../net/index.ts'
import { hostServices } from '../host-services.ts'
import type { Node, NodeKind, Site } from '../network.ts'
import { type RelativeMachines, type RuleEnds, relativeMachines } from './filter-rule.ts'

/** The network as far as names need it: addresses are assigned, rules are not there yet. */
export interface NamedNetwork {
  readonly internal: readonly Prefix[]
  readonly bogons: readonly Prefix[]
  readonly sites: readonly Pick<Site, 'name' | 'pools' | 'public'>[]
  readonly nodes: readonly Node[]
  /** Every public prefix of the network's own: VIPs, access routers, links to providers. */
  readonly ownPublic: readonly Prefix[]
  /** Members as written: prefixes, addresses, other names. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly tags: Readonly<Record<string, readonly string[]>>
}

export interface AddressBook {
  /** Every name that may be written here, for suggestions. */
  readonly names: readonly string[]
  /** Of the network file. */
  readonly groups: readonly string[]
  /** Service tags that have a meaning. */
  readonly tags: readonly string[]
  /** `service/role` of all that have VMs. */
  readonly roles: ReadonlySet<string>
  /** The tag as it is written in {@link tags}. */
  tagNamed(name: string): string | undefined
  /** `undefined`: nothing has this name. A group that contains itself has no addresses by that way. */
  lookup(name: string): RuleEnds | undefined
}

const kinds: Readonly<Record<string, NodeKind>> = {
  'name-servers': 'name-server',
  'fabric-controllers': 'fabric-controller',
  'jump-boxes': 'jump-box',
  'activation-servers': 'activation-server',
  storage: 'storage',
  balancers: 'balancer',
}

/** Pools of the site: the addresses that its machines have or may get. */
const pools = { hosts: 'hosts', vms: 'vms', infrastructure: 'infrastructure' } as const

export const everything: readonly Prefix[] = [prefix('0.0.0.0/0'), prefix('::/0')]

/** Names that are the same at every site. */
const everywhere: Readonly<Record<string, (network: NamedNetwork) => readonly Prefix[]>> = {
  any: () => everything,
  routers: ({ sites }) => sites.flatMap((site) => [...site.pools.routers, ...site.public.routers]),
  vips: ({ sites }) => sites.flatMap((site) => site.public.vips),
  internal: ({ internal }) => internal,
  bogons: ({ bogons }) => bogons,
  internet: ({ internal, bogons, ownPublic }) => outside(internal, bogons, ownPublic),
  'wire-server': () => addressesOfService('wire-server'),
  'metadata-server': () => addressesOfService('metadata-server'),
}

/** Meanings of Azure's service tags where the network file gives none; machines are those of a site. */
const tagDefaults: Readonly<Record<string, (network: NamedNetwork, site: string) => readonly Prefix[]>> = {
  VirtualNetwork: ({ sites }) => [
    ...sites.flatMap((site) => site.pools.vms),
    ...addressesOfService('wire-server'),
  ],
  Internet: ({ internal, bogons }) => outside(internal, bogons, []),
  // Not the addresses with which VMs come by a VIP: those are of the Internet here as in Azure.
  AzureLoadBalancer: ({ nodes }) => [
    ...addressesOfService('wire-server'),
    ...nodes.filter(({ kind }) => kind === 'balancer').flatMap(({ addresses }) => addresses.map(hostPrefix)),
  ],
  AzurePlatformDNS: (network, site) => machinesOf(network, site, 'name-servers') ?? [],
  AzurePlatformIMDS: () => addressesOfService('metadata-server'),
  AzurePlatformLKM: (network, site) => machinesOf(network, site, 'activation-servers') ?? [],
}

/** With which VMs of a site go to the Internet, and come by a VIP of their own site: addresses of its balancers. */
const egress = 'egress'

/** Names that a group may not have. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...relativeMachines,
  egress,
  ...Object.keys(kinds),
  ...Object.keys(pools),
  ...Object.keys(everywhere),
])

export const defaultTags: readonly string[] = Object.keys(tagDefaults)

/** @param site whose machines are meant by names without a site */
export function AddressBook(network: NamedNetwork, site: string): AddressBook {
  const { groups, tags } = network
  const allTags = [...new Set([...Object.keys(tags), ...defaultTags])]
  const roles = machinesOfRoles(network)
  const known = new Map<string, RuleEnds | undefined>()
  const open = new Set<string>()

  function lookup(name: string): RuleEnds | undefined {
    if (known.has(name)) return known.get(name)
    if (open.has(name)) return nowhere
    open.add(name)
    const ends = find(name)
    open.delete(name)
    known.set(name, ends)
    return ends
  }

  function find(name: string): RuleEnds | undefined {
    const literal = parsePrefix(name)
    if (literal) return fixed([literal])
    const [first = '', second] = name.split('/', 2)
    if (second !== undefined) {
      const other = network.sites.some((candidate) => candidate.name === first)
      const here = other ? machinesOf(network, first, second) : undefined
      return here ? fixed(here) : roles.get(name)
    }
    const relative = relativeMachines.find((candidate) => candidate === name)
    if (relative) return { prefixes: [], relative: [relative] }
    const machines = machinesOf(network, site, name)
    if (machines) return fixed(machines)
    if (Object.hasOwn(everywhere, name)) return fixed(everywhere[name]?.(network) ?? [])
    if (Object.hasOwn(groups, name)) return membersOf(groups[name] ?? [])
    const tag = tagNamed(name, allTags)
    if (tag === undefined) return undefined
    if (Object.hasOwn(tags, tag)) return membersOf(tags[tag] ?? [])
    return fixed(tagDefaults[tag]?.(network, site) ?? [])
  }

  const membersOf = (members: readonly string[]): RuleEnds =>
    joined(Array.from(new Set(members), (member) => lookup(member) ?? nowhere))

  return {
    names: [...reservedNames, ...Object.keys(groups), ...allTags],
    groups: Object.keys(groups),
    tags: allTags,
    roles: new Set(roles.keys()),
    tagNamed: (name) => tagNamed(name, allTags),
    lookup,
  }
}

/** Azure's names of tags are not case-sensitive. */
export const tagNamed = (name: string, tags: readonly string[]): string | undefined =>
  tags.find((tag) => tag === name) ?? tags.find((tag) => tag.toLowerCase() === name.toLowerCase())

export function joined(parts: readonly RuleEnds[]): RuleEnds {
  const relative = new Set<RelativeMachines>(parts.flatMap((part) => part.relative))
  return Object.freeze({
    prefixes: Object.freeze(withoutTwins(parts.flatMap(({ prefixes }) => prefixes))),
    relative: Object.freeze([...relative]),
  })
}

/** Groups of groups of the same prefixes must not grow without bound. */
const withoutTwins = (prefixes: readonly Prefix[]): readonly Prefix[] => [
  ...new Map(prefixes.map((p) => [`${p.family} ${p.value} ${p.length}`, p])).values(),
]

const nowhere: RuleEnds = Object.freeze({ prefixes: [], relative: [] })

const fixed = (prefixes: readonly Prefix[]): RuleEnds => Object.freeze({ prefixes, relative: [] })

const rolesOfNetwork = new WeakMap<NamedNetwork, ReadonlyMap<string, RuleEnds>>()

/** The VMs of each role, of all sites, by `service/role`. */
function machinesOfRoles(network: NamedNetwork): ReadonlyMap<string, RuleEnds> {
  const known = rolesOfNetwork.get(network)
  if (known) return known
  const addresses = new Map<string, Prefix[]>()
  for (const { vm, addresses: own } of network.nodes) {
    if (!vm) continue
    const role = `${vm.service}/${vm.role}`
    const list = addresses.get(role) ?? []
    for (const address of own) list.push(hostPrefix(address))
    addresses.set(role, list)
  }
  const made = new Map(Array.from(addresses, ([role, prefixes]) => [role, fixed(prefixes)]))
  rolesOfNetwork.set(network, made)
  return made
}

/** Machines of a site by the name of their kind; `undefined` if no kind is called so. */
function machinesOf(network: NamedNetwork, site: string, name: string): readonly Prefix[] | undefined {
  if (Object.hasOwn(kinds, name)) {
    const kind = kinds[name]
    return network.nodes
      .filter((node) => node.kind === kind && node.site === site)
      .flatMap(({ addresses }) => addresses.map(hostPrefix))
  }
  if (name === egress)
    return network.nodes
      .filter((node) => node.kind === 'balancer' && node.site === site)
      .flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix))
  if (!Object.hasOwn(pools, name)) return undefined
  return (
    network.sites.find((candidate) => candidate.name === site)?.pools[pools[name as keyof typeof pools]] ?? []
  )
}

const outside = (...minus: readonly (readonly Prefix[])[]): readonly Prefix[] =>
  subtractPrefixes(everything, minus.flat())

const addressesOfService = (name: string): readonly Prefix[] =>
  hostServices
    .filter((service) => service.name === name)
    .flatMap(({ addresses }) => addresses.map(hostPrefix))
