/** Where addresses are: our own public ones, the Internet's, and those of nobody out there. */
import { hostServices, type Network, type Node, nodeById, nodesOfKind } from '../../model/index.ts'
import { hostPrefix, type Ip, type Prefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import { prefixesOf } from './origin.ts'
import type { Proof } from './proof.ts'

/** VIPs of services. */
export const vipsOf = ({ services }: Network): readonly Ip[] =>
  services.flatMap(({ deployments }) => deployments.flatMap(({ vips }) => vips))

/** VIPs, egress addresses, public addresses of routers. */
export const ownPublic = ({ sites }: Network): readonly Prefix[] =>
  sites.flatMap((site) => [...site.public.vips, ...site.public.routers])

/** What nobody in the Internet has, or has only there where it is not reached: the inside, bogons, the addresses of hosts' services. */
const nobodys = ({ internal, bogons }: Network): readonly Prefix[] => [
  ...internal,
  ...bogons,
  ...hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix)),
]

/** Packets by the VMs of a site. */
export const byVmsOf = (proof: Proof, site: string | undefined): DiagramSet =>
  proof.once(`by VMs of ${site}`, () => proof.by(prefixesOf(nodesOfKind(proof.network, site, 'vm'))))

/** Makes what VMs send known of a network in which a few are otherwise. @param machines as they were, and as they are */
export function keepByVms(base: Proof, next: Proof, machines: readonly Node[]): void {
  const ids = [...new Set(machines.map(({ id }) => id))]
  for (const { name } of next.network.sites) {
    const [was, is] = [base, next].map(({ network, by }) => {
      const changed = ids.flatMap((id) => nodeById(network, id) ?? [])
      return by(prefixesOf(changed.filter(({ site }) => site === name)))
    }) as [DiagramSet, DiagramSet]
    const { sets } = next
    next.once(`by VMs of ${name}`, () => sets.union([sets.without(byVmsOf(base, name), was), is]))
  }
}

/** Packets to an address that is ours in the Internet. */
export const toOwnPublic = (proof: Proof): DiagramSet =>
  proof.once('to own public', () => proof.sets.mask(proof.sets.all, proof.to(ownPublic(proof.network))))

/** Packets to others in the Internet. */
export const toInternet = (proof: Proof): DiagramSet =>
  proof.once('to internet', () => toInternetOf(proof.sets, proof.network))

/** As {@link toInternet}, without a proof. */
export const toInternetOf = (sets: PacketSets, network: Network): DiagramSet =>
  sets.without(sets.all, sets.addresses('destination', [...nobodys(network), ...ownPublic(network)]))

/** Packets as others in the Internet send them honestly. */
export const byInternet = (proof: Proof): DiagramSet =>
  proof.once('by internet', () => byInternetOf(proof.sets, proof.network))

/** As {@link byInternet}, without a proof. */
export const byInternetOf = (sets: PacketSets, network: Network): DiagramSet =>
  sets.without(sets.all, sets.addresses('source', [...nobodys(network), ...ownPublic(network)]))
