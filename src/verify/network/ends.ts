/** A flow has two ends; what comes from one goes to the other. */
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, level, type PacketSets } from '../packets/index.ts'

const places = new Map<number, number>()
for (const [at, source] of addressLevels('source').entries()) {
  const destination = addressLevels('destination')[at] as number
  places.set(source, destination).set(destination, source)
}
places.set(level.sourcePort, level.destinationPort).set(level.destinationPort, level.sourcePort)

/** The packets with source and destination, addresses and ports, in each other's place. */
export const swapEnds = (sets: PacketSets, packets: DiagramSet): DiagramSet => sets.rename(packets, places)
