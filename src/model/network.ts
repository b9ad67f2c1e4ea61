/**
 * The network as one frozen, resolved value: every name is a reference that holds, every address is assigned. Three lists are not frozen, of which a large network has a
 * hundred thousand entries: V8 walks and cuts frozen lists ten times slower.
 */

import type { Rate } from '../file/rate.ts'
import type { SourceRange } from '../file/source.ts'
import type { Ip, Mac, Prefix } from '../net/index.ts'
import type { Exception, Expectation } from './expectation.ts'
import type { SiteFilters } from './filter/site-filters.ts'
import type { Demand, Ratings, Target } from './rating.ts'
import type { SiteLimits } from './resolve/limits.ts'

export interface Network {
  readonly name: string
  /** Path of the network file as the user named it. */
  readonly file: string
  /** DNS zone of service names, without trailing dot: `cloudapp.example`. */
  readonly zone: string
  /** Prefixes that must never be seen outside (all sites). */
  readonly internal: readonly Prefix[]
  /** Source prefixes that no packet from the Internet may bear; the network's own public prefixes are not in it. */
  readonly bogons: readonly Prefix[]
  readonly sites: readonly Site[]
  /** Every machine, in file order: outside first, then site by site, VMs after their host's site. */
  readonly nodes: readonly Node[]
  readonly links: readonly Link[]
  readonly services: readonly Service[]
  /** Access of staff to host partitions. */
  readonly support: {
    /** Seconds: no grant is longer. */
    readonly longest: number
  }
  readonly expectations: readonly Expectation[]
  readonly exceptions: readonly Exception[]
}

export interface Site {
  readonly name: string
  readonly template: string
  readonly at: SourceRange
  /** Internal address pools: IPv4 and IPv6 prefixes of each. */
  readonly pools: {
    /** Own addresses of access routers, balancers and distribution routers: the *router subnets*. */
    readonly routers: readonly Prefix[]
    /** Name servers, fabric controllers, jump boxes, storage, activation servers. */
    readonly infrastructure: readonly Prefix[]
    /** Host partitions. */
    readonly hosts: readonly Prefix[]
    /** VMs: their DIPs. */
    readonly vms: readonly Prefix[]
  }
  /** Public address pools. */
  readonly public: {
    /** From which VIPs are assigned, and which access routers let in. Includes the balancers' egress addresses. */
    readonly vips: readonly Prefix[]
    /** Public addresses of access routers, the source of their ICMP errors. Never accepted as a destination. */
    readonly routers: readonly Prefix[]
  }
  /** Addresses at which the site's name servers are reached from outside, through the balancers. */
  readonly dnsVips: readonly Ip[]
  readonly ports: SitePorts
  /** Flows that the filter of each VM and each host partition remembers, of each family. */
  readonly flowsPerVm: number
  /** Connections that each VM may have through each balancer, of each family. */
  readonly connectionsPerVm: number
  /** Rules that a person wrote, of its template. */
  readonly filters: SiteFilters
  /** Rate limits of its access routers, of its template. */
  readonly limits: SiteLimits
  readonly capacity: Ratings<Rate>
  /** Shares of the time, from 0 to 1. */
  readonly availability: Ratings<number>
  /** Tiers that only count and report what they would deny. */
  readonly audit: readonly AuditedTier[]
  /** Firewall category of each infrastructure service that the site has machines for. */
  readonly infrastructure: Readonly<Partial<Record<InfrastructureService, InfrastructureAccess>>>
}

/** A tier of all points of a kind in a site, or `default`: what no tier decided. */
export interface AuditedTier {
  /** A `PointKind`. */
  readonly kind: string
  readonly tier: string
}

/** What the infrastructure offers: name service, fabric controllers, host agents, storage, activation, jump boxes. */
export type InfrastructureService = 'dns' | 'fabric' | 'agent' | 'storage' | 'activation' | 'ssh'

/**
 * Who may use an infrastructure service (R24). Category 1: all, by the balancers. 2: the clients named, mutually authenticated.
 * 3: the clients named.
 */
export interface InfrastructureAccess {
  readonly category: 1 | 2 | 3
  /** Kinds of machines of the same site. */
  readonly clients: readonly NodeKind[]
  /** Node ids, enumerated. */
  readonly nodes: readonly string[]
  /** Internal addresses, enumerated. */
  readonly addresses: readonly Ip[]
  /** Where the file says so. */
  readonly at: SourceRange
}

/** A site before the rules of its template are read, and what is said of its elements. */
export type SiteFrame = Omit<Site, 'filters' | 'capacity' | 'availability'>

/** Where the infrastructure listens. All TCP but `dns`, which is both. */
export interface SitePorts {
  /** The one port of a host partition. */
  readonly agent: number
  readonly fabric: number
  readonly storage: number
  readonly activation: number
  readonly ssh: number
  readonly dns: number
}

export type NodeKind =
  | 'internet'
  | 'isp'
  | 'access-router'
  | 'balancer'
  | 'distribution-router'
  | 'name-server'
  | 'fabric-controller'
  | 'jump-box'
  | 'storage'
  | 'activation-server'
  | 'host'
  | 'vm'

export interface Node {
  /** Unique: `internet`, `west/ar1`, `west/shop-web-0`. */
  readonly id: string
  readonly kind: NodeKind
  /** Name of its site; absent outside all sites. ISPs belong to the site they serve. */
  readonly site?: string
  /** Last part of the id. */
  readonly name: string
  readonly at: SourceRange
  /** Its own addresses, at most one per family, valid on every interface: a VM's DIPs, a host's partition addresses. */
  readonly addresses: readonly Ip[]
  /** Public addresses of an access router (source of its ICMP errors); egress addresses of a balancer. */
  readonly publicAddresses: readonly Ip[]
  /** Of a VM. */
  readonly vm?: VmIdentity
  /** Sockets that listen on this node. */
  readonly listeners: readonly Listener[]
}

