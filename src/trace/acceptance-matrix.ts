/**
 * Who is to be asked what, so that every kind of source meets every kind of destination: derived from the model, never listed by
 * hand. A source meets all destinations of its own site and, of other sites, one of each kind. In a site of many services the first
 * few stand for all, except that the Internet tries every VIP.
 */
import {
  type Endpoint,
  endpointName,
  hostServices,
  localAddresses,
  type Network,
  type Node,
  type NodeKind,
  nodesOfKind,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../model/index.ts'
import { formatProtocol, type Ip, ipEquals } from '../net/index.ts'
import type { Opening } from './conversation.ts'

/** `forged`: a packet from the Internet or from a VM that bears an address of somebody else. */
export type SourceKind = 'internet' | 'isp' | 'vm' | 'forged' | Machine
export type DestinationKind =
  | 'vip-open'
  | 'vip-guarded'
  | 'vip-closed'
  | 'vm-own-service'
  | 'vm-other-tenant'
  | 'vm-other-service'
  | 'vm'
  | 'host-agent'
  | 'host-other'
  | 'host-service'
  | 'internet'
  | 'access-router'
  | 'distribution-router'
  | 'balancer'
  | Exclude<Machine, 'host'>

type Machine = 'name-server' | 'fabric-controller' | 'jump-box' | 'storage' | 'activation-server' | 'host'

/** One packet to be sent, and where it stands in the matrix. */
export interface MatrixProbe {
  readonly opening: Opening
  readonly source: SourceKind
  readonly destination: DestinationKind
  /** What is addressed, for people: `vip shop/web/https`, `west/fc1`. */
  readonly target: string
}

interface Target {
  readonly name: string
  /** Absent for VIPs. */
  readonly node?: Node
  readonly site?: string
  readonly kind: Exclude<DestinationKind, `vm-${string}`>
  readonly address: Ip
  readonly protocol: Opening['protocol']
  readonly port: number
  /** The VIP of a service that others stand for: only the Internet tries it. */
  readonly internetOnly?: boolean
}

export interface MatrixOptions {
  /** Services of a site whose VMs and VIPs everybody tries. Default 6. */
  readonly services?: number
}

/** Every probe of the network, in a stable order. Source ports are unique in the matrix. */
export function acceptanceMatrix(
  network: Network,
  { services = 6 }: MatrixOptions = {},
): readonly MatrixProbe[] {
  const sample: Sample = new Map(
    network.sites.map(({ name }) => [name, firstServices(network, name, services)]),
  )
  const targets = targetsOf(network, sample)
  const sampled = new Map(network.sites.map(({ name }) => [name, firstOfEachKind(targets, name)]))
  const ports = freePorts(network)
  const probes: MatrixProbe[] = []
  for (const { kind, node, forged } of sourcesOf(network, sample)) {
    for (const target of targets) {
      if (forged && !sampled.get(target.site ?? '')?.has(target)) continue
      const near = node.site === undefined || target.site === undefined || target.site === node.site
      if (!near && !sampled.get(target.site as string)?.has(target)) continue
      if (isAt(node, target) || (target.internetOnly && kind !== 'internet')) continue
      const source = (forged ?? node.addresses).find(({ family }) => family === target.address.family)
      if (!source) continue
      const { protocol, port, address } = target
      const opening = { from: node.id, source, destination: address, protocol, destinationPort: port }
      const sourcePort = ports.next().value as number
      probes.push({
        opening: { ...opening, sourcePort },
        source: kind,
        destination: relation(node, target),
        target: target.name,
      })
    }
  }
  return probes
}

const machines: readonly Machine[] = [
  'jump-box',
  'fabric-controller',
  'storage',
  'name-server',
  'activation-server',
  'host',
]

/** One node of each kind and site, and of VMs one of each role. */
function sourcesOf(network: Network, sample: Sample): readonly Source[] {
  const internet = network.nodes.filter(({ kind }) => kind === 'internet')
  const ofSites = network.sites.flatMap(({ name }) => [
    ...first(network, name, 'isp'),
    ...firstOfRoles(network, name, sample),
    ...machines.flatMap((kind) => first(network, name, kind)),
  ])
  const honest = [...internet, ...ofSites].map((node): Source => ({ kind: node.kind as SourceKind, node }))
  return [...honest, ...forgeries(network, sample)]
}

interface Source {
  readonly kind: SourceKind
  readonly node: Node
  /** Addresses that it bears instead of its own. */
  readonly forged?: readonly Ip[]
}

/**
 * The Internet as a fabric controller of each site (an internal address) and as a VIP of it (an own public address); a VM of each
 * site as another VM; a storage node as a fabric controller.
 */
function forgeries(network: Network, sample: Sample): readonly Source[] {
  const outside = network.nodes.find(({ kind }) => kind === 'internet')
  return network.sites.flatMap(({ name, dnsVips }) => {
    const [controller] = first(network, name, 'fabric-controller')
    const [storage] = first(network, name, 'storage')
    const [vm, other] = firstOfRoles(network, name, sample)
    return [
      ...(outside && controller
        ? [{ kind: 'forged' as const, node: outside, forged: controller.addresses }]
        : []),
      ...(outside ? [{ kind: 'forged' as const, node: outside, forged: dnsVips }] : []),
      ...(vm && other ? [{ kind: 'forged' as const, node: vm, forged: other.addresses }] : []),
      ...(storage && controller
        ? [{ kind: 'forged' as const, node: storage, forged: controller.addresses }]
        : []),
    ]
  })
}

function targetsOf(network: Network, sample: Sample): readonly Target[] {
  const closed = closedPort(network)
  const targets: Target[] = []
  const endpoints = virtualEndpoints(network)
  const outside = network.nodes.find(({ kind }) => kind === 'internet')
  if (outside) targets.push(...nodeTargets(outside, 'internet', [closed]))
  targets.push(...serviceTargets(network, closed))
  for (const { name, ports } of network.sites) {
    targets.push(...vipTargets(endpoints, name, closed, sample))
    for (const vm of firstOfRoles(network, name, sample)) targets.push(...nodeTargets(vm, 'vm', [closed]))
    for (const host of first(network, name, 'host')) {
      targets.push(...nodeTargets(host, 'host-agent', []).filter(({ port }) => port === ports.agent))
      targets.push(...portTargets(host, 'host-other', [ports.ssh, closed]))
    }
    for (const kind of ['access-router', 'distribution-router', 'balancer'] as const)
      for (const node of first(network, name, kind)) targets.push(...portTargets(node, kind, [ports.ssh]))
    for (const kind of machines)
      if (kind !== 'host')
        for (const node of first(network, name, kind)) targets.push(...nodeTargets(node, kind, [closed]))
  }
  return targets
}

/** Each declared port of each VIP, one that is not declared, and a ping. */
function vipTargets(
  all: readonly VirtualEndpoint[],
  site: string,
  closed: number,
  sample: Sample,
): readonly Target[] {
  const endpoints = all.filter((endpoint) => endpoint.site === site)
  const seen = new Set<bigint>()
  return endpoints.flatMap((endpoint): Target[] => {
    const { vip: address, protocol, port, owner, acl } = endpoint
    const name = owner.kind === 'service' ? `vip ${endpointName(endpoint)}` : 'vip of the name service'
    const declared: Target = {
      name,
      site,
      kind: acl ? 'vip-guarded' : 'vip-open',
      address,
      protocol: formatProtocol(protocol) as 'tcp' | 'udp',
      port,
      internetOnly: owner.kind === 'service' && !sample.get(site)?.has(owner.service),
    }
    if (seen.has(address.value)) return [declared]
    seen.add(address.value)
    const undeclared = (['tcp', 'udp', 'icmp'] as const).map(
      (other): Target => ({
        ...declared,
        kind: 'vip-closed',
        protocol: other,
        port: other === 'icmp' ? 0 : closed,
      }),
    )
    return [declared, ...undeclared]
  })
}

/** The services that each host has for its VMs, at the same addresses everywhere: a port where nothing listens, a ping. */
function serviceTargets({ internal }: Network, closed: number): readonly Target[] {
  const families = new Set(internal.map(({ family }) => family))
  return hostServices.flatMap(({ name, addresses, ports }) =>
    addresses
      .filter(({ family }) => families.has(family))
      .flatMap((address): Target[] => {
        const at = (protocol: Opening['protocol'], port: number): Target => ({
          name,
          kind: 'host-service',
          address,
          protocol,
          port,
        })
        return [...ports.map((port) => at('tcp', port)), at('tcp', closed), at('udp', closed), at('icmp', 0)]
      }),
  )
}

/** Every listener of a node, ports where nothing listens, and a ping. */
function nodeTargets(node: Node, kind: Target['kind'], closed: readonly number[]): readonly Target[] {
  const listening = node.listeners
    .filter(({ addresses }) => addresses === undefined)
    .flatMap(({ protocol, port }) =>
      node.addresses.map((address) => target(node, kind, address, protocol, port)),
    )
  return [...listening, ...portTargets(node, kind, closed)]
}

function portTargets(node: Node, kind: Target['kind'], ports: readonly number[]): readonly Target[] {
  return node.addresses.flatMap((address) => [
    ...ports.flatMap((port) =>
      (['tcp', 'udp'] as const)
        .filter((protocol) => !node.listeners.some((l) => l.protocol === protocol && l.port === port))
        .map((protocol) => target(node, kind, address, protocol, port)),
    ),
    ...(ports.length > 0 ? [target(node, kind, address, 'icmp', 0)] : []),
  ])
}

function target(
  node: Node,
  kind: Target['kind'],
  address: Ip,
  protocol: Opening['protocol'],
  port: number,
): Target {
  const site = node.site === undefined ? {} : { site: node.site }
  return { name: node.id, node, kind, address, protocol, port, ...site }
}

/** Of the targets of a site the first of each kind, protocol and family. */
function firstOfEachKind(targets: readonly Target[], site: string): ReadonlySet<Target> {
  const found = new Map<string, Target>()
  for (const candidate of targets) {
    if (candidate.site !== site) continue
    const key = `${candidate.kind} ${candidate.protocol} ${candidate.address.family}`
    if (!found.has(key)) found.set(key, candidate)
  }
  return new Set(found.values())
}

/** Whether a packet to the target would not leave the node. */
const isAt = (node: Node, { address }: Target): boolean =>
  localAddresses(node).some((own) => ipEquals(own, address))

function relation(source: Node, { kind, node }: Target): DestinationKind {
  if (kind !== 'vm' || !source.vm || !node?.vm) return kind
  if (source.vm.service === node.vm.service) return 'vm-own-service'
  return source.vm.tenant === node.vm.tenant ? 'vm-other-service' : 'vm-other-tenant'
}

const first = (network: Network, site: string, kind: NodeKind): readonly Node[] =>
  nodesOfKind(network, site, kind).slice(0, 1)

/** Names of the services that are tried by everybody, by site. */
type Sample = ReadonlyMap<string, ReadonlySet<string>>

function firstServices(network: Network, site: string, count: number): ReadonlySet<string> {
  const here = network.services.filter(({ deployments }) => deployments.some((d) => d.site === site))
  return new Set(here.slice(0, count).map(({ name }) => name))
}

function firstOfRoles(network: Network, site: string, sample: Sample): readonly Node[] {
  const found = new Map<string, Node>()
  for (const vm of nodesOfKind(network, site, 'vm')) {
    if (!sample.get(site)?.has(vm.vm?.service ?? '')) continue
    const key = `${vm.vm?.service} ${vm.vm?.role}`
    if (!found.has(key)) found.set(key, vm)
  }
  return [...found.values()]
}

const usedPorts = (network: Network): ReadonlySet<number> =>
  new Set([
    ...network.nodes.flatMap(({ listeners }) => listeners.map(({ port }) => port)),
    ...network.services.flatMap(({ roles }) => roles.flatMap(({ endpoints }) => endpoints.flatMap(portsOf))),
    ...network.sites.flatMap(({ ports }) => Object.values(ports) as number[]),
  ])

/** All ports that an endpoint has at the VIP or at VMs. */
const portsOf = ({ publicPort, lastPublicPort, port, lastPort }: Endpoint): readonly number[] =>
  [
    { first: publicPort, last: lastPublicPort ?? publicPort },
    { first: port, last: lastPort ?? port },
  ].flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

/** A port on which nobody listens and that no VIP declares. */
function closedPort(network: Network): number {
  const used = usedPorts(network)
  let port = 4444
  while (used.has(port)) port++
  return port
}

/** Source ports, none of which is a port of the network. */
function* freePorts(network: Network): Generator<number, never> {
  const used = usedPorts(network)
  for (;;) for (let port = 10_000; port < 65_536; port++) if (!used.has(port)) yield port
}
