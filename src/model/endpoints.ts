/** What is reached at VIPs: every address, protocol and port, and the machines behind it. */
import type { SourceRange } from '../file/index.ts'
import { type Family, formatProtocol, type Ip, Protocol } from '../net/index.ts'
import { groupBy } from './group-by.ts'
import type { AccessList, Deployment, Endpoint, Network, Node, Role, Service, Site } from './network.ts'
import { nodesOfKind, siteByName, sitesOfServices, vmsOfRole } from './select.ts'

export interface VirtualEndpoint {
  readonly site: string
  readonly vip: Ip
  /** IP protocol number: TCP or UDP. */
  readonly protocol: number
  readonly port: number
  /** Of the VIP's family, in the order of the machines. */
  readonly backends: readonly VirtualBackend[]
  readonly application: Endpoint['application']
  readonly owner: EndpointOwner
  /** Which sources may use it; absent: all. */
  readonly acl?: AccessList
  /** The line that declares it. */
  readonly at: SourceRange
}

export interface VirtualBackend {
  readonly node: string
  readonly address: Ip
  readonly port: number
}

export type EndpointOwner =
  | { readonly kind: 'name-service' }
  | {
      readonly kind: 'service'
      readonly service: string
      readonly tenant: string
      readonly role: string
      readonly endpoint: string
      /** Of an endpoint of which each instance has its own port: which one. */
      readonly instance?: number
    }

/** Site by site; the name service first, then the services in file order. */
export function virtualEndpoints(network: Network): readonly VirtualEndpoint[] {
  const known = all.get(network)
  if (known) return known
  const made = network.sites.flatMap(({ name }) => virtualEndpointsOf(network, name))
  all.set(network, made)
  return made
}

/** Those of a site, in the order of {@link virtualEndpoints}. */
export function virtualEndpointsOf(network: Network, name: string): readonly VirtualEndpoint[] {
  const sites = bySite.get(network) ?? new Map<string, readonly VirtualEndpoint[]>()
  bySite.set(network, sites)
  const site = siteByName(network, name)
  const ofSite = (known: Site) => [
    ...nameService(network, known),
    ...network.services.flatMap((service) => endpointsOfService(network, known, service)),
  ]
  const made = sites.get(name) ?? (site ? ofSite(site) : [])
  sites.set(name, made)
  return made
}

/** Those of some services, in the sites where these stand. */
export function endpointsOfServices(
  network: Network,
  names: ReadonlySet<string>,
): readonly VirtualEndpoint[] {
  return [...sitesOfServices(network, names)].flatMap((site) => {
    const ofServices = byService(virtualEndpointsOf(network, site))
    return [...names].flatMap((name) => ofServices.get(name) ?? [])
  })
}

/** Those of a site that have an owner in common with some of them: machines are behind endpoints of one owner. */
export function endpointsBeside(
  network: Network,
  site: string,
  some: readonly VirtualEndpoint[],
): readonly VirtualEndpoint[] {
  const owners = new Set(some.map(ownerOf))
  const all = byService(virtualEndpointsOf(network, site))
  return [...owners].flatMap((owner) => all.get(owner) ?? [])
}

/** All, in the order of {@link virtualEndpoints}, but those of some services behind which there is a machine. */
export const endpointsBut = (
  network: Network,
  isLeft: (service: string) => boolean,
): readonly VirtualEndpoint[] =>
  network.sites.flatMap(({ name }) =>
    [...byService(virtualEndpointsOf(network, name))].flatMap(([service, endpoints]) =>
      service === ofNames || !isLeft(service)
        ? endpoints
        : endpoints.filter(({ backends }) => backends.length === 0),
    ),
  )

/** Key of the name service, which no service has. */
const ofNames = ''

/** Endpoints of a site by the name of their service, in their order. */
function byService(endpoints: readonly VirtualEndpoint[]): ReadonlyMap<string, readonly VirtualEndpoint[]> {
  const known = services.get(endpoints) ?? groupBy(endpoints, ownerOf)
  services.set(endpoints, known)
  return known
}

const ownerOf = ({ owner }: VirtualEndpoint): string => (owner.kind === 'service' ? owner.service : ofNames)

