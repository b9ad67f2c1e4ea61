/**
 * What a frame must have become when the evaluator rewrote its packet: the addresses, ports and quoted ends that the
 * evaluator says, every other byte as it was, and each checksum as right or as wrong as before.
 */
import { ipBytes, Protocol } from '../../net/index.ts'
import { addToSum, type IpHeaders, isIcmpError, type QuotedFlow } from '../../wire/index.ts'

/** Offsets in the frame of one IP header and of what follows it. */
interface Place {
  readonly source: number
  readonly destination: number
  readonly transport: number
}

const outer = {
  4: { source: 26, destination: 30, transport: 34 },
  6: { source: 22, destination: 38, transport: 54 },
} as const satisfies Record<4 | 6, Place>

/** Bytes from an outer header to the same place in the packet that an ICMP error quotes. */
const quotedShift = { 4: 28, 6: 48 } as const

const checksumAt: Readonly<Record<number, number>> = { [Protocol.tcp]: 16, [Protocol.udp]: 6 }
const icmpChecksumAt = 2

/** What is wrong with the frame that came out, or `undefined`. `wanted` is the evaluator's packet. */
export function frameFault(before: Uint8Array, after: Uint8Array, wanted: IpHeaders): string | undefined {
  const { family } = wanted
  const expected = before.slice()
  const place = outer[family]
  writeFlow(expected, place, wanted)
  const { quoted } = wanted
  const shift = quotedShift[family]
  if (quoted) {
    const inner = { source: place.source + shift, destination: place.destination + shift }
    writeFlow(expected, { ...inner, transport: place.transport + shift }, quoted)
  }
  const sums = checksumOffsets(before, wanted)
  for (const at of sums) for (const byte of [at, at + 1]) expected[byte] = after[byte]!
  if (after.length !== expected.length) return `${after.length} bytes came out of ${before.length}`
  const different = expected.findIndex((byte, at) => byte !== after[at])
  if (different >= 0) return `byte ${different} is ${after[different]}, expected ${expected[different]}`
  for (const [name, sum] of residues(before, wanted)) {
    const [was, is] = [sum(before), sum(after)]
    if (was !== is) return `the ${name} checksum was off by ${was}, now by ${is}`
  }
  const udp = [
    ...(wanted.protocol === Protocol.udp ? [place.transport + 6] : []),
    ...(quoted?.protocol === Protocol.udp ? [place.transport + shift + 6] : []),
  ]
  for (const at of udp) {
    const [had, has] = [before, after].map((frame) => frame[at] !== 0 || frame[at + 1] !== 0)
    if (had !== has) return `the UDP checksum is ${has ? 'there' : 'absent'}, unlike before`
  }
  return undefined
}

function writeFlow(frame: Uint8Array, place: Place, flow: QuotedFlow): void {
  frame.set(ipBytes(flow.source), place.source)
  frame.set(ipBytes(flow.destination), place.destination)
  const { protocol, sourcePort, destinationPort } = flow
  const write = (at: number, port: number) => frame.set([port >>> 8, port & 255], place.transport + at)
  if (protocol === Protocol.tcp || protocol === Protocol.udp) {
    write(0, sourcePort)
    write(2, destinationPort)
  } else if (echoTypes[protocol]?.includes(frame[place.transport]!)) write(4, sourcePort || destinationPort)
}

/** Messages whose identifier stands for a port. */
const echoTypes: Readonly<Record<number, readonly number[]>> = {
  [Protocol.icmp]: [8, 0],
  [Protocol.icmp6]: [128, 129],
}

function checksumOffsets(frame: Uint8Array, wanted: IpHeaders): readonly number[] {
  const { family, protocol, quoted } = wanted
  const { transport } = outer[family]
  const all = [transport + (checksumAt[protocol] ?? icmpChecksumAt)]
  if (family === 4) all.push(24)
  if (!quoted) return all
  if (family === 4) all.push(24 + quotedShift[4])
  const inner = quotedChecksum(frame, wanted, quoted)
  return inner === undefined ? all : [...all, inner]
}

/** Where the checksum of the quoted packet's transport is; `undefined` if it is cut off. */
function quotedChecksum(
  frame: Uint8Array,
  { family }: IpHeaders,
  { protocol }: QuotedFlow,
): number | undefined {
  const at = outer[family].transport + quotedShift[family] + (checksumAt[protocol] ?? icmpChecksumAt)
  return at + 2 <= endOfSegment(frame, family) ? at : undefined
}

/**
 * Sums over what each checksum covers, modulo 2^16 - 1: 0 where it is right. What is not changed counts the same before and
 * after, so a UDP length that is not the segment's does no harm.
 */
function residues(
  before: Uint8Array,
  wanted: IpHeaders,
): readonly (readonly [string, (frame: Uint8Array) => number])[] {
  const { family, protocol, quoted } = wanted
  const { source, transport } = outer[family]
  const covers = (first: number, end?: number) => (frame: Uint8Array) =>
    addToSum(0, frame.subarray(first, end)) % 0xffff
  const header = ['IPv4 header', covers(14, 34)] as const
  const withAddresses = !(family === 4 && isIcmp(wanted))
  /** Both addresses stand just before the transport header, so one range holds all that the pseudo header has of them. */
  const segment = (frame: Uint8Array): number => {
    if (protocol === Protocol.udp && frame[transport + 6] === 0 && frame[transport + 7] === 0) return 0
    const length = family === 4 ? u16(frame, 16) - 20 : u16(frame, 18)
    const sum = addToSum(0, frame.subarray(withAddresses ? source : transport, transport + length))
    return (withAddresses ? sum + protocol + length : sum) % 0xffff
  }
  const all = [['transport', segment] as const, ...(family === 4 ? [header] : [])]
  if (!quoted || !isIcmpError(wanted)) return all
  const inner = ['quoted IPv4 header', covers(14 + quotedShift[4], 34 + quotedShift[4])] as const
  const own = quotedChecksum(before, wanted, quoted)
  const isAbsent = own === undefined || (quoted.protocol === Protocol.udp && u16(before, own) === 0)
  // Without a pseudo header ICMPv4 covers itself alone.
  const first = quoted.protocol === Protocol.icmp ? transport : source
  const shift = quotedShift[family]
  const rest = isAbsent
    ? []
    : [['quoted transport', covers(first + shift, endOfSegment(before, family))] as const]
  return [...all, ...(family === 4 ? [inner] : []), ...rest]
}

/** Behind the last byte of the outer packet. */
const endOfSegment = (frame: Uint8Array, family: 4 | 6): number =>
  family === 4 ? 14 + u16(frame, 16) : 54 + u16(frame, 18)

const u16 = (frame: Uint8Array, at: number): number => (frame[at]! << 8) | frame[at + 1]!

const isIcmp = ({ protocol }: IpHeaders): boolean => protocol === Protocol.icmp || protocol === Protocol.icmp6