export interface VmIdentity {
  /** Id of its host. */
  readonly host: string
  readonly tenant: string
  /** Service name. */
  readonly service: string
  readonly role: string
  /** 0-based. */
  readonly instance: number
}

export interface Listener {
  readonly name: string
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** What answers there. */
  readonly application: ListenerApplication
  /** Of the node's addresses, those at which it listens; absent: at all. */
  readonly addresses?: readonly Ip[]
  /** The infrastructure service that it is part of, whose category says who may connect. */
  readonly service?: InfrastructureService
}

/**
 * `echo` returns what it got. `mutual-tls` is HTTP over TLS with certificates of the platform on both sides. The last three are a
 * host's services for its VMs.
 */
export type ListenerApplication =
  | Endpoint['application']
  | 'mutual-tls'
  | 'wire-server'
  | 'vm-settings'
  | 'instance-metadata'

/** A cable between two nodes. */
export interface Link {
  readonly id: string
  readonly kind: 'peering' | 'inside' | 'wide-area' | 'vm-port'
  readonly ends: readonly [LinkEnd, LinkEnd]
}

export interface LinkEnd {
  readonly node: string
  /** Name of the interface, at most 15 characters, unique in the node. */
  readonly interface: string
  readonly mac: Mac
  /** IPv6 link-local address: the next hop by which the other end routes, both families (RFC 8950 style). */
  readonly linkLocal: Ip
}

/** A tenant's deployment. One service may stand in several sites; its VIPs differ by site. */
export interface Service {
  readonly name: string
  readonly tenant: string
  readonly at: SourceRange
  /** Imported from, if not written in the network file. */
  readonly definition?: string
  readonly roles: readonly Role[]
  readonly deployments: readonly Deployment[]
  readonly demands: readonly Demand[]
  readonly target?: Target
}

export interface Deployment {
  readonly site: string
  /** Public name without zone: `shop.west`. */
  readonly dnsName: string
  /** One VIP per family; none if no role has a public endpoint. */
  readonly vips: readonly Ip[]
}

export interface Role {
  readonly name: string
  readonly kind: 'web' | 'worker'
  readonly at: SourceRange
  /** Per site. */
  readonly instances: number
  readonly endpoints: readonly Endpoint[]
}

export interface Endpoint {
  readonly name: string
  readonly at: SourceRange
  /**
   * `public`: behind the VIP, all instances share its port. `instance`: behind the VIP, each instance has a port of its own there.
   * `internal`: open to VMs of the same service.
   */
  readonly exposure: 'public' | 'instance' | 'internal'
  /** `tcp-udp`: both, on the same ports. `any`: every protocol and port; both these are internal. */
  readonly protocol: 'tcp' | 'udp' | 'tcp-udp' | 'any'
  readonly application: 'http' | 'https' | 'dns' | 'echo'
  /** Port of the VIP; of an `instance` endpoint that of instance 0, the next one's is one more. Equals `port` for internal endpoints. */
  readonly publicPort: number
  /** Last port of the VIP that is kept for an `instance` endpoint; absent for others. */
  readonly lastPublicPort?: number
  /** Port on the VM; 0 where the protocol is `any`. */
  readonly port: number
  /** Last port of a range that begins at `port`; absent: that port alone. Only internal endpoints have ranges. */
  readonly lastPort?: number
  /** Of an internal endpoint: narrows who may use it. Absent: all VMs of the service. */
  readonly only?: RoleSources
  /** Of an endpoint behind the VIP: which sources may use it there. Absent: all. */
  readonly acl?: AccessList
  /** How its health is to be asked for. Kept, not acted upon: all instances count as healthy. */
  readonly probe?: HealthProbe
}

/** Roles of the same service whose VMs may use an internal endpoint; none, if the list is empty. */
export interface RoleSources {
  readonly from: readonly string[]
  /** The line that says so. */
  readonly at: SourceRange
}

/**
 * Who may use an endpoint at its VIP: the first rule that matches decides. What none matches is denied if there is any `allow`, else
 * allowed (the semantics of Azure's endpoint ACLs).
 */
export interface AccessList {
  readonly name: string
  /** The line that puts it on the endpoint. */
  readonly at: SourceRange
  readonly rules: readonly AccessRule[]
}

export interface AccessRule {
  readonly action: 'allow' | 'deny'
  readonly sources: readonly Prefix[]
  readonly at: SourceRange
}

export interface HealthProbe {
  readonly name: string
  readonly protocol: 'http' | 'tcp'
  /** Of `http`. */
  readonly path?: string
  /** Port on the VM; absent: that of the endpoint. It is opened to nobody. */
  readonly port?: number
  /** Seconds. */
  readonly interval: number
  /** Seconds. */
  readonly timeout: number
}

/** A forwarding table entry. Longest prefix wins; several next hops share flows (ECMP). */
export interface Route {
  readonly prefix: Prefix
  /** Empty: the packet is discarded (a null route). */
  readonly nextHops: readonly NextHop[]
  /** Source address that the node's own packets take on this route. */
  readonly source?: Ip
}

export interface NextHop {
  readonly interface: string
  /** Link-local address of the neighbour. */
  readonly via: Ip
}
