/**
 * Frames and headers for property tests, biased to where rules and parsers differ: the given addresses and ports
 * and their neighbours, interesting types and flags, lengths that are nearly right.
 */
import fc from 'fast-check'
import { type Family, familyBits, Ip, Protocol } from '../../net/index.ts'
import { concat, setU16 } from '../bytes.ts'
import { frameOf } from '../frame-of.ts'
import { extensionHeaders, type IpHeaders, icmpErrors, type QuotedFlow } from '../headers.ts'

/** What the rules under test talk about. Empty lists are fine: then values are drawn from all. */
export interface Universe {
  readonly addresses: readonly Ip[]
  readonly ports: readonly number[]
  /** Protocols beside TCP, UDP and ICMP that should be drawn often. */
  readonly protocols?: readonly number[]
}

export const anywhere: Universe = Object.freeze({ addresses: [], ports: [] })

const oneOfWeighted = <T>(...choices: ReadonlyArray<readonly [weight: number, arbitrary: fc.Arbitrary<T>]>) =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))

/** Mostly an address of the universe, else one beside it, else any. */
export function arbitraryAddress(family: Family, { addresses }: Universe): fc.Arbitrary<Ip> {
  const all = (1n << BigInt(familyBits(family))) - 1n
  const any = fc.bigInt(0n, all).map((value) => Ip(family, value))
  const known = addresses.filter((address) => address.family === family)
  if (known.length === 0) return any
  const beside = fc
    .tuple(fc.constantFrom(...known), fc.constantFrom(-1n, 1n))
    .map(([{ value }, step]) => Ip(family, (value + step) & all))
  return oneOfWeighted([12, fc.constantFrom(...known)], [2, beside], [1, any])
}

/** Mostly a port of the universe, else one beside it, else a boundary or any. */
export function arbitraryPort({ ports }: Universe): fc.Arbitrary<number> {
  const any = oneOfWeighted([1, fc.constantFrom(0, 1, 1023, 1024, 32768, 65535)], [2, fc.nat(65535)])
  if (ports.length === 0) return any
  const beside = fc
    .tuple(fc.constantFrom(...ports), fc.constantFrom(-1, 1))
    .map(([port, step]) => (port + step) & 0xffff)
  return oneOfWeighted([8, fc.constantFrom(...ports)], [2, beside], [2, any])
}

/** SYN, SYN+ACK, ACK, RST, FIN+ACK and so on; sometimes any combination. */
export const arbitraryTcpFlags: fc.Arbitrary<number> = oneOfWeighted(
  [4, fc.constantFrom(0x02, 0x12, 0x10, 0x18, 0x04, 0x14, 0x11, 0x00, 0xc2)],
  [1, fc.nat(255)],
)

const arbitraryIcmpType = (family: Family): fc.Arbitrary<number> => {
  const common =
    family === 4 ? [8, 0, 8, 0, 3, 4, 5, 11, 12, 13] : [128, 129, 128, 129, 1, 2, 3, 4, 133, 135, 137]
  return oneOfWeighted([6, fc.constantFrom(...common)], [1, fc.nat(255)])
}

const arbitraryProtocol = (family: Family, { protocols = [] }: Universe): fc.Arbitrary<number> => {
  const icmp = family === 4 ? Protocol.icmp : Protocol.icmp6
  const other = fc.oneof(fc.constantFrom(...protocols, 2, 47, 50, 59, 253), fc.nat(255))
  return oneOfWeighted(
    [4, fc.constant<number>(Protocol.tcp)],
    [3, fc.constant<number>(Protocol.udp)],
    [3, fc.constant<number>(icmp)],
    [1, other],
  ).filter((protocol) => isMeaningful(family, protocol))
}

/** False for protocols that make a frame odd. */
const isMeaningful = (family: Family, protocol: number): boolean =>
  family === 4
    ? protocol !== Protocol.icmp6
    : protocol !== Protocol.icmp && protocol !== 44 && !extensionHeaders.includes(protocol)

