/** The TCP header (RFC 9293 section 3.1). */
import { Protocol } from '../net/index.ts'
import { concat, setU16, setU32, u8, u16, u32 } from './bytes.ts'
import { type Addresses, checksum, pseudoHeaderSum } from './checksum.ts'

export const field = Object.freeze({
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgement: 8,
  /** Header length in 32-bit words, in the high half. */
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgent: 18,
  /** End of a header without options. */
  options: 20,
})

/** Bits of the field `flags`. */
export const Flag = Object.freeze({
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const)

export interface Header {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgement: number
  /** OR of {@link Flag}s. */
  readonly flags: number
  readonly window: number
  readonly urgent: number
  /** Raw, a multiple of 4 bytes, at most 40. */
  readonly options: Uint8Array
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
  get sequence(): number {
    return u32(this.#bytes, field.sequence)
  }
  get acknowledgement(): number {
    return u32(this.#bytes, field.acknowledgement)
  }
  /** Bytes. */
  get headerLength(): number {
    return (u8(this.#bytes, field.dataOffset) >>> 4) * 4
  }
  get flags(): number {
    return u8(this.#bytes, field.flags)
  }
  get window(): number {
    return u16(this.#bytes, field.window)
  }
  get urgent(): number {
    return u16(this.#bytes, field.urgent)
  }
  get options(): Uint8Array {
    return this.#bytes.subarray(field.options, this.headerLength)
  }
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.headerLength)
  }
  checksumHolds(addresses: Addresses): boolean {
    return checksum(this.#bytes, pseudoHeaderSum(addresses, Protocol.tcp, this.#bytes.length)) === 0
  }
}

/** `undefined` if shorter than 20 bytes or than its data offset, or if that is below 5. `bytes` is the whole segment. */
export function check(bytes: Uint8Array): View | undefined {
  if (bytes.length < field.options) return undefined
  const view = new View(bytes)
  return view.headerLength < field.options || view.headerLength > bytes.length ? undefined : view
}

export const parse = (view: View): Header => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  sequence: view.sequence,
  acknowledgement: view.acknowledgement,
  flags: view.flags,
  window: view.window,
  urgent: view.urgent,
  options: view.options.slice(),
})

/** The segment with its checksum. Throws `RangeError` on options of a wrong length. */
export function emit(header: Header, payload: Uint8Array, addresses: Addresses): Uint8Array {
  const { options } = header
  if (options.length > 40 || options.length % 4 !== 0)
    throw new RangeError(`emit TCP: ${options.length} bytes of options; give a multiple of 4, at most 40`)
  const head = new Uint8Array(field.options + options.length)
  setU16(head, field.sourcePort, header.sourcePort)
  setU16(head, field.destinationPort, header.destinationPort)
  setU32(head, field.sequence, header.sequence)
  setU32(head, field.acknowledgement, header.acknowledgement)
  head[field.dataOffset] = (head.length / 4) << 4
  head[field.flags] = header.flags
  setU16(head, field.window, header.window)
  setU16(head, field.urgent, header.urgent)
  head.set(options, field.options)
  const segment = concat(head, payload)
  setU16(segment, field.checksum, checksum(segment, pseudoHeaderSum(addresses, Protocol.tcp, segment.length)))
  return segment
}
