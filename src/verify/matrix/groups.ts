/** Rows and columns of the reachability matrix: who sends, and what is offered. Services that are declared alike are one, and told apart as *own* and *others*. */
import {
  hostServices,
  type Network,
  type Node,
  type NodeKind,
  type Service,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { formatProtocol, Protocol } from '../../net/index.ts'
import { partyOf } from '../change/party.ts'
import { nameService } from '../change/target.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import { toInternetOf } from '../invariants/places.ts'
import { openings, type PacketSets } from '../packets/index.ts'

/** Services of the same roles, endpoints and sites. */
interface Kin {
  readonly name: string
  readonly services: readonly Service[]
}

export interface Group {
  /** `Internet`, `shop web`, `web of s1 and 99 like it`. */
  readonly name: string
  readonly kind: NodeKind
  readonly nodes: readonly Node[]
}

/** Whether only targets of the sender's own service are meant, or only those of others. */
export type Relation = 'own' | 'others'

export interface Offer {
  /** `shop web`, `storage`, `Internet`, `web of others`, `web of others among s1 and 99 like it`. */
  readonly of: string
  /** `https by VIP, tcp 443`, `everything else`. */
  readonly name: string
  readonly kind: 'endpoint' | 'role' | 'infrastructure' | 'host-service' | 'routers' | 'internet'
  readonly relation?: Relation
  /** Whatever is not offered there. */
  readonly rest?: true
  /** By keys of targets. */
  readonly targets: readonly OfferedAt[]
  /** What opens something there, addresses aside. */
  readonly wanted: DiagramSet
}

export interface OfferedAt {
  readonly key: string
  readonly node?: Node
  readonly site?: string
  readonly service?: string
  /** What opens something there, where that differs from target to target; absent: that of the offer. */
  readonly wanted?: DiagramSet
}

const senders: readonly NodeKind[] = [
  'jump-box',
  'fabric-controller',
  'host',
  'storage',
  'name-server',
  'activation-server',
]

const routers: readonly NodeKind[] = ['access-router', 'balancer', 'distribution-router']

/** @param services that are looked at */
export function groupsOf(network: Network, services: readonly Service[]): readonly Group[] {
  const internet = network.nodes.filter(({ kind }) => kind === 'internet')
  const roles = kinsOf(services).flatMap((kin) =>
    rolesOf(kin).map(
      (role): Group => ({ name: roleName(kin, role), kind: 'vm', nodes: vmsOf(network, kin, role) }),
    ),
  )
  const others = senders.map((kind): Group => {
    const nodes = network.nodes.filter((node) => node.kind === kind)
    return { name: nodes[0] ? partyOf(nodes[0]).name : kind, kind, nodes }
  })
  return [{ name: 'Internet', kind: 'internet' as const, nodes: internet }, ...roles, ...others].filter(
    ({ nodes }) => nodes.length > 0,
  )
}

export function offersOf(network: Network, services: readonly Service[], sets: PacketSets): readonly Offer[] {
  const endpoints = virtualEndpoints(network)
  const kins = kinsOf(services)
  /** Whether several offer something of their senders' own. */
  const isAmbiguous = kins.filter((kin) => kin.services.length > 1).length > 1
  return [
    ...kins.flatMap((kin) =>
      offersOfKin(network, { ...kin, among: isAmbiguous ? ` among ${kin.name}` : '' }, endpoints, sets),
    ),
    ...infrastructureOffers(network, endpoints, sets),
    ...hostServices.map(
      ({ name, ports }): Offer => ({
        of: 'own host',
        name: `${name}, tcp ${ports.join(', ')}`,
        kind: 'host-service',
        targets: [{ key: `host-service ${name}` }],
        wanted: at(sets, Protocol.tcp, ...ports),
      }),
    ),
    {
      of: 'routers',
      name: 'everything',
      kind: 'routers',
      targets: machines(network.nodes.filter(({ kind }) => routers.includes(kind))),
      wanted: openings(sets),
    },
    {
      of: 'Internet',
      name: 'everything',
      kind: 'internet',
      targets: [{ key: 'outside' }],
      wanted: sets.mask(toInternetOf(sets, network), openings(sets)),
    },
  ]
}

/** Services that nobody could tell apart but by their names. */
function kinsOf(services: readonly Service[]): readonly Kin[] {
  const found = new Map<string, Service[]>()
  for (const service of services) {
    const roles = service.roles.map(({ name, endpoints }) => [
      name,
      endpoints.map(({ at: _, acl, probe: __, only, ...rest }) => [rest, only?.from, acl?.rules.length]),
    ])
    const key = JSON.stringify([roles, service.deployments.map(({ site }) => site)])
    found.set(key, [...(found.get(key) ?? []), service])
  }
  return Array.from(found.values(), (list): Kin => {
    const [first] = list as [Service]
    return {
      name: list.length === 1 ? first.name : `${first.name} and ${list.length - 1} like it`,
      services: list,
    }
  })
}

const rolesOf = ({ services }: Kin): readonly string[] => services[0]?.roles.map(({ name }) => name) ?? []

const roleName = ({ name, services }: Kin, role: string): string =>
  services.length === 1 ? `${name} ${role}` : `${role} of ${name}`

function vmsOf({ nodes }: Network, { services }: Kin, role: string): readonly Node[] {
  const names = new Set(services.map(({ name }) => name))
  return nodes.filter(({ vm }) => vm && vm.role === role && names.has(vm.service))
}

function offersOfKin(
  network: Network,
  kin: Kin & { readonly among: string },
  endpoints: readonly VirtualEndpoint[],
  sets: PacketSets,
): readonly Offer[] {
  const relations: readonly (Relation | undefined)[] =
    kin.services.length > 1 ? ['own', 'others'] : [undefined]
  return rolesOf(kin).flatMap((role) => {
    const vms = machines(vmsOf(network, kin, role))
    return relations.flatMap((relation): Offer[] => {
      const of =
        relation === undefined
          ? roleName(kin, role)
          : `${role} of ${relation === 'own' ? 'its own' : 'others'}${kin.among}`
      const common = { of, ...(relation && { relation }) }
      const declared = kin.services[0]?.roles.find(({ name }) => name === role)?.endpoints ?? []
      const open: DiagramSet[] = []
      const made = declared.map((endpoint): Offer => {
        const { name, exposure, protocol, port, lastPort = port, publicPort } = endpoint
        const numbers = protocol === 'any' ? [] : protocol === 'tcp-udp' ? [6, 17] : [Protocol[protocol]]
        const here =
          protocol === 'any'
            ? openings(sets)
            : sets.mask(
                openings(sets),
                sets.union(numbers.map((number) => ranged(sets, number, port, lastPort))),
              )
        if (exposure === 'internal') {
          open.push(here)
          const words =
            protocol === 'any' ? 'everything' : `${protocol} ${port}${lastPort > port ? `-${lastPort}` : ''}`
          return { ...common, name: `${name}, ${words}`, kind: 'role', targets: vms, wanted: here }
        }
        const mine = endpoints.filter(
          ({ owner }) =>
            owner.kind === 'service' &&
            kin.services.some((service) => service.name === owner.service) &&
            owner.role === role &&
            owner.endpoint === name,
        )
        return {
          ...common,
          name: `${name} by VIP, ${protocol} ${portsText(publicPort, mine)}`,
          kind: 'endpoint',
          targets: byVip(network, mine, sets),
          wanted: sets.union(
            [...new Set(mine.map((each) => each.port))].map((number) =>
              at(sets, Protocol[protocol as 'tcp'], number),
            ),
          ),
        }
      })
      return [
        ...made,
        {
          ...common,
          name: made.length > 0 ? 'everything else' : 'everything',
          kind: 'role',
          rest: true,
          targets: vms,
          wanted: without(sets, open),
        },
      ]
    })
  })
}

function infrastructureOffers(
  network: Network,
  endpoints: readonly VirtualEndpoint[],
  sets: PacketSets,
): readonly Offer[] {
  const dns = endpoints.filter(({ owner }) => owner.kind === 'name-service')
  return senders.flatMap((kind): Offer[] => {
    const nodes = network.nodes.filter((node) => node.kind === kind)
    const [first] = nodes
    if (!first) return []
    const of = partyOf(first).name
    const targets = machines(nodes)
    const byName = new Map<string, { words: string[]; sets: DiagramSet[] }>()
    for (const { service, protocol, port } of first.listeners) {
      if (!service) continue
      const known = byName.get(service) ?? { words: [], sets: [] }
      byName.set(service, known)
      known.words.push(`${protocol} ${port}`)
      known.sets.push(at(sets, Protocol[protocol], port))
    }
    const offered = Array.from(
      byName,
      ([name, { words, sets: list }]): Offer => ({
        of,
        name: `${name}, ${words.join(', ')}`,
        kind: 'infrastructure',
        targets,
        wanted: sets.union(list),
      }),
    )
    const vip: Offer[] =
      kind === 'name-server' && dns.length > 0
        ? [
            {
              of,
              name: `dns by VIP, ${[...new Set(dns.map(({ protocol, port }) => `${formatProtocol(protocol)} ${port}`))].join(', ')}`,
              kind: 'endpoint',
              targets: byVip(network, dns, sets),
              wanted: sets.union(dns.map(({ protocol, port }) => at(sets, protocol, port))),
            },
          ]
        : []
    const wanted = without(
      sets,
      offered.map((each) => each.wanted),
    )
    return [
      ...offered,
      ...vip,
      { of, name: 'everything else', kind: 'infrastructure', rest: true, targets, wanted },
    ]
  })
}

/** An endpoint of instances has a port for each. */
function portsText(first: number, endpoints: readonly VirtualEndpoint[]): string {
  const last = Math.max(first, ...endpoints.map(({ port }) => port))
  return last > first ? `${first}-${last}` : `${first}`
}

const machines = (nodes: readonly Node[]): readonly OfferedAt[] =>
  nodes.map((node) => ({
    key: `machine ${node.id}`,
    node,
    ...(node.site !== undefined && { site: node.site }),
    ...(node.vm && { service: node.vm.service }),
  }))

/** Each machine that a balancer may choose, at the ports for which it may. */
function byVip(
  network: Network,
  endpoints: readonly VirtualEndpoint[],
  sets: PacketSets,
): readonly OfferedAt[] {
  const found = new Map<string, OfferedAt & { wanted: DiagramSet }>()
  const nodes = new Map(network.nodes.map((node) => [node.id, node]))
  for (const { site, owner, backends, protocol, port } of endpoints) {
    const service = owner.kind === 'service' ? owner.service : nameService
    for (const { node: id } of backends) {
      const node = nodes.get(id)
      const key = `vip ${site} ${service} ${id}`
      const known = found.get(key)
      const wanted = at(sets, protocol, port)
      if (known) known.wanted = sets.union([known.wanted, wanted])
      else if (node) found.set(key, { key, node, site, service, wanted })
    }
  }
  return [...found.values()]
}

const at = (sets: PacketSets, protocol: number, ...ports: readonly number[]): DiagramSet =>
  sets.mask(openings(sets), sets.union(ports.map((port) => ranged(sets, protocol, port, port))))

const ranged = (sets: PacketSets, protocol: number, first: number, last: number): DiagramSet =>
  sets.match({ protocol, destinationPorts: [{ first, last }] })

const without = (sets: PacketSets, open: readonly DiagramSet[]): DiagramSet =>
  sets.without(openings(sets), open.includes(everything) ? everything : sets.union(open))