/** A five-tuple in the normal form that `readHeaders` gives. */
export const arbitraryFlow = (universe: Universe, family: Family): fc.Arbitrary<QuotedFlow> =>
  arbitraryProtocol(family, universe).chain((protocol) => {
    const icmp = protocol === Protocol.icmp || protocol === Protocol.icmp6
    const transport = protocol === Protocol.tcp || protocol === Protocol.udp
    const port = transport || icmp ? arbitraryPort(universe) : fc.constant(0)
    return fc
      .record({
        source: arbitraryAddress(family, universe),
        destination: arbitraryAddress(family, universe),
        protocol: fc.constant(protocol),
        sourcePort: port,
        destinationPort: port,
      })
      .chain((flow) =>
        icmp
          ? fc.constantFrom({ ...flow, sourcePort: 0 }, { ...flow, destinationPort: 0 })
          : fc.constant(flow),
      )
  })

/** Headers of a well-formed IP packet: each is what `readHeaders` says of some frame. */
export const arbitraryHeaders = (universe: Universe = anywhere): fc.Arbitrary<IpHeaders> =>
  fc.constantFrom<Family>(4, 6).chain((family) =>
    fc
      .record({
        flow: arbitraryFlow(universe, family),
        hopLimit: oneOfWeighted([4, fc.constantFrom(64, 255, 1, 0, 2)], [1, fc.nat(255)]),
        tcpFlags: arbitraryTcpFlags,
        tcpSequence: fc.nat(0xffffffff),
        tcpAcknowledgement: fc.nat(0xffffffff),
        icmpType: arbitraryIcmpType(family),
        icmpCode: oneOfWeighted([4, fc.constantFrom(0, 1, 3, 4)], [1, fc.nat(255)]),
        quoted: fc.option(arbitraryFlow(universe, family), { nil: undefined, freq: 12 }),
      })
      .map((parts) => headersOf(family, parts))
      .filter((headers) => !isNeighbourDiscovery(headers)),
  )

interface HeaderParts {
  readonly flow: QuotedFlow
  readonly hopLimit: number
  readonly tcpFlags: number
  readonly tcpSequence: number
  readonly tcpAcknowledgement: number
  readonly icmpType: number
  readonly icmpCode: number
  readonly quoted: QuotedFlow | undefined
}

function headersOf(
  family: Family,
  { flow, hopLimit, tcpFlags, tcpSequence, tcpAcknowledgement, icmpType, icmpCode, quoted }: HeaderParts,
): IpHeaders {
  const plain: IpHeaders = { kind: 'ip', family, ...flow, hopLimit, tcpFlags: 0, icmpType: 0, icmpCode: 0 }
  if (flow.protocol === Protocol.tcp) return { ...plain, tcpFlags, tcpSequence, tcpAcknowledgement }
  if (flow.protocol !== (family === 4 ? Protocol.icmp : Protocol.icmp6)) return plain
  const identifier = flow.sourcePort || flow.destinationPort
  const sourcePort = icmpType === (family === 4 ? 8 : 128) ? identifier : 0
  const destinationPort = icmpType === (family === 4 ? 0 : 129) ? identifier : 0
  const isError = icmpErrors[family].includes(icmpType)
  return { ...plain, sourcePort, destinationPort, icmpType, icmpCode, ...(isError && quoted && { quoted }) }
}

const isNeighbourDiscovery = ({
  protocol,
  icmpType,
  icmpCode,
  hopLimit,
  destination: { value },
}: IpHeaders): boolean =>
  protocol === Protocol.icmp6 &&
  icmpType >= 133 &&
  icmpType <= 137 &&
  icmpCode === 0 &&
  hopLimit === 255 &&
  (value >> 118n === 0x3fan || value >> 112n === 0xff02n)

/** A frame of well-formed IP, with some payload. */
export const arbitraryFrame = (universe: Universe = anywhere): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(arbitraryHeaders(universe), fc.uint8Array({ maxLength: 24 }))
    .map(([headers, payload]) => frameOf(headers, { payload }))

/** A change that makes a well-formed frame odd in one way; applied to others it does no harm. */
type Spoil = (frame: Uint8Array) => Uint8Array

