/** Endpoints of roles as changes: one that is opened, as a file could have it, and one that is taken away. */
import {
  type Deployment,
  type Endpoint,
  hostServices,
  type Network,
  type Role,
  reservedPortOf,
  type Service,
  sharePortAtVip,
  sharePortAtVm,
} from '../../model/index.ts'
import {
  formatPortRange,
  formatProtocol,
  Ip,
  ipEquals,
  PortRange,
  type Prefix,
  Protocol,
  prefixContains,
} from '../../net/index.ts'
import type { Edit } from './edit.ts'
import type { RoleOf, Subject } from './subject.ts'

export const roleText = ({ service, role }: RoleOf): string => `role ${role.name} of ${service.name}`

/**
 * Opens what is asked about at the machines of a role: to its own service, or to all by a VIP. `undefined` if its endpoints have these ports, so
 * that something else stands in the way.
 */
export const openEndpoint = (subject: Subject, of: RoleOf): Edit | undefined =>
  isOwnService(subject, of.service) ? openInside(subject, of) : openAtVip(subject, of)

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

/** For VMs of the same service, at the first of the ports that no endpoint of the role has. */
function openInside({ classes: [asked] }: Subject, of: RoleOf): Edit | undefined {
  const range = asked?.ports?.[0]
  const protocol = range ? (nameOf(asked.protocol) ?? 'tcp-udp') : 'any'
  const ports = range ? Array.from(freeOf(of, protocol, range)) : [0]
  const [first] = ports
  if (first === undefined) return undefined
  let last = first
  while (ports[last - first + 1] === last + 1) last++
  const endpoint: Endpoint = {
    ...newEndpoint(of, protocol, first),
    exposure: 'internal',
    ...(last > first && { lastPort: last }),
  }
  const words = range ? `${protocol} ${formatPortRange({ first, last })}` : 'everything'
  return {
    ...editOf(of),
    text: `give ${roleText(of)} an internal endpoint for ${words}`,
    network: (network) => withEndpoint(network, of, endpoint),
  }
}

/** What an endpoint at the VIP costs elsewhere: all roles of a service share it, and all endpoints of a role its VMs. */
function openAtVip({ classes: [asked] }: Subject, of: RoleOf): Edit | undefined {
  const protocol = asked?.protocol === undefined ? 'tcp' : nameOf(asked.protocol)
  if (!protocol) return undefined
  const atVip = (port: number) => ({ ...newEndpoint(of, protocol, port), exposure: 'public' as const })
  const takenBy = (port: number): readonly Taker[] =>
    of.service.roles.flatMap((role) =>
      role.endpoints.flatMap((endpoint) =>
        sharePortAtVip(endpoint, atVip(port)) ? [{ of: { service: of.service, role }, endpoint }] : [],
      ),
    )
  const ports = asked?.ports?.[0]
    ? some(asked.ports[0])
    : [...insidePorts(of, protocol), ...some(PortRange(443, 65_535))]
  const port = ports.find((one) => takenBy(one).length === 0) ?? (ports[0] as number)
  const [taker] = takenBy(port)
  if (taker?.of.role.name === of.role.name) return undefined
  const elsewhere = taker && moved(taker)
  if (taker && !elsewhere) return undefined
  const given = atVm(of, atVip(port))
  if (!given) return undefined
  return {
    ...editOf(of),
    text: `${given.text}${elsewhere?.text ?? ''}`,
    ...(given.at && { at: given.at }),
    network: (network) => given.network(elsewhere?.network(network) ?? network),
  }
}

/** Where VMs listen for one another. */
const insidePorts = ({ role }: RoleOf, protocol: Endpoint['protocol']): readonly number[] =>
  role.endpoints.flatMap((endpoint) =>
    endpoint.exposure === 'internal' && endpoint.protocol === protocol && endpoint.lastPort === undefined
      ? [endpoint.port]
      : [],
  )

interface Part {
  readonly text: string
  readonly at?: Endpoint['at']
  network(network: Network): Network
}

/** An endpoint that has a port which another is to have. */
interface Taker {
  readonly of: RoleOf
  readonly endpoint: Endpoint
}

/** Gives an endpoint that stands in the way another port of the VIP. */
function moved({ of, endpoint }: Taker): Part | undefined {
  if (endpoint.exposure !== 'public') return undefined
  const others = of.service.roles.flatMap((role) => role.endpoints)
  const port = some(PortRange(endpoint.publicPort, 65_535)).find(
    (publicPort) => !others.some((other) => sharePortAtVip(other, { ...endpoint, publicPort })),
  )
  if (port === undefined) return undefined
  return {
    text: `, and endpoint ${endpoint.name} of role ${of.role.name} another port than ${endpoint.publicPort}: they share the VIP`,
    network: (network) =>
      withRole(network, of, (role) => ({
        ...role,
        endpoints: role.endpoints.map((each) =>
          each.name === endpoint.name ? { ...each, publicPort: port } : each,
        ),
      })),
  }
}

