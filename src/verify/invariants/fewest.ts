/** The fewest that have something only together: of a list, and of the packets that a node sends. */
import type { IpHeaders } from '../../wire/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import type { Emission } from '../network/index.ts'
import { highest, level, onePacket, type PacketSets, packetOf } from '../packets/index.ts'
import type { Proof } from './proof.ts'
import { packetsFrom } from './sender.ts'

/**
 * As halving finds them: none of them can be left out.
 * @param has whether some of them have it; if they do, so do more
 */
export function fewest<T>(list: readonly T[], has: (some: readonly T[]) => boolean): readonly T[] {
  if (list.length <= 1) return list
  const first = list.slice(0, Math.ceil(list.length / 2))
  const second = list.slice(first.length)
  if (has(first)) return fewest(first, has)
  if (has(second)) return fewest(second, has)
  const left = fewest(first, (some) => has([...some, ...second]))
  return [...left, ...fewest(second, (some) => has([...left, ...some]))]
}

/** As {@link fewest}, of packets, such as a person would choose. */
export function fewestPackets(
  proof: Proof,
  emission: Emission,
  has: (packets: DiagramSet) => boolean,
): readonly IpHeaders[] {
  const { sets } = proof
  if (has(sets.none)) return []
  let left = packetsFrom(proof, emission, has)
  for (;;) {
    const parts = halves(sets, left)
    if (!parts) return [packetOf(sets, left)]
    const alone = parts.find(has)
    if (alone === undefined) break
    left = alone
  }
  const [first, second] = halves(sets, left) as readonly [DiagramSet, DiagramSet]
  const chosen = fewestPackets(proof, { ...emission, packets: first }, (some) =>
    has(sets.union([some, second])),
  )
  const known = sets.union(chosen.map((packet) => onePacket(sets, packet)))
  const others = fewestPackets(proof, { ...emission, packets: second }, (some) =>
    has(sets.union([some, known])),
  )
  return [...chosen, ...others]
}

/** Two parts of a set; `undefined` if it is one packet. */
function halves(sets: PacketSets, packets: DiagramSet): readonly [DiagramSet, DiagramSet] | undefined {
  for (let at = level.family; at <= level.sourcePort; at++) {
    let [first, last] = [0, highest[at] as number]
    while (first < last) {
      const middle = first + Math.floor((last - first) / 2)
      const low = sets.mask(sets.cut(at, [[first, middle]], everything) as DiagramSet, packets)
      const high = sets.mask(sets.cut(at, [[middle + 1, last]], everything) as DiagramSet, packets)
      if (low !== sets.none && high !== sets.none) return [low, high]
      if (high === sets.none) last = middle
      else first = middle + 1
    }
  }
  return undefined
}
