/**
 * ICMP errors as sets. An error goes to whoever sent the packet that it quotes, so that the quoted source is its destination; those that quote
 * somebody else's belong to no flow, and are left out. What else is quoted stands where an error has no numbers of its own: the protocol at the
 * level of TCP's flags, ports at those of ports, and the destination at levels that nothing else has. No rule about ICMP asks about any of these.
 */
import { icmpErrors } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, level } from './levels.ts'
import { once } from './once.ts'
import { icmpOfTypes } from './openings.ts'
import type { PacketSets } from './packet-sets.ts'

/** Levels that say what a packet is to its flow: those of one flow differ in them. */
export const kindLevels: readonly number[] = [level.tcpFlags, level.icmpType, level.icmpCode]

const places = new Map<number, number>([[level.protocol, level.tcpFlags]])
for (const [at, source] of addressLevels('source').entries()) {
  const destination = addressLevels('destination')[at] as number
  places.set(source, destination).set(destination, addressLevels('quoted')[at] as number)
}

/** Errors that quote any of the packets, sent by anybody to their sender. */
export function errorsAbout(sets: PacketSets, packets: DiagramSet): DiagramSet {
  const known = aboutSome.get(sets) ?? new Map<DiagramSet, DiagramSet>()
  aboutSome.set(sets, known)
  const made = known.get(packets) ?? quoting(sets, packets)
  known.set(packets, made)
  return made
}

const aboutSome = new WeakMap<PacketSets, Map<DiagramSet, DiagramSet>>()

function quoting(sets: PacketSets, packets: DiagramSet): DiagramSet {
  // Of an answer, the kind of what it answers says nothing.
  const whole = sets.mask(sets.all, sets.forget(packets, kindLevels))
  const moved = sets.rename(sets.forget(whole, kindLevels), places)
  return sets.mask(anyError(sets), moved)
}

const anyError = once((sets) => icmpOfTypes(sets, (family) => icmpErrors[family]))

/** Every error that quotes a packet of its destination's. */
export const errorsWithQuotes = (sets: PacketSets): DiagramSet => errorsAbout(sets, sets.all)

/** Errors that quote packets to some addresses. @param to a set of packets, by destination alone */
export const quotingTo = (sets: PacketSets, to: DiagramSet): DiagramSet => sets.rename(to, quotedPlaces)

const quotedPlaces: ReadonlyMap<number, number> = new Map(
  addressLevels('destination').map((destination, at) => [destination, addressLevels('quoted')[at] as number]),
)

/** Errors that quote packets of a protocol. */
export const quotingProtocol = (sets: PacketSets, protocol: number): DiagramSet =>
  sets.field('tcpFlags', [[protocol, protocol]])
