/** What can open a flow, and what needs one: the flow tier's view of packets that are of no known flow. */
import { icmpOf, Protocol } from '../../net/index.ts'
import { openingFlags } from '../../policy/index.ts'
import { icmpEcho, icmpErrors } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { once } from './once.ts'
import type { PacketSets } from './packet-sets.ts'

const families = [4, 6] as const

/** ICMP and ICMPv6 messages of some types. */
export const icmpOfTypes = (sets: PacketSets, types: (family: 4 | 6) => readonly number[]): DiagramSet =>
  sets.union(
    families.flatMap((family) =>
      types(family).map((icmpType) => sets.match({ family, protocol: icmpOf(family), icmpType })),
    ),
  )

/** Packets that can neither open a flow nor are outside all flows: what is denied without one. */
export const needingFlow = once((sets): DiagramSet => {
  const tcp = sets.match({ protocol: Protocol.tcp })
  return sets.union([
    icmpOfTypes(sets, (family) => icmpErrors[family]),
    icmpOfTypes(sets, (family) => [icmpEcho[family].reply]),
    sets.without(tcp, sets.match({ protocol: Protocol.tcp, tcpFlags: openingFlags })),
  ])
})

/** Everything else: what a sender begins with. */
export const openings = once((sets): DiagramSet => sets.without(sets.all, needingFlow(sets)))

/** What is remembered once it has been allowed: other ICMP than echo opens no flow. */
export const flowOpenings = once((sets): DiagramSet => {
  const icmp = sets.union(families.map((family) => sets.match({ family, protocol: icmpOf(family) })))
  const echo = icmpOfTypes(sets, (family) => [icmpEcho[family].request])
  return sets.without(openings(sets), sets.without(icmp, echo))
})
