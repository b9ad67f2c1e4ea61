/** What is reached at VIPs: every address, protocol and port, and the machines behind it. */
import type { SourceRange } from '../file/index.ts'
import { type Family, type Ip, Protocol } from '../net/index.ts'
import type { Endpoint, Network, Node, Site } from './network.ts'
import { nodesOfKind, vmsOfRole } from './select.ts'

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
    }

/** Site by site; the name service first, then the services in file order. */
export const virtualEndpoints = (network: Network): readonly VirtualEndpoint[] =>
  network.sites.flatMap((site) => [...nameService(network, site), ...serviceEndpoints(network, site)])

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

function serviceEndpoints(network: Network, site: Site): VirtualEndpoint[] {
  return network.services.flatMap((service) => {
    const deployment = service.deployments.find((candidate) => candidate.site === site.name)
    if (!deployment) return []
    return service.roles.flatMap((role) => {
      const vms = vmsOfRole(network, site.name, service.name, role.name)
      const open = role.endpoints.filter(({ exposure }) => exposure === 'public')
      return open.flatMap((endpoint) =>
        deployment.vips.map((vip) => ({
          site: site.name,
          vip,
          protocol: Protocol[endpoint.protocol],
          port: endpoint.publicPort,
          backends: backendsOf(vms, vip.family, endpoint.port),
          application: endpoint.application,
          owner: {
            kind: 'service' as const,
            service: service.name,
            tenant: service.tenant,
            role: role.name,
            endpoint: endpoint.name,
          },
          at: endpoint.at,
        })),
      )
    })
  })
}

const backendsOf = (nodes: readonly Node[], family: Family, port: number): readonly VirtualBackend[] =>
  nodes.flatMap((node) =>
    node.addresses
      .filter((address) => address.family === family)
      .map((address) => ({ node: node.id, address, port })),
  )