/** A new endpoint, on another port of the VMs if theirs is taken; an internal one that is what is asked for becomes public. */
function atVm(of: RoleOf, endpoint: Endpoint): Part | undefined {
  const words = `${endpoint.protocol} ${endpoint.publicPort}`
  const there = of.role.endpoints.find((other) => sharePortAtVm(other, endpoint))
  if (there && isSame(there, endpoint)) {
    const { only: _, ...open } = there
    return {
      text: `make endpoint ${there.name} of ${roleText(of)} a public one, ${words}`,
      at: there.at,
      network: (network) =>
        visible(
          withRole(network, of, (role) => ({
            ...role,
            endpoints: role.endpoints.map((each) =>
              each.name === there.name ? { ...open, exposure: 'public' as const } : each,
            ),
          })),
          of,
        ),
    }
  }
  const [port] = freeOf(of, endpoint.protocol, PortRange(endpoint.port, 65_535))
  if (port === undefined) return undefined
  const local = port === endpoint.port ? '' : ` with local-port ${port}`
  return {
    text: `give ${roleText(of)} a public endpoint for ${words}${local}`,
    network: (network) => visible(withEndpoint(network, of, { ...endpoint, port }), of),
  }
}

const isSame = (there: Endpoint, { protocol, port }: Endpoint): boolean =>
  there.exposure === 'internal' &&
  there.protocol === protocol &&
  there.port === port &&
  (there.lastPort ?? port) === port

const editOf = ({ service, role }: RoleOf) => ({
  key: `endpoint ${service.name}/${role.name}`,
  kind: 'own' as const,
  at: role.at,
})

/** Ports of a range that are looked at. */
const mostPorts = 4096

const some = ({ first, last }: PortRange): readonly number[] =>
  Array.from({ length: Math.min(last - first + 1, mostPorts) }, (_, index) => first + index)

/** Ports of a range that the VMs of a role have free. */
function* freeOf(of: RoleOf, protocol: Endpoint['protocol'], range: PortRange): Generator<number> {
  for (const port of some(range)) {
    const endpoint = newEndpoint(of, protocol, port)
    if (reservedPortOf(endpoint) !== undefined) continue
    if (!of.role.endpoints.some((other) => sharePortAtVm(other, endpoint))) yield port
  }
}

/** A name that the role does not have yet, as a person would have to choose one. */
function newEndpoint({ role }: RoleOf, protocol: Endpoint['protocol'], port: number): Endpoint {
  const names = new Set(role.endpoints.map(({ name }) => name))
  let name = 'change'
  while (names.has(name)) name += '-too'
  return { name, at: role.at, exposure: 'internal', protocol, application: 'echo', publicPort: port, port }
}

/** `undefined`: neither TCP nor UDP. */
const nameOf = (protocol: number | undefined): 'tcp' | 'udp' | undefined =>
  protocol === Protocol.tcp || protocol === Protocol.udp
    ? (formatProtocol(protocol) as 'tcp' | 'udp')
    : undefined

/** Whether only VMs of the service ask, by the addresses of its machines: then it needs no VIP. */
const isOwnService = ({ senders, targets, classes, network }: Subject, { name }: Service): boolean =>
  senders.length > 0 &&
  targets.length > 0 &&
  senders.every(({ vm }) => vm?.service === name) &&
  classes.every(({ from }) =>
    from.every((one) => network.internal.some((inside) => prefixContains(inside, Ip(one.family, one.value)))),
  )

/** The network with another role in the place of one. */
export const withRole = (
  network: Network,
  { service, role }: RoleOf,
  change: (old: Role) => Role,
): Network => ({
  ...network,
  services: network.services.map((each) =>
    each.name === service.name
      ? { ...each, roles: each.roles.map((old) => (old.name === role.name ? change(old) : old)) }
      : each,
  ),
})

const withEndpoint = (network: Network, of: RoleOf, endpoint: Endpoint): Network =>
  withRole(network, of, (old) => ({ ...old, endpoints: [...old.endpoints, endpoint] }))

/** A service whose first public endpoint it is gets addresses of the site's pool. */
const visible = (network: Network, { service }: RoleOf): Network => ({
  ...network,
  services: network.services.map((each) =>
    each.name === service.name
      ? { ...each, deployments: each.deployments.map((old) => withVips(network, old)) }
      : each,
  ),
})

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
