/** Whom a question is about, and the packets that it means wherever they are judged: before and after translations, and their answers. */
import {
  type Network,
  type Node,
  type Role,
  type Service,
  type TrafficClass,
  virtualEndpoints,
} from '../../model/index.ts'
import { hasPorts, hostPrefix, type PortRange, type Prefix, prefixContains } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { machinesAt } from '../invariants/index.ts'

export interface RoleOf {
  readonly service: Service
  readonly role: Role
}

export interface Subject {
  readonly network: Network
  readonly classes: readonly TrafficClass[]
  readonly senders: readonly Node[]
  readonly targets: readonly Node[]
  /** Roles whose machines are addressed, by their own addresses or by a VIP of their service. */
  readonly roles: readonly RoleOf[]
  /** Packets that open something, and those that answer, as any point may see them. */
  readonly matches: readonly Match[]
}

export function subjectOf(network: Network, classes: readonly TrafficClass[]): Subject {
  const to = classes.flatMap((each) => each.to)
  const targets = machinesAt(network, to)
  const roles = rolesOf(network, targets, to)
  return {
    network,
    classes,
    senders: machinesAt(
      network,
      classes.flatMap(({ from }) => from),
    ),
    targets,
    roles,
    matches: classes.flatMap((each) => matchesOf(network, targets, roles, each)),
  }
}

function rolesOf(network: Network, targets: readonly Node[], to: readonly Prefix[]): readonly RoleOf[] {
  const asked = new Set(targets.map(({ vm }) => `${vm?.service}/${vm?.role}`))
  const isAsked = (service: Service) =>
    service.deployments.some(({ vips }) => vips.some((vip) => to.some((one) => prefixContains(one, vip))))
  // With a VIP whoever is behind it is meant, and with a role, or a machine, that role alone.
  return network.services.flatMap((service) =>
    service.roles
      .filter(({ name }) => asked.has(`${service.name}/${name}`) || (asked.size === 0 && isAsked(service)))
      .map((role): RoleOf => ({ service, role })),
  )
}

/** Balancers put addresses and ports of their own, of VIPs and of machines in one another's place. */
function matchesOf(
  network: Network,
  targets: readonly Node[],
  roles: readonly RoleOf[],
  asked: TrafficClass,
): readonly Match[] {
  const ids = new Set(targets.map(({ id }) => id))
  const endpoints = virtualEndpoints(network)
  const vips = endpoints
    .filter(({ backends }) => backends.some(({ node }) => ids.has(node)))
    .map(({ vip }) => hostPrefix(vip))
  const lent = network.nodes
    .filter(({ kind }) => kind === 'balancer')
    .flatMap(({ publicAddresses }) => publicAddresses.map(hostPrefix))
  const behind = endpoints
    .filter(({ vip }) => asked.to.some((one) => prefixContains(one, vip)))
    .flatMap(({ backends }) => backends.map(({ address }) => hostPrefix(address)))
  const pools = network.sites.flatMap((site) => site.public.vips)
  const source = [...asked.from, ...lent]
  // An endpoint that is to be opened has its VIP in a pool.
  const destination = [...asked.to, ...vips, ...(roles.length > 0 ? pools : []), ...behind]
  const { protocol } = asked
  const about = protocol === undefined ? {} : { protocol }
  const ports = asked.ports && hasPorts(protocol ?? 0) ? alsoLocal(roles, asked.ports) : undefined
  return [
    { ...about, source, destination, ...(ports && { destinationPorts: ports }) },
    { ...about, source: destination, destination: source, ...(ports && { sourcePorts: ports }) },
  ]
}

/** Ports, and those of machines that VIPs lead to. */
const alsoLocal = (roles: readonly RoleOf[], ports: readonly PortRange[]): readonly PortRange[] => [
  ...ports,
  ...roles.flatMap(({ role }) =>
    role.endpoints.flatMap(({ publicPort, port, exposure }) =>
      exposure !== 'internal' && ports.some(({ first, last }) => first <= publicPort && publicPort <= last)
        ? [{ first: port, last: port }]
        : [],
    ),
  ),
]
