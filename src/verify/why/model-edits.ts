/** Changes of who may use what is there: sources and access lists of endpoints, clients of the infrastructure. Rules follow from them, as from the file. */
import type {
  AccessRule,
  Endpoint,
  InfrastructureAccess,
  InfrastructureService,
  Network,
  Node,
  Site,
} from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import type { Edit } from './edit.ts'
import { roleText, withRole } from './endpoint-edits.ts'
import type { RoleOf, Subject } from './subject.ts'

/** Lets roles of the same service use an endpoint that is for some alone. */
export function widenSources(subject: Subject, of: RoleOf, { name, only, at }: Endpoint): Edit | undefined {
  if (!only) return undefined
  const asking = subject.senders.flatMap(({ vm }) => (vm?.service === of.service.name ? [vm.role] : []))
  const roles = [...new Set(asking)].filter((role) => !only.from.includes(role))
  if (roles.length === 0) return undefined
  return {
    key: `sources ${of.service.name}/${of.role.name}/${name}`,
    kind: 'own',
    text: `let ${roles.join(', ')} use endpoint ${name} of ${roleText(of)}`,
    at: only.at ?? at,
    network: (network) =>
      withEndpoint(network, of, name, (old) => ({
        ...old,
        only: { ...only, from: [...only.from, ...roles] },
      })),
  }
}

/** Lets those in who are asked about, before all else that the access list says. */
export function admit(subject: Subject, of: RoleOf, { name, acl }: Endpoint): Edit | undefined {
  if (!acl) return undefined
  const rule: AccessRule = {
    action: 'allow',
    sources: subject.classes.flatMap(({ from }) => from),
    at: acl.at,
  }
  return {
    key: `access list ${of.service.name}/${of.role.name}/${name}`,
    kind: 'own',
    text: `let them in by access list '${acl.name}' of endpoint ${name} of ${roleText(of)}`,
    at: acl.at,
    network: (network) =>
      withEndpoint(network, of, name, (old) => ({ ...old, acl: { ...acl, rules: [rule, ...acl.rules] } })),
  }
}

/** Makes those who are asked about clients of an infrastructure service, or takes them out of its clients. */
export function changeClients(
  { network: { sites }, senders }: Subject,
  service: InfrastructureService,
  template: string,
  does: 'add' | 'remove',
): Edit | undefined {
  const access = sites.find((site) => site.template === template)?.infrastructure[service]
  const who = senders.filter(({ kind }) => !strangers.has(kind))
  if (!access || access.category === 1 || who.length === 0) return undefined
  const change = does === 'add' ? added(access, who) : removed(access, who)
  return {
    key: `${does} clients ${template} ${service}`,
    kind: 'own',
    text: `${change.text} '${service}'${change.also ?? ''}`,
    at: access.at,
    network: (network) =>
      withSites(network, (site) => {
        const old = site.infrastructure[service]
        if (site.template !== template || !old) return site
        return { ...site, infrastructure: { ...site.infrastructure, [service]: change.of(old) } }
      }),
  }
}

interface ClientChange {
  readonly text: string
  readonly also?: string
  of(old: InfrastructureAccess): InfrastructureAccess
}

/** Who has no certificate of the platform can be a client in category 3 alone. */
function added({ category }: InfrastructureAccess, who: readonly Node[]): ClientChange {
  const isOpen = category === 2 && who.some(({ vm }) => vm)
  return {
    text: 'name them among the clients of',
    ...(isOpen && { also: ', and make it category 3: VMs have no certificate of the platform' }),
    of: (old) => ({
      ...old,
      ...(isOpen && { category: 3 }),
      addresses: [...old.addresses, ...who.flatMap(({ addresses }) => addresses)],
    }),
  }
}

/** A service has clients: who was the only one is replaced. */
function removed(access: InfrastructureAccess, who: readonly Node[]): ClientChange {
  const [kinds, ids] = [new Set(who.map(({ kind }) => kind)), new Set(who.map(({ id }) => id))]
  const of = (old: InfrastructureAccess): InfrastructureAccess => ({
    ...old,
    clients: old.clients.filter((kind) => !kinds.has(kind)),
    nodes: old.nodes.filter((id) => !ids.has(id)),
    addresses: old.addresses.filter(
      (one) => !who.some(({ addresses }) => addresses.some((other) => ipEquals(one, other))),
    ),
  })
  const left = of(access)
  const isLast = left.clients.length + left.nodes.length + left.addresses.length === 0
  return { text: isLast ? 'name others in their place as clients of' : 'take them out of the clients of', of }
}

/** No service of the infrastructure can have them as clients. */
const strangers = new Set<Node['kind']>([
  'internet',
  'isp',
  'access-router',
  'balancer',
  'distribution-router',
])

const withEndpoint = (
  network: Network,
  of: RoleOf,
  name: string,
  change: (old: Endpoint) => Endpoint,
): Network =>
  withRole(network, of, (role) => ({
    ...role,
    endpoints: role.endpoints.map((each) => (each.name === name ? change(each) : each)),
  }))

const withSites = (network: Network, change: (site: Site) => Site): Network => ({
  ...network,
  sites: network.sites.map(change),
})
