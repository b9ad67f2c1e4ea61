/** The VLAN tag that stands after ethertype 0x8100 (IEEE 802.1Q clause 9.6). */
import { concat, setU16, u16 } from './bytes.ts'

/** Offsets from the tag control information, that is from the Ethernet payload. */
export const field = Object.freeze({ control: 0, etherType: 2, payload: 4 })

export interface Header {
  /** 0–7. */
  readonly priority: number
  readonly dropEligible: boolean
  /** 0–4095. */
  readonly id: number
  /** Of what the tag encloses. */
  readonly etherType: number
}

export class View {
  readonly #bytes: Uint8Array
  constructor(checked: Uint8Array) {
    this.#bytes = checked
  }
  get priority(): number {
    return u16(this.#bytes, field.control) >>> 13
  }
  get dropEligible(): boolean {
    return (u16(this.#bytes, field.control) & 0x1000) !== 0
  }
  get id(): number {
    return u16(this.#bytes, field.control) & 0xfff
  }
  get etherType(): number {
    return u16(this.#bytes, field.etherType)
  }
  get payload(): Uint8Array {
    return this.#bytes.subarray(field.payload)
  }
}

/** `undefined` if shorter than 4 bytes. */
export const check = (bytes: Uint8Array): View | undefined =>
  bytes.length < field.payload ? undefined : new View(bytes)

export const parse = ({ priority, dropEligible, id, etherType }: View): Header => ({
  priority,
  dropEligible,
  id,
  etherType,
})

export function emit({ priority, dropEligible, id, etherType }: Header, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(field.payload)
  setU16(head, field.control, (priority << 13) | (dropEligible ? 0x1000 : 0) | (id & 0xfff))
  setU16(head, field.etherType, etherType)
  return concat(head, payload)
}
