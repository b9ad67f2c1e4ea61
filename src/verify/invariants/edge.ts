/** What holds at the edge: between the sites and everybody else. */
import {
  neighboursOf,
  nodesOfKind,
  type Site,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { hostPrefix, type Prefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Reach } from '../network/index.ts'
import type { Breach, NetworkInvariant } from './invariant.ts'
import type { Proof } from './proof.ts'

export const edgeInvariants: readonly NetworkInvariant[] = [
  {
    kind: 'network',
    id: 'dip-unreachable',
    ofAlike: true,
    rows: ['R11', 'R13'],
    claim:
      'What comes from outside and is not addressed to a declared endpoint of a VIP reaches nothing inside.',
    origins: () => ['outside'],
    about: (proof) => proof.sets.without(proof.sets.all, declared(proof)),
    breaches: (proof, reach) => beyondBalancers(proof, reach, proof.sets.all),
  },
  {
    kind: 'network',
    id: 'vip-by-balancer',
    ofAlike: true,
    rows: ['R12'],
    claim: 'Only balancers accept what is addressed to a VIP: nothing behind them ever sees such a packet.',
    origins: () => ['outside'],
    breaches: (proof, reach) =>
      beyondBalancers(proof, reach, proof.to(proof.network.sites.flatMap((site) => site.public.vips))),
  },
  {
    kind: 'network',
    id: 'endpoint-backends',
    ofAlike: true,
    rows: ['R11', 'R20'],
    claim: 'What comes from outside reaches a machine only on the ports of its public endpoints.',
    origins: () => ['outside'],
    *breaches(proof, reach) {
      const open = backendPorts(proof)
      for (const [id, packets] of reach.delivered) {
        const { kind, site } = proof.world.node(id)
        if (site === undefined || kind === 'isp') continue
        yield { at: id, packets: proof.sets.without(packets, open.get(id) ?? proof.sets.none) }
      }
    },
  },
  {
    kind: 'network',
    id: 'outside-source',
    ofAlike: true,
    rows: ['R15'],
    claim: 'No packet that enters bears a source address of the inside, of a VIP, or one that nobody has.',
    origins: () => ['outside'],
    breaches: (proof, reach) =>
      proof.network.sites.flatMap((site) => {
        const own = [...proof.network.internal, ...proof.network.bogons, ...publicOf(site)]
        return crossing(proof, reach, site, 'access-router', 'balancer', proof.by(own))
      }),
  },
  {
    kind: 'network',
    id: 'inside-destination-stays',
    ofAlike: true,
    rows: ['R13', 'R14'],
    claim: 'No packet that leaves is addressed to the inside.',
    origins: (proof) => proof.network.sites.flatMap((site) => proof.insideOrigins(site)),
    isKeptByLast: (proof) => neverLeaves(proof, proof.to(proof.network.internal)),
    breaches: (proof, reach) =>
      proof.network.sites.flatMap((site) =>
        crossing(proof, reach, site, 'access-router', 'isp', proof.to(proof.network.internal)),
      ),
  },
  {
    kind: 'network',
    id: 'inside-source-hidden',
    ofAlike: true,
    rows: ['R11', 'R13', 'R15'],
    claim: 'No packet that leaves shows an address of the inside.',
    origins: (proof) => proof.network.sites.flatMap((site) => proof.insideOrigins(site)),
    isKeptByLast: (proof) => neverLeaves(proof, proof.by(proof.network.internal)),
    breaches: (proof, reach) =>
      proof.network.sites.flatMap((site) =>
        crossing(proof, reach, site, 'access-router', 'isp', proof.by(proof.network.internal)),
      ),
  },
]

/** Whether access routers let none of some packets out, whatever their neighbours inside send them. */
const neverLeaves = (proof: Proof, some: DiagramSet): boolean =>
  proof.network.sites.every(({ name }) =>
    nodesOfKind(proof.network, name, 'access-router').every(({ id }) => {
      const { sets } = proof
      const neighbours = neighboursOf(proof.network, id)
      const come = sets.union(
        neighbours.flatMap(({ node, near, far }) =>
          node.kind === 'isp'
            ? []
            : [proof.entering(id, near.interface, proof.leaving(node.id, far.interface))],
        ),
      )
      return neighbours.every(
        ({ node, near }) =>
          node.kind !== 'isp' || sets.mask(some, proof.leaving(id, near.interface, come)) === sets.none,
      )
    }),
  )

const publicOf = (site: Site): readonly Prefix[] => [...site.public.vips, ...site.public.routers]

/** Packets to a VIP on a port that is declared there. */
export const declared = (proof: Proof): DiagramSet =>
  proof.once('declared', () => declaredBy(proof, virtualEndpoints(proof.network)))

/** Packets to the VIP and port of one of some endpoints. */
export function declaredBy({ sets }: Proof, endpoints: readonly VirtualEndpoint[]): DiagramSet {
  const vips = new Map<string, VirtualEndpoint[]>()
  for (const endpoint of endpoints) {
    const key = `${endpoint.protocol} ${endpoint.port}`
    const list = vips.get(key)
    if (list) list.push(endpoint)
    else vips.set(key, [endpoint])
  }
  return sets.union(
    Array.from(vips.values(), (list) => {
      const [{ protocol, port }] = list as [VirtualEndpoint]
      return sets.match({
        protocol,
        destination: list.map(({ vip }) => hostPrefix(vip)),
        destinationPorts: [{ first: port, last: port }],
      })
    }),
  )
}

/** What each machine that is looked at is a backend for. */
function backendPorts(proof: Proof): ReadonlyMap<string, DiagramSet> {
  const ports = new Map<string, DiagramSet[]>()
  for (const { protocol, backends } of proof.endpoints())
    for (const { node, address, port } of backends) {
      if (!proof.watches(node)) continue
      const list = ports.get(node) ?? []
      ports.set(node, list)
      list.push(
        proof.sets.match({
          protocol,
          destination: [hostPrefix(address)],
          destinationPorts: [{ first: port, last: port }],
        }),
      )
    }
  return new Map(Array.from(ports, ([node, list]) => [node, proof.sets.union(list)]))
}

/** Some packets in what distribution routers get from balancers, or what machines inside take. */
function* beyondBalancers(proof: Proof, reach: Reach, some: DiagramSet): Iterable<Breach> {
  for (const site of proof.network.sites)
    yield* crossing(proof, reach, site, 'balancer', 'distribution-router', some)
  for (const [id, packets] of reach.delivered)
    if (!proof.isOutside(id)) yield { at: id, packets: proof.sets.mask(some, packets) }
}

/** Some packets in what nodes of a kind send to neighbours of another. */
function crossing(
  { sets, network, world }: Proof,
  reach: Reach,
  site: Site,
  from: Parameters<typeof nodesOfKind>[2],
  to: Parameters<typeof nodesOfKind>[2],
  some: DiagramSet,
): readonly Breach[] {
  const nodes = new Set(nodesOfKind(network, site.name, from).map(({ id }) => id))
  return [...reach.sent].flatMap(([at, packets]) => {
    const [node, iface] = at.split(' ') as [string, string]
    if (!nodes.has(node) || world.node(world.peer(node, iface).node).kind !== to) return []
    return [{ at, packets: sets.mask(some, packets) }]
  })
}
