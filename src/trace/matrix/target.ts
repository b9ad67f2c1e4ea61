/** What is addressed: VIPs, services of hosts, listeners of nodes, and beside each a port where nothing is and a ping. */
import {
  endpointName,
  hostServices,
  type Network,
  type Node,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { formatProtocol, type Ip } from '../../net/index.ts'
import type { Opening } from '../conversation.ts'
import { type DestinationKind, machines } from './kinds.ts'
import { first, firstOfRoles, type Sample } from './sample.ts'
import { closedPort } from './unused-port.ts'

export interface Target {
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

export function targetsOf(network: Network, sample: Sample): readonly Target[] {
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
export function firstOfEachKind(targets: readonly Target[], site: string): ReadonlySet<Target> {
  const found = new Map<string, Target>()
  for (const candidate of targets) {
    if (candidate.site !== site) continue
    const key = `${candidate.kind} ${candidate.protocol} ${candidate.address.family}`
    if (!found.has(key)) found.set(key, candidate)
  }
  return new Set(found.values())
}
