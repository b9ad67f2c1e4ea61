/** Packets out of sets, drawn at random. */
import type { Family, Ip } from '../../src/net/index.ts'
import type { Diagram } from '../../src/verify/diagram/index.ts'
import { highest, level, type PacketSets } from '../../src/verify/packets/index.ts'
import type { IpHeaders } from '../../src/wire/index.ts'
import { pick, type Random } from './random.ts'

interface Draw {
  /** Of a range its first or last number rather than one within. */
  readonly ends?: boolean
}

/** A packet of a set that is not empty, or for which a diagram says something; each range of each field is as likely as any other. */
export function packetIn(
  sets: PacketSets,
  packets: Diagram,
  random: Random,
  { ends = false }: Draw = {},
): IpHeaders {
  const tuple = Uint32Array.from(highest, (last) => random(last + 1))
  let at = sets.mask(sets.all, packets)
  for (let here = sets.levelOf(at); here !== undefined; here = sets.levelOf(at)) {
    const branches = sets.branches(at).filter(([, child]) => child !== sets.none)
    const [[first, last], child] = pick(branches, random)
    tuple[here] = ends ? pick([first, last], random) : first + random(last - first + 1)
    at = child
  }
  return fromTuple(tuple)
}

function fromTuple(tuple: Uint32Array): IpHeaders {
  const number = (at: number) => tuple[at] as number
  const family: Family = number(level.family) === 0 ? 4 : 6
  const address = (at: number): Ip => ({
    family,
    value: [0, 1, 2, 3].reduce((sum, word) => (sum << 32n) | BigInt(number(at + word)), 0n),
  })
  return {
    kind: 'ip',
    family,
    protocol: number(level.protocol),
    hopLimit: 64,
    sourcePort: number(level.sourcePort),
    destinationPort: number(level.destinationPort),
    tcpFlags: number(level.tcpFlags),
    icmpType: number(level.icmpType),
    icmpCode: number(level.icmpCode),
    source: address(level.source),
    destination: address(level.destination),
  }
}
