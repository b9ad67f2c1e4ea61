/** What the forwarding tables at the edge say by themselves: no route leads from outside to the inside, whatever filters stand before it. */
import { nodesOfKind } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { typicalPacket } from '../packets/index.ts'
import type { PlanInvariant } from './invariant.ts'

export const edgeRoutes: PlanInvariant = {
  kind: 'plan',
  id: 'edge-routes',
  ofAlike: true,
  rows: ['R13', 'R14'],
  claim:
    'By its routes alone an access router leads nowhere what is addressed to the inside, or to access routers of its site.',
  breaches: (proof) =>
    proof.network.sites.flatMap(({ name, public: { routers } }) =>
      nodesOfKind(proof.network, name, 'access-router').flatMap(({ id, publicAddresses }) => {
        const { sets, network, world } = proof
        const inside = sets.mask(sets.all, proof.to([...network.internal, ...routers]))
        return Array.from(proof.forwarding(id).toward).flatMap(([iface, led]) => {
          const wrong = sets.without(sets.mask(inside, led), proof.forwarding(id).local)
          if (wrong === sets.none) return []
          const destination = network.nodes.flatMap(({ addresses }) => addresses)
          const packet = typicalPacket(sets, wrong, { source: publicAddresses, destination })
          const to = formatIp(packet.destination)
          return [
            {
              at: id,
              text: `${id} leads ${to} to ${world.peer(id, iface).node}: what is addressed to the inside goes nowhere from there`,
            },
          ]
        })
      }),
    ),
}
