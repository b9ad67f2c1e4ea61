/** Services of the infrastructure are open to their clients, as far as the rules that people wrote let it. */
import {
  type InfrastructureClients,
  infrastructureClients,
  isAmong,
  type Listener,
  type Node,
  type NodeKind,
} from '../../../model/index.ts'
import { Protocol } from '../../../net/index.ts'
import type { DiagramSet } from '../../diagram/index.ts'
import { openings } from '../../packets/index.ts'
import type { ArrivalInvariant } from '../invariant.ts'
import { prefixesOf } from '../origin.ts'
import type { Proof } from '../proof.ts'
import { flowOf, type Opening } from './opening.ts'
import { writtenIn } from './written.ts'

/** Who can be a client: routers and balancers ask nobody. */
const machines: ReadonlySet<NodeKind> = new Set([
  'vm',
  'host',
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
])

export const clientsOpen: ArrivalInvariant = {
  kind: 'arrival',
  id: 'clients-open',
  ofAlike: true,
  rows: ['R21', 'R22', 'R24'],
  claim:
    'A service of the infrastructure is open to the clients that are named for it; name service to all machines of its site; as far as the rules that people wrote let it. Jump boxes need a grant for hosts.',
  *flows(proof) {
    yield flowOf(proof, clientOpenings(proof))
  },
}

/** Each service at each of its servers. */
export function* clientOpenings(proof: Proof): Iterable<Opening> {
  for (const server of proof.nodes())
    for (const listener of server.listeners) {
      const clients = infrastructureClients(proof.network, server, listener)
      if (!clients) continue
      yield {
        name: listener.service ?? listener.name,
        ...(server.site !== undefined && { site: server.site }),
        senders: clientNodes(proof, server, clients).filter((one) => !needsGrant(server, listener, one)),
        machines: [server],
        packets: opening(proof, server, listener),
      }
    }
}

function clientNodes(proof: Proof, server: Node, { sources }: InfrastructureClients): readonly Node[] {
  const others = proof.nodes().filter((node) => machines.has(node.kind) && node.id !== server.id)
  if (!sources) return others.filter(({ site }) => site === server.site)
  return others.filter((node) => isAmong(sources, node))
}

/** Staff reach a host's one port from a jump box of its site while access is granted (R26), whoever the list of clients names: it stands open to none of them. */
const needsGrant = (server: Node, { service }: Listener, sender: Node): boolean =>
  service === 'agent' && sender.kind === 'jump-box' && sender.site === server.site

function opening(proof: Proof, server: Node, { protocol, port }: Listener): DiagramSet {
  const { sets } = proof
  return sets.allOf([
    openings(sets),
    sets.match({
      destination: prefixesOf([server]),
      protocol: Protocol[protocol],
      destinationPorts: [{ first: port, last: port }],
    }),
    writtenIn(proof, server),
  ])
}
