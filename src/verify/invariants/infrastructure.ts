/** What holds between the machines of a site, end to end. */
import {
  infrastructureClients,
  type Node,
  type NodeKind,
  type Site,
  siteByName,
  vmsOfHost,
} from '../../model/index.ts'
import { hostPrefix, Protocol } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Breach, NetworkInvariant } from './invariant.ts'
import { dhcpAnswers, roleOpenings } from './machines.ts'
import { type Origin, prefixesOf } from './origin.ts'
import type { Proof } from './proof.ts'

const servers: ReadonlySet<NodeKind> = new Set([
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
])

const inner: ReadonlySet<NodeKind> = new Set(['access-router', 'balancer', 'distribution-router'])

const vmOrigins = ({ network }: Proof): readonly Origin[] =>
  network.sites.map(({ name }): Origin => `${name} vm`)

export const infrastructureInvariants: readonly NetworkInvariant[] = [
  {
    kind: 'network',
    id: 'tenant-isolation',
    ofAlike: true,
    rows: ['R19', 'R20'],
    claim: 'No VM reaches a VM of another service but on its public endpoints, by whatever way.',
    origins: vmOrigins,
    *breaches(proof, reach) {
      for (const [id, packets] of reach.delivered) {
        const node = proof.world.node(id)
        if (node.kind !== 'vm') continue
        const permitted = [proof.by(prefixesOf([node])), proof.sets.mask(roleOpenings(proof, node), packets)]
        yield { at: id, packets: proof.sets.without(packets, proof.sets.union(permitted)) }
      }
    },
  },
  {
    kind: 'network',
    id: 'routers-unreachable',
    ofAlike: true,
    rows: ['R9', 'R19'],
    claim: 'No VM, and nobody outside, reaches an access router, balancer or distribution router itself.',
    origins: (proof) => ['outside', ...vmOrigins(proof)],
    *breaches(proof, reach) {
      for (const [id, packets] of reach.delivered)
        if (inner.has(proof.world.node(id).kind)) yield { at: id, packets }
    },
  },
  {
    kind: 'network',
    id: 'infrastructure-clients',
    ofAlike: true,
    rows: ['R21', 'R24'],
    claim:
      'An infrastructure service of category 2 or 3 is reached by the clients that are named for it, and by nobody else.',
    origins: (proof) => ['outside', ...proof.network.sites.flatMap((site) => proof.machineOrigins(site))],
    *breaches(proof, reach): Iterable<Breach> {
      for (const [id, packets] of reach.delivered) {
        const node = proof.world.node(id)
        if (servers.has(node.kind))
          yield { at: id, packets: proof.sets.without(packets, clientsOf(proof, node)) }
      }
    },
  },
  {
    kind: 'network',
    id: 'host-partitions',
    ofAlike: true,
    rows: ['R22'],
    claim: 'Of all machines only fabric controllers reach a host partition, and its own VMs its services.',
    origins: (proof) => ['outside', ...proof.network.sites.flatMap((site) => proof.machineOrigins(site))],
    *breaches(proof, reach, origin) {
      if (origin.endsWith(' fabric-controller')) return
      for (const [id, packets] of reach.delivered) {
        const node = proof.world.node(id)
        if (node.kind !== 'host') continue
        const own = vmsOfHost(proof.network, id)
        const partition = proof.to(node.addresses.map(hostPrefix))
        const services = proof.sets.without(proof.by(prefixesOf(own)), partition)
        yield {
          at: id,
          packets: proof.sets.without(packets, proof.sets.union([services, ...dhcpOf(proof, node)])),
        }
      }
    },
  },
]

/** What may come to a server: on each of its ports, its clients. */
export const clientsOf = (proof: Proof, node: Node): DiagramSet =>
  proof.once(`clients ${node.id}`, () =>
    proof.sets.union([
      ...dhcpOf(proof, node),
      ...node.listeners.map((listener) => {
        const { port } = listener
        const sources = infrastructureClients(proof.network, node, listener)?.sources
        return proof.sets.match({
          ...(sources && { source: sources }),
          protocol: Protocol[listener.protocol],
          destinationPorts: [{ first: port, last: port }],
        })
      }),
    ]),
  )

const dhcpOf = ({ network, sets }: Proof, { site }: Node): readonly DiagramSet[] =>
  dhcpAnswers(siteByName(network, site ?? '') as Site).map((match) => sets.match(match))
