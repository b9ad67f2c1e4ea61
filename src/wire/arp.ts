/** Address resolution for IPv4 over Ethernet (RFC 826). */
import { formatMac, type Ip, type Mac, macBytes } from '../net/index.ts'
import { ipAt, setIp, setU16, u8, u16 } from './bytes.ts'
import { EtherType } from './ethernet.ts'

export const field = Object.freeze({
  hardwareType: 0,
  protocolType: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
  end: 28,
})

/** Operations of address resolution (RFC 826). */
export const Operation = Object.freeze({ request: 1, reply: 2 } as const)

export interface Header {
  /** 1 request, 2 reply; others exist. */
  readonly operation: number
  readonly senderMac: Mac
  readonly senderIp: Ip
  readonly targetMac: Mac
  readonly targetIp: Ip
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  get operation(): number {
    return u16(this.#bytes, field.operation)
  }
  get senderMac(): Mac {
    return formatMac(this.#bytes.subarray(field.senderMac, field.senderIp))
  }
  get senderIp(): Ip {
    return ipAt(this.#bytes, field.senderIp, 4)
  }
  get targetMac(): Mac {
    return formatMac(this.#bytes.subarray(field.targetMac, field.targetIp))
  }
  get targetIp(): Ip {
    return ipAt(this.#bytes, field.targetIp, 4)
  }
}

/** `undefined` if shorter than 28 bytes, or not for Ethernet and IPv4. */
export function check(bytes: Uint8Array): View | undefined {
  if (bytes.length < field.end) return undefined
  const right =
    u16(bytes, field.hardwareType) === 1 &&
    u16(bytes, field.protocolType) === EtherType.ipv4 &&
    u8(bytes, field.hardwareLength) === 6 &&
    u8(bytes, field.protocolLength) === 4
  return right ? new View(bytes) : undefined
}

export const parse = ({ operation, senderMac, senderIp, targetMac, targetIp }: View): Header => ({
  operation,
  senderMac,
  senderIp,
  targetMac,
  targetIp,
})

export function emit(header: Header): Uint8Array {
  const bytes = new Uint8Array(field.end)
  setU16(bytes, field.hardwareType, 1)
  setU16(bytes, field.protocolType, EtherType.ipv4)
  bytes[field.hardwareLength] = 6
  bytes[field.protocolLength] = 4
  setU16(bytes, field.operation, header.operation)
  bytes.set(macBytes(header.senderMac), field.senderMac)
  setIp(bytes, field.senderIp, header.senderIp)
  bytes.set(macBytes(header.targetMac), field.targetMac)
  setIp(bytes, field.targetIp, header.targetIp)
  return bytes
}
