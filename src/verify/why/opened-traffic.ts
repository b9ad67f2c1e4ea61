/** Packets that open something, in words: what can open nothing is not missed in them. */
import { type Traffic, trafficOf } from '../change/traffic.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { openings, type PacketSets } from '../packets/index.ts'

/** As {@link trafficOf}; `icmp` is all ICMP that opens something, `any` is all that does. */
export function openedTraffic(sets: PacketSets, packets: DiagramSet): readonly Traffic[] {
  const whole = new Set(
    trafficOf(sets, openings(sets)).flatMap((part) => (part.icmpTypes ? [JSON.stringify(part)] : [])),
  )
  const parts = trafficOf(sets, packets).map((part): Traffic => {
    if (!whole.has(JSON.stringify(part))) return part
    const { icmpTypes: _, ...all } = part
    return all
  })
  const plain = parts.filter(({ protocol, families }) => protocol === 'icmp' && families.length === 1)
  const joined =
    plain.length === 2 && plain.every((part) => !part.icmpTypes)
      ? [...parts.filter((part) => !plain.includes(part)), { families: [4, 6], protocol: 'icmp' } as Traffic]
      : parts
  const isAll = (protocol: Traffic['protocol']): boolean =>
    joined.some((part) => part.protocol === protocol && Object.keys(part).length === 2)
  const families = joined[0]?.families ?? []
  const same = joined.every((part) => part.families.length === families.length)
  const everything = same && (['tcp', 'udp', 'icmp', 'other'] as const).every(isAll)
  return everything ? [{ families, protocol: 'any' }] : joined
}
