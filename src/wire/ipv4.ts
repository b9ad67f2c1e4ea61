/** The IPv4 header (RFC 791 section 3.1; traffic class RFC 2474 and RFC 3168). */
import type { Ip } from '../net/index.ts'
import { concat, ipAt, setIp, setU16, u8, u16 } from './bytes.ts'
import { checksum } from './checksum.ts'

export const field = Object.freeze({
  /** Version in the high half, header length in 32-bit words in the low half. */
  versionLength: 0,
  trafficClass: 1,
  totalLength: 2,
  identification: 4,
  /** Three flags, then the fragment offset in units of 8 bytes. */
  fragment: 6,
  hopLimit: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  /** End of a header without options. */
  options: 20,
})

/** Bits of the field `fragment`. */
export const Fragment = Object.freeze({ dont: 0x4000, more: 0x2000, offset: 0x1fff } as const)

export interface Header {
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  readonly hopLimit: number
  readonly trafficClass: number
  readonly identification: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** Bytes; a multiple of 8. */
  readonly fragmentOffset: number
  /** Raw, a multiple of 4 bytes, at most 40. */
  readonly options: Uint8Array
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  /** Bytes. */
  get headerLength(): number {
    return (u8(this.#bytes, field.versionLength) & 0x0f) * 4
  }
  get trafficClass(): number {
    return u8(this.#bytes, field.trafficClass)
  }
  /** Bytes, header included. */
  get totalLength(): number {
    return u16(this.#bytes, field.totalLength)
  }
  get identification(): number {
    return u16(this.#bytes, field.identification)
  }
  get dontFragment(): boolean {
    return (u16(this.#bytes, field.fragment) & Fragment.dont) !== 0
  }
  get moreFragments(): boolean {
    return (u16(this.#bytes, field.fragment) & Fragment.more) !== 0
  }
  get fragmentOffset(): number {
    return (u16(this.#bytes, field.fragment) & Fragment.offset) * 8
  }
  get hopLimit(): number {
    return u8(this.#bytes, field.hopLimit)
  }
  get protocol(): number {
    return u8(this.#bytes, field.protocol)
  }
  get source(): Ip {
    return ipAt(this.#bytes, field.source, 4)
  }
  get destination(): Ip {
    return ipAt(this.#bytes, field.destination, 4)
  }
  get options(): Uint8Array {
    return this.#bytes.subarray(field.options, this.headerLength)
  }
  /** Ends where the total length says, so that Ethernet padding is not in it. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.headerLength, this.totalLength)
  }
  get checksumHolds(): boolean {
    return checksum(this.#bytes.subarray(0, this.headerLength)) === 0
  }
}

/**
 * `undefined` if shorter than 20 bytes, of another version, or if header length, total length and the bytes that
 * are there contradict each other. The checksum is not looked at.
 */
export function check(bytes: Uint8Array): View | undefined {
  if (bytes.length < field.options) return undefined
  const first = u8(bytes, field.versionLength)
  if (first >>> 4 !== 4 || (first & 0x0f) < 5) return undefined
  const view = new View(bytes)
  return view.totalLength < view.headerLength || view.totalLength > bytes.length ? undefined : view
}

export const parse = (view: View): Header => ({
  source: view.source,
  destination: view.destination,
  protocol: view.protocol,
  hopLimit: view.hopLimit,
  trafficClass: view.trafficClass,
  identification: view.identification,
  dontFragment: view.dontFragment,
  moreFragments: view.moreFragments,
  fragmentOffset: view.fragmentOffset,
  options: view.options.slice(),
})

/** Header with total length and checksum, and the payload. Throws `RangeError` if it cannot be so long. */
export function emit(header: Header, payload: Uint8Array): Uint8Array {
  const { options } = header
  if (options.length > 40 || options.length % 4 !== 0)
    throw new RangeError(`emit IPv4: ${options.length} bytes of options; give a multiple of 4, at most 40`)
  const length = field.options + options.length
  if (length + payload.length > 0xffff)
    throw new RangeError(`emit IPv4: ${payload.length} bytes of payload; give at most ${0xffff - length}`)
  const head = new Uint8Array(length)
  head[field.versionLength] = 0x40 | (length / 4)
  head[field.trafficClass] = header.trafficClass
  setU16(head, field.totalLength, length + payload.length)
  setU16(head, field.identification, header.identification)
  const flags = (header.dontFragment ? Fragment.dont : 0) | (header.moreFragments ? Fragment.more : 0)
  setU16(head, field.fragment, flags | ((header.fragmentOffset / 8) & Fragment.offset))
  head[field.hopLimit] = header.hopLimit
  head[field.protocol] = header.protocol
  setIp(head, field.source, header.source)
  setIp(head, field.destination, header.destination)
  head.set(options, field.options)
  setU16(head, field.checksum, checksum(head))
  return concat(head, payload)
}
