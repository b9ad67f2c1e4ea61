/**
 * All packets that rule lists are asked about, as rows without overlap: well-formed ones, as `PacketSets.all` has them. Of a field that its
 * protocol does not have only 0 is a packet, so that no difference is found which nobody can send.
 */
import { type Family, icmpOf, Protocol } from '../../net/index.ts'
import { icmpEcho, oddProtocols } from '../../wire/index.ts'
import { type Layout, layouts } from './layout.ts'

type Ranges = Partial<Record<keyof Layout['place'], readonly [first: number, last: number]>>

const zero = [0, 0] as const
const [noIcmp, noPorts] = [
  { icmpType: zero, icmpCode: zero },
  { sourcePort: zero, destinationPort: zero },
]

function rowsOfFamily(family: Family): readonly Uint32Array[] {
  const { request, reply } = icmpEcho[family]
  const icmp = icmpOf(family)
  const others: Ranges[] = gaps(255, [Protocol.tcp, Protocol.udp, icmp, ...oddProtocols[family]]).map(
    (protocol) => ({ ...noIcmp, ...noPorts, protocol }),
  )
  const types: Ranges[] = [
    { icmpType: [request, request], destinationPort: zero },
    { icmpType: [reply, reply], sourcePort: zero },
    ...gaps(255, [request, reply]).map((icmpType) => ({ ...noPorts, icmpType })),
  ]
  return [
    rowWith(family, { ...noIcmp, protocol: [Protocol.tcp, Protocol.tcp] }, 0),
    rowWith(family, { ...noIcmp, protocol: [Protocol.udp, Protocol.udp] }),
    ...types.map((each) => rowWith(family, { ...each, protocol: [icmp, icmp] })),
    ...others.map((each) => rowWith(family, each)),
  ]
}

/** @param flagMask bits of the TCP flags that are 0 */
function rowWith(family: Family, fields: Ranges, flagMask = 0xff): Uint32Array {
  const { place, ranges, full } = layouts[family]
  const row = full.slice()
  for (const [field, range] of Object.entries(fields)) row.set(range, 2 * place[field as keyof typeof place])
  row[2 * ranges] = flagMask
  return row
}

/** The ranges that some numbers leave of 0 to `last`. */
function gaps(last: number, numbers: readonly number[]): (readonly [number, number])[] {
  const bounds = [-1, ...numbers.toSorted((a, b) => a - b), last + 1]
  return bounds
    .slice(1)
    .map((bound, at) => [(bounds[at] as number) + 1, bound - 1] as const)
    .filter(([first, end]) => first <= end)
}

export const domain: Readonly<Record<Family, readonly Uint32Array[]>> = {
  4: rowsOfFamily(4),
  6: rowsOfFamily(6),
}
