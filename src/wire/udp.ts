/** The UDP header (RFC 768; RFC 8200 section 8.1 for IPv6). */
import { Protocol } from '../net/index.ts'
import { concat, setU16, u16 } from './bytes.ts'
import { type Addresses, checksum, pseudoHeaderSum } from './checksum.ts'

export const field = Object.freeze({ sourcePort: 0, destinationPort: 2, length: 4, checksum: 6, payload: 8 })

export interface Header {
  readonly sourcePort: number
  readonly destinationPort: number
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  get sourcePort(): number {
    return u16(this.#bytes, field.sourcePort)
  }
  get destinationPort(): number {
    return u16(this.#bytes, field.destinationPort)
  }
  /** Bytes, header included. */
  get length(): number {
    return u16(this.#bytes, field.length)
  }
  /** Ends where the length field says. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(field.payload, this.length)
  }
  /** True also if the sender gave none (0), which RFC 768 permits over IPv4 only. */
  checksumHolds(addresses: Addresses): boolean {
    if (u16(this.#bytes, field.checksum) === 0) return addresses.source.family === 4
    const covered = this.#bytes.subarray(0, this.length)
    return checksum(covered, pseudoHeaderSum(addresses, Protocol.udp, covered.length)) === 0
  }
}

/** `undefined` if shorter than 8 bytes or than its length field, or if that is below 8. */
export function check(bytes: Uint8Array): View | undefined {
  if (bytes.length < field.payload) return undefined
  const view = new View(bytes)
  return view.length < field.payload || view.length > bytes.length ? undefined : view
}

export const parse = ({ sourcePort, destinationPort }: View): Header => ({ sourcePort, destinationPort })

/** The datagram with its checksum; a sum of 0 is sent as 0xffff (RFC 768). Throws `RangeError` above 65527 bytes of payload. */
export function emit(header: Header, payload: Uint8Array, addresses: Addresses): Uint8Array {
  if (payload.length > 0xffff - field.payload)
    throw new RangeError(
      `emit UDP: ${payload.length} bytes of payload; give at most ${0xffff - field.payload}`,
    )
  const head = new Uint8Array(field.payload)
  setU16(head, field.sourcePort, header.sourcePort)
  setU16(head, field.destinationPort, header.destinationPort)
  setU16(head, field.length, field.payload + payload.length)
  const datagram = concat(head, payload)
  const sum = checksum(datagram, pseudoHeaderSum(addresses, Protocol.udp, datagram.length))
  setU16(datagram, field.checksum, sum || 0xffff)
  return datagram
}