const setByte =
  (offset: number, value: number): Spoil =>
  (frame) => {
    const copy = frame.slice()
    if (offset < copy.length) copy[offset] = value
    return copy
  }

const addToU16 =
  (offset: number, step: number): Spoil =>
  (frame) => {
    const copy = frame.slice()
    if (offset + 1 < copy.length) setU16(copy, offset, ((copy[offset]! << 8) | copy[offset + 1]!) + step)
    return copy
  }

/** Offsets whose bytes decide: ethertype, version, lengths, fragments, protocol; data offset and UDP length; quoted ones. */
const decisive = [
  12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 34, 38, 39, 42, 46, 54, 55, 58, 59, 62, 66, 68, 71, 102, 108,
]

const arbitrarySpoil: fc.Arbitrary<Spoil> = oneOfWeighted<Spoil>(
  [4, fc.tuple(fc.constantFrom(...decisive), fc.nat(255)).map(([offset, value]) => setByte(offset, value))],
  [
    3,
    fc
      .tuple(fc.constantFrom(16, 18, 38, 58), fc.integer({ min: -30, max: 30 }))
      .map(([at, by]) => addToU16(at, by)),
  ],
  [
    3,
    fc.nat(130).map(
      (length): Spoil =>
        (frame) =>
          frame.slice(0, length),
    ),
  ],
  [
    2,
    fc.uint8Array({ maxLength: 60 }).map(
      (tail): Spoil =>
        (frame) =>
          concat(frame, tail),
    ),
  ],
  [2, fc.constantFrom(0x45, 0x46, 0x4f, 0x44, 0x55, 0x60, 0x65).map((first) => setByte(14, first))],
  [
    2,
    fc
      .constantFrom(0, 1, 6, 17, 43, 44, 51, 58, 59, 60, 63, 64, 135, 139, 140, 255)
      .map((next) => setByte(20, next)),
  ],
  [2, fc.constantFrom(0x20, 0x3f, 0x40, 0x80, 0xa0).map((flags) => setByte(20, flags))],
  [
    2,
    fc.constantFrom<readonly [number, number]>([8, 0], [8, 6], [0x81, 0], [0x86, 0xdd], [0x88, 0xa8]).map(
      ([high, low]): Spoil =>
        (frame) =>
          setByte(13, low)(setByte(12, high)(frame)),
    ),
  ],
  [1, fc.tuple(fc.nat(140), fc.nat(255)).map(([offset, value]) => setByte(offset, value))],
)

/** Any bytes: well-formed frames with up to three changes, ARP, neighbour discovery, and now and then noise. */
export const arbitraryBytes = (universe: Universe = anywhere): fc.Arbitrary<Uint8Array> => {
  const changes = (count: number) => fc.array(arbitrarySpoil, { minLength: count, maxLength: count })
  const spoilt = fc
    .tuple(
      oneOfWeighted([8, arbitraryFrame(universe)], [1, arbitraryOdd]),
      oneOfWeighted([3, changes(0)], [4, changes(1)], [2, changes(2)], [1, changes(3)]),
    )
    .map(([frame, spoils]) => spoils.reduce((current, spoil) => spoil(current), frame))
  return oneOfWeighted([20, spoilt], [1, fc.uint8Array({ maxLength: 160 })])
}

/** ARP and neighbour discovery. */
const arbitraryOdd: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(133, 134, 135, 136, 137),
    fc.uint8Array({ minLength: 28, maxLength: 40 }),
    fc.constantFrom(0xff02n << 112n, 0xfe80n << 112n, 0xff05n << 112n, 0n),
  )
  .map(([icmpType, payload, scope]) => {
    const flow = {
      source: Ip(6, 1n),
      destination: Ip(6, scope | 2n),
      protocol: 58,
      sourcePort: 0,
      destinationPort: 0,
    }
    const plain: IpHeaders = {
      kind: 'ip',
      family: 6,
      ...flow,
      hopLimit: 254,
      tcpFlags: 0,
      icmpType,
      icmpCode: 0,
    }
    const frame = setByte(21, 255)(frameOf(plain, { payload }))
    return icmpType === 134 ? setByte(13, 6)(setByte(12, 8)(frame)) : frame
  })
