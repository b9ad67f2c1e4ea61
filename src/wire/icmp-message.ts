/** What ICMP and ICMPv6 say, apart from the numbers by which each says it: see `icmp.ts` and `icmp6.ts`. */
import { setU16, u16 } from './bytes.ts'

/** Offsets that both families share (RFC 792, RFC 4443 section 2.1). */
export const field = Object.freeze({
  type: 0,
  code: 1,
  checksum: 2,
  /** Meaning by type: identifier and sequence number, MTU, pointer. */
  rest: 4,
  identifier: 4,
  sequence: 6,
  body: 8,
})

export type Message = Echo | Unreachable | PacketTooBig | TimeExceeded | ParameterProblem | Other

export interface Echo {
  readonly kind: 'echo-request' | 'echo-reply'
  readonly identifier: number
  readonly sequence: number
  readonly data: Uint8Array
}

export interface Unreachable {
  readonly kind: 'unreachable'
  readonly code: number
  /** The packet that could not be delivered, from its IP header on, as far as it is given. */
  readonly quoted: Uint8Array
}

/** ICMPv6 packet too big; ICMP unreachable, fragmentation needed (RFC 1191 section 4: 16 bits of MTU). */
export interface PacketTooBig {
  readonly kind: 'packet-too-big'
  /** Bytes that the next link carries, IP header included. */
  readonly mtu: number
  readonly quoted: Uint8Array
}

export interface TimeExceeded {
  readonly kind: 'time-exceeded'
  /** 0: hop limit; 1: reassembly. */
  readonly code: number
  readonly quoted: Uint8Array
}

export interface ParameterProblem {
  readonly kind: 'parameter-problem'
  readonly code: number
  /** Offset of the offending byte in the quoted packet. */
  readonly pointer: number
  readonly quoted: Uint8Array
}

/** Any other type or code. */
export interface Other {
  readonly kind: 'other'
  readonly type: number
  readonly code: number
  /** Four bytes or more: what follows the checksum. */
  readonly body: Uint8Array
}

/** A checked message of at least 8 bytes. */
export class View {
  readonly bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.bytes = checked
  }
  get type(): number {
    return this.bytes[field.type]!
  }
  get code(): number {
    return this.bytes[field.code]!
  }
  /** Of echo messages. */
  get identifier(): number {
    return u16(this.bytes, field.identifier)
  }
  /** Of echo messages. */
  get sequence(): number {
    return u16(this.bytes, field.sequence)
  }
  /** What follows the first 8 bytes: echo data, or the quoted packet of an error. */
  get body(): Uint8Array {
    return this.bytes.subarray(field.body)
  }
}

/** `undefined` if shorter than 8 bytes, the least of every message that either RFC defines. */
export const check = (bytes: Uint8Array): View | undefined =>
  bytes.length < field.body ? undefined : new View(bytes)

export const parseEcho = (kind: Echo['kind'], view: View): Echo => ({
  kind,
  identifier: view.identifier,
  sequence: view.sequence,
  data: view.body.slice(),
})

export const parseOther = (view: View): Other => ({
  kind: 'other',
  type: view.type,
  code: view.code,
  body: view.bytes.slice(field.rest),
})

/** The message without its checksum; `rest` is the 32 bits before the body. */
export function layOut(
  type: number,
  code: number,
  rest: readonly [high: number, low: number],
  body: Uint8Array,
) {
  const bytes = new Uint8Array(field.body + body.length)
  bytes[field.type] = type
  bytes[field.code] = code
  setU16(bytes, field.rest, rest[0])
  setU16(bytes, field.rest + 2, rest[1])
  bytes.set(body, field.body)
  return bytes
}

/** As {@link layOut}, for {@link Other}. Throws `RangeError` if its body is shorter than 4 bytes. */
export function layOutOther({ type, code, body }: Other): Uint8Array {
  if (body.length < 4) throw new RangeError(`emit ICMP: ${body.length} bytes of body; give at least 4`)
  return layOut(type, code, [u16(body, 0), u16(body, 2)], body.subarray(4))
}
