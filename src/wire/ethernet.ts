/** Ethernet II frames, without preamble and frame check sequence (IEEE 802.3 clause 3.2). */
import { formatMac, type Mac, macBytes } from '../net/index.ts'
import { concat, setU16, u16 } from './bytes.ts'

export const field = Object.freeze({ destination: 0, source: 6, etherType: 12, payload: 14 })

/** Ethertypes that Glacis names (IANA ieee-802-numbers registry). */
export const EtherType = Object.freeze({ ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const)

export interface Header {
  readonly destination: Mac
  readonly source: Mac
  /** Below 0x0600 it is the length of an IEEE 802.3 frame. */
  readonly etherType: number
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  get destination(): Mac {
    return formatMac(this.#bytes.subarray(field.destination, field.source))
  }
  get source(): Mac {
    return formatMac(this.#bytes.subarray(field.source, field.etherType))
  }
  get etherType(): number {
    return u16(this.#bytes, field.etherType)
  }
  /** All that follows, padding included. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(field.payload)
  }
}

/** `undefined` if shorter than 14 bytes. */
export const check = (bytes: Uint8Array): View | undefined =>
  bytes.length < field.payload ? undefined : new View(bytes)

export const parse = ({ destination, source, etherType }: View): Header => ({
  destination,
  source,
  etherType,
})

/** Does not pad to the 60 bytes of a wire; throws `TypeError` on a bad hardware address. */
export function emit({ destination, source, etherType }: Header, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(field.payload)
  head.set(macBytes(destination), field.destination)
  head.set(macBytes(source), field.source)
  setU16(head, field.etherType, etherType)
  return concat(head, payload)
}
