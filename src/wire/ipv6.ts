/** The IPv6 header (RFC 8200 section 3). Extension headers are payload here. */
import type { Ip } from '../net/index.ts'
import { concat, ipAt, setIp, setU16, setU32, u8, u16, u32 } from './bytes.ts'

export const field = Object.freeze({
  /** Version (4 bits), traffic class (8), flow label (20). */
  versionClassLabel: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
  payload: 40,
})

export interface Header {
  readonly source: Ip
  readonly destination: Ip
  readonly nextHeader: number
  readonly hopLimit: number
  readonly trafficClass: number
  /** 20 bits. */
  readonly flowLabel: number
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  get trafficClass(): number {
    return (u32(this.#bytes, field.versionClassLabel) >>> 20) & 0xff
  }
  get flowLabel(): number {
    return u32(this.#bytes, field.versionClassLabel) & 0xfffff
  }
  /** Bytes after the header. */
  get payloadLength(): number {
    return u16(this.#bytes, field.payloadLength)
  }
  get nextHeader(): number {
    return u8(this.#bytes, field.nextHeader)
  }
  get hopLimit(): number {
    return u8(this.#bytes, field.hopLimit)
  }
  get source(): Ip {
    return ipAt(this.#bytes, field.source, 6)
  }
  get destination(): Ip {
    return ipAt(this.#bytes, field.destination, 6)
  }
  /** Ends where the payload length says, so that Ethernet padding is not in it. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(field.payload, field.payload + this.payloadLength)
  }
}

/** `undefined` if shorter than 40 bytes, of another version, or shorter than its payload length says. */
export function check(bytes: Uint8Array): View | undefined {
  if (bytes.length < field.payload || u8(bytes, field.versionClassLabel) >>> 4 !== 6) return undefined
  const view = new View(bytes)
  return field.payload + view.payloadLength > bytes.length ? undefined : view
}

export const parse = ({
  source,
  destination,
  nextHeader,
  hopLimit,
  trafficClass,
  flowLabel,
}: View): Header => ({
  source,
  destination,
  nextHeader,
  hopLimit,
  trafficClass,
  flowLabel,
})

/** Header with payload length, and the payload. Throws `RangeError` if the payload is longer than 65535 bytes. */
export function emit(header: Header, payload: Uint8Array): Uint8Array {
  if (payload.length > 0xffff)
    throw new RangeError(`emit IPv6: ${payload.length} bytes of payload; give at most 65535`)
  const head = new Uint8Array(field.payload)
  const word = 0x60000000 + (header.trafficClass << 20) + (header.flowLabel & 0xfffff)
  setU32(head, field.versionClassLabel, word)
  setU16(head, field.payloadLength, payload.length)
  head[field.nextHeader] = header.nextHeader
  head[field.hopLimit] = header.hopLimit
  setIp(head, field.source, header.source)
  setIp(head, field.destination, header.destination)
  return concat(head, payload)
}
