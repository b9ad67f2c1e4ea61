/** Packets that a rule of Windows Firewall can speak of: a product of sets, and what is left of one when another is taken away. */
import { aggregatePrefixes, PortRange, type Prefix, prefixCovers, subtractPrefixes } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { intersectPorts, subtractPorts } from '../port-set.ts'

/** All conditions hold. `local` and `remote` are of the machine's side; a packet's two addresses are of one family. */
export interface Box {
  readonly local: readonly Prefix[]
  readonly remote: readonly Prefix[]
  /** `undefined`: any. */
  readonly protocol: number | undefined
  /** Of TCP and UDP; all of them for others. */
  readonly localPorts: readonly PortRange[]
  readonly remotePorts: readonly PortRange[]
  /** `undefined`: any. */
  readonly icmpType: number | undefined
  readonly icmpCode: number | undefined
}

const allPorts: readonly PortRange[] = [PortRange(0, 65535)]

/** @param everything all addresses, as prefixes */
export function boxOf(match: Match, direction: 'in' | 'out', everything: readonly Prefix[]): Box {
  const ofFamily = (list: readonly Prefix[]) =>
    aggregatePrefixes(list.filter(({ family }) => (match.family ?? family) === family))
  const source = ofFamily(match.source ?? everything)
  const destination = ofFamily(match.destination ?? everything)
  const [sourcePorts, destinationPorts] = [match.sourcePorts ?? allPorts, match.destinationPorts ?? allPorts]
  const inward = direction === 'in'
  return {
    local: inward ? destination : source,
    remote: inward ? source : destination,
    protocol: match.protocol,
    localPorts: intersectPorts(inward ? destinationPorts : sourcePorts, allPorts),
    remotePorts: intersectPorts(inward ? sourcePorts : destinationPorts, allPorts),
    icmpType: match.icmpType,
    icmpCode: match.icmpCode,
  }
}

/** Whether no packet is in the box. */
export const isEmpty = (box: Box): boolean =>
  box.localPorts.length === 0 ||
  box.remotePorts.length === 0 ||
  ([4, 6] as const).every((family) =>
    [box.local, box.remote].some((list) => list.every((prefix) => prefix.family !== family)),
  )

/** Boxes that together hold what is in `from` and not in `minus`; `undefined` if a complement has no words (all protocols but one). */
export function subtractBox(from: Box, minus: Box): Box[] | undefined {
  const common = intersection(from, minus)
  if (!common || isEmpty(common)) return [from]
  if (from.protocol === undefined && minus.protocol !== undefined) return undefined
  if (from.icmpType === undefined && minus.icmpType !== undefined) return undefined
  if (from.icmpCode === undefined && minus.icmpCode !== undefined) return undefined
  const { remote, local, remotePorts } = common
  const pieces: Box[] = [
    { ...from, remote: subtractPrefixes(from.remote, minus.remote) },
    { ...from, remote, local: subtractPrefixes(from.local, minus.local) },
    { ...from, remote, local, remotePorts: subtractPorts(from.remotePorts, minus.remotePorts) },
    { ...from, remote, local, remotePorts, localPorts: subtractPorts(from.localPorts, minus.localPorts) },
  ]
  return pieces.filter((piece) => !isEmpty(piece))
}

/** What is left of `from` when all of `minus` are taken away. */
export function subtractBoxes(from: Box, minus: readonly Box[]): Box[] | undefined {
  let left: Box[] = [from]
  for (const other of minus) {
    const next = left.map((box) => subtractBox(box, other))
    if (next.includes(undefined)) return undefined
    left = next.flatMap((boxes) => boxes ?? [])
  }
  return left
}

function intersection(a: Box, b: Box): Box | undefined {
  const protocol = both(a.protocol, b.protocol)
  const icmpType = both(a.icmpType, b.icmpType)
  const icmpCode = both(a.icmpCode, b.icmpCode)
  if (protocol === none || icmpType === none || icmpCode === none) return undefined
  return {
    local: intersectPrefixes(a.local, b.local),
    remote: intersectPrefixes(a.remote, b.remote),
    protocol,
    localPorts: intersectPorts(a.localPorts, b.localPorts),
    remotePorts: intersectPorts(a.remotePorts, b.remotePorts),
    icmpType,
    icmpCode,
  }
}

const none = Symbol('none')

const both = (a: number | undefined, b: number | undefined): number | undefined | typeof none =>
  a === undefined ? b : b === undefined || a === b ? a : none

const intersectPrefixes = (a: readonly Prefix[], b: readonly Prefix[]): Prefix[] =>
  aggregatePrefixes(
    a.flatMap((x) => b.flatMap((y) => (prefixCovers(x, y) ? [y] : prefixCovers(y, x) ? [x] : []))),
  )
