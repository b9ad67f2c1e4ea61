/** Changes of the model: endpoints of roles, who may use them, clients of the infrastructure. Rules follow from it, as they do from the file. */
import {
  type AccessRule,
  type Deployment,
  type Endpoint,
  hostServices,
  type InfrastructureService,
  type Network,
  type Node,
  type Role,
  type Service,
  type Site,
} from '../../model/index.ts'
import {
  formatProtocol,
  Ip,
  ipEquals,
  type PortRange,
  type Prefix,
  Protocol,
  prefixContains,
} from '../../net/index.ts'
import type { Edit } from './edit.ts'
import type { RoleOf, Subject } from './subject.ts'

const roleText = ({ service, role }: RoleOf): string => `role ${role.name} of ${service.name}`

/** Opens what is asked about at the machines of a role: to its own service, or to all by a VIP. */
export function openEndpoint(subject: Subject, of: RoleOf): Edit {
  const { service, role } = of
  const exposure = isOwnService(subject, service) ? 'internal' : 'public'
  const { protocol, port, lastPort } = portsOf(subject, exposure)
  const endpoint: Endpoint = {
    name: 'change',
    at: role.at,
    exposure,
    protocol,
    application: 'echo',
    publicPort: port,
    port,
    ...(lastPort !== undefined && { lastPort }),
  }
  const words =
    protocol === 'any' ? 'everything' : `${protocol} ${port}${lastPort === undefined ? '' : `-${lastPort}`}`
  return {
    key: `endpoint ${service.name}/${role.name}`,
    kind: 'own',
    text: `give ${roleText(of)} ${exposure === 'public' ? 'a public' : 'an internal'} endpoint for ${words}`,
    at: role.at,
    network: (network) =>
      withRole(
        network,
        of,
        (old) => ({ ...old, endpoints: [...old.endpoints, endpoint] }),
        exposure === 'public',
      ),
  }
}

/** Takes an endpoint away, as narrowing it for those who are asked about would do. */
export const closeEndpoint = (of: RoleOf, { name, exposure, at }: Endpoint): Edit => ({
  key: `no endpoint ${of.service.name}/${of.role.name}/${name}`,
  kind: 'own',
  text: `remove endpoint ${name} of ${roleText(of)}, or narrow it ${exposure === 'internal' ? "by 'from'" : 'by an access list'}`,
  at,
  network: (network) =>
    withRole(network, of, (old) => ({
      ...old,
      endpoints: old.endpoints.filter((each) => each.name !== name),
    })),
})

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
  subject: Subject,
  service: InfrastructureService,
  template: string,
  does: 'add' | 'remove',
): Edit | undefined {
  const access = subject.network.sites.find((site) => site.template === template)?.infrastructure[service]
  const who = subject.senders.filter(({ kind }) => !routers.has(kind))
  if (!access || access.category === 1 || who.length === 0) return undefined
  const addresses = who.flatMap((node) => node.addresses)
  const [kinds, ids] = [new Set(who.map(({ kind }) => kind)), new Set(who.map(({ id }) => id))]
  const changed = (old: typeof access): typeof access =>
    does === 'add'
      ? { ...old, addresses: [...old.addresses, ...addresses] }
      : {
          ...old,
          clients: old.clients.filter((kind) => !kinds.has(kind)),
          nodes: old.nodes.filter((id) => !ids.has(id)),
          addresses: old.addresses.filter((one) => !addresses.some((other) => ipEquals(one, other))),
        }
  return {
    key: `${does} clients ${template} ${service}`,
    kind: 'own',
    text:
      does === 'add'
        ? `name them among the clients of '${service}'`
        : `take them out of the clients of '${service}'`,
    at: access.at,
    network: (network) =>
      withSites(network, (site) => {
        const old = site.infrastructure[service]
        if (site.template !== template || !old) return site
        return { ...site, infrastructure: { ...site.infrastructure, [service]: changed(old) } }
      }),
  }
}

const routers = new Set<Node['kind']>(['access-router', 'balancer', 'distribution-router'])

/** Whether only VMs of the service ask, by the addresses of its machines: then it needs no VIP. */
const isOwnService = ({ senders, targets, classes, network }: Subject, { name }: Service): boolean =>
  senders.length > 0 &&
  targets.length > 0 &&
  senders.every(({ vm }) => vm?.service === name) &&
  classes.every(({ from }) =>
    from.every((one) => network.internal.some((inside) => prefixContains(inside, Ip(one.family, one.value)))),
  )

function portsOf(
  { classes }: Subject,
  exposure: 'internal' | 'public',
): { readonly protocol: Endpoint['protocol']; readonly port: number; readonly lastPort: number | undefined } {
  const [first] = classes
  const range: PortRange | undefined = first?.ports?.[0]
  const protocol =
    first?.protocol === undefined ? undefined : formatProtocol(first.protocol) === 'udp' ? 'udp' : 'tcp'
  const none = first?.protocol !== undefined && ![Protocol.tcp, Protocol.udp].includes(first.protocol as 6)
  if (exposure === 'internal') {
    if (!range) return { protocol: 'any' as const, port: 0, lastPort: undefined }
    const lastPort = range.last > range.first ? range.last : undefined
    return { protocol: protocol ?? ('tcp-udp' as const), port: range.first, lastPort }
  }
  return {
    protocol: none || !protocol ? ('tcp' as const) : protocol,
    port: range?.first ?? 443,
    lastPort: undefined,
  }
}

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

function withRole(
  network: Network,
  { service, role }: RoleOf,
  change: (old: Role) => Role,
  visible = false,
): Network {
  return {
    ...network,
    services: network.services.map((each) => {
      if (each.name !== service.name) return each
      const roles = each.roles.map((old) => (old.name === role.name ? change(old) : old))
      const deployments = visible ? each.deployments.map((old) => withVips(network, old)) : each.deployments
      return { ...each, roles, deployments }
    }),
  }
}

/** A service whose first public endpoint it is gets addresses of the site's pool. */
function withVips(network: Network, deployment: Deployment): Deployment {
  const site = network.sites.find(({ name }) => name === deployment.site)
  if (deployment.vips.length > 0 || !site) return deployment
  const taken = [
    ...network.services.flatMap(({ deployments }) => deployments.flatMap(({ vips }) => vips)),
    ...network.sites.flatMap(({ dnsVips }) => dnsVips),
    ...network.nodes.flatMap(({ publicAddresses }) => publicAddresses),
    ...hostServices.flatMap(({ addresses }) => addresses),
  ]
  const vips = ([4, 6] as const).flatMap((family) => {
    const pool = site.public.vips.find((one) => one.family === family)
    const free = pool && firstFree(pool, taken)
    return free ? [free] : []
  })
  return { ...deployment, vips }
}

function firstFree(pool: Prefix, taken: readonly Ip[]): Ip | undefined {
  for (let value = pool.value + 1n; ; value++) {
    const address = Ip(pool.family, value)
    if (!prefixContains(pool, address)) return undefined
    if (!taken.some((other) => ipEquals(other, address))) return address
  }
}

const withSites = (network: Network, change: (site: Site) => Site): Network => ({
  ...network,
  sites: network.sites.map(change),
})