const services = new WeakMap<readonly VirtualEndpoint[], ReadonlyMap<string, readonly VirtualEndpoint[]>>()

/**
 * Makes the endpoints of a network known, from those of another that has the same sites and infrastructure.
 * @param changed names of services that are otherwise, or have VMs that are: the endpoints of all others are the same objects in both
 */
export function keepEndpoints(network: Network, base: Network, changed: ReadonlySet<string>): void {
  const sites = new Set([base, network].flatMap((each) => [...sitesOfServices(each, changed)]))
  bySite.set(
    network,
    new Map(
      network.sites.map((site) => {
        const known = virtualEndpointsOf(base, site.name)
        if (!sites.has(site.name)) return [site.name, known]
        const kept = byService(known)
        const ofServices = network.services.flatMap((service) =>
          changed.has(service.name)
            ? endpointsOfService(network, site, service)
            : (kept.get(service.name) ?? []),
        )
        return [site.name, [...(kept.get(ofNames) ?? []), ...ofServices]]
      }),
    ),
  )
}

const all = new WeakMap<Network, readonly VirtualEndpoint[]>()
const bySite = new WeakMap<Network, Map<string, readonly VirtualEndpoint[]>>()

function nameService(network: Network, site: Site): VirtualEndpoint[] {
  const servers = nodesOfKind(network, site.name, 'name-server')
  return site.dnsVips.flatMap((vip) =>
    [Protocol.udp, Protocol.tcp].map((protocol) => ({
      site: site.name,
      vip,
      protocol,
      port: site.ports.dns,
      backends: backendsOf(servers, vip.family, site.ports.dns),
      application: 'dns' as const,
      owner: { kind: 'name-service' as const },
      at: site.at,
    })),
  )
}

function endpointsOfService(network: Network, site: Site, service: Service): readonly VirtualEndpoint[] {
  const deployment = service.deployments.find((candidate) => candidate.site === site.name)
  if (!deployment) return []
  return service.roles.flatMap((role) => {
    const vms = vmsOfRole(network, site.name, service.name, role.name)
    return role.endpoints.flatMap((endpoint) => {
      const at = { service, deployment, role, endpoint }
      if (endpoint.exposure === 'internal') return []
      if (endpoint.exposure === 'public') return atVips(at, vms, {})
      return vms.flatMap((vm) => atVips(at, [vm], { instance: vm.vm?.instance ?? 0 }))
    })
  })
}

/** An endpoint at each VIP of its service; its port at the VIP is so many after the first as its instance is. */
function atVips(
  {
    service,
    deployment,
    role,
    endpoint,
  }: { service: Service; deployment: Deployment; role: Role; endpoint: Endpoint },
  vms: readonly Node[],
  { instance }: { readonly instance?: number },
): VirtualEndpoint[] {
  if (endpoint.protocol !== 'tcp' && endpoint.protocol !== 'udp') return []
  const protocol = Protocol[endpoint.protocol]
  return deployment.vips.map((vip) => ({
    site: deployment.site,
    vip,
    protocol,
    port: endpoint.publicPort + (instance ?? 0),
    backends: backendsOf(vms, vip.family, endpoint.port),
    application: endpoint.application,
    owner: {
      kind: 'service' as const,
      service: service.name,
      tenant: service.tenant,
      role: role.name,
      endpoint: endpoint.name,
      ...(instance !== undefined && { instance }),
    },
    ...(endpoint.acl && { acl: endpoint.acl }),
    at: endpoint.at,
  }))
}

/** `shop/web/https`, of an instance's own port `shop/web/debug/1`, of the name service `name-service/udp`. Unique in a site and family. */
export function endpointName({ owner, protocol }: Pick<VirtualEndpoint, 'owner' | 'protocol'>): string {
  if (owner.kind === 'name-service') return `name-service/${formatProtocol(protocol)}`
  const name = `${owner.service}/${owner.role}/${owner.endpoint}`
  return owner.instance === undefined ? name : `${name}/${owner.instance}`
}

const backendsOf = (nodes: readonly Node[], family: Family, port: number): readonly VirtualBackend[] =>
  nodes.flatMap((node) =>
    node.addresses
      .filter((address) => address.family === family)
      .map((address) => ({ node: node.id, address, port })),
  )
