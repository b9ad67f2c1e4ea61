/**
 * The context of a run: fields of `xdp_md` or `__sk_buff`, with the kernel's rules of which may be read or written, and at
 * which sizes (`xdp_is_valid_access`, `bpf_skb_is_valid_access`, `tc_cls_act_is_valid_access`).
 */
import { SK_BUFF, SK_BUFF_SIZE, XDP_MD, XDP_MD_SIZE } from '../kernel-abi.ts'
import type { ProgramType } from '../spec.ts'
import type { Packet } from './packet.ts'
import type { Registers } from './registers.ts'
import { Trap } from './trap.ts'

interface Field {
  readonly at: number
  readonly size: number
  /** The register gets a pointer into the packet. */
  readonly pointer?: 'data' | 'end' | 'meta'
  readonly writable?: true
  /** Parts of the field may be accessed too. */
  readonly parts?: true
}

const POINTERS = [
  { name: 'data', pointer: 'data' },
  { name: 'data_end', pointer: 'end' },
  { name: 'data_meta', pointer: 'meta' },
] as const

const XDP_FIELDS: readonly Field[] = [
  ...POINTERS.map(({ name, pointer }): Field => ({ at: XDP_MD[name], size: 4, pointer })),
  { at: XDP_MD.ingress_ifindex, size: 4 },
  { at: XDP_MD.rx_queue_index, size: 4 },
]

const SKB_FIELDS: readonly Field[] = [
  ...(
    [
      'len',
      'pkt_type',
      'protocol',
      'vlan_present',
      'vlan_tci',
      'vlan_proto',
      'ingress_ifindex',
      'ifindex',
      'hash',
      'napi_id',
      'gso_segs',
      'gso_size',
    ] as const
  ).map((name): Field => ({ at: SK_BUFF[name], size: 4, parts: true })),
  ...(['mark', 'queue_mapping', 'priority', 'tc_index'] as const).map(
    (name): Field => ({ at: SK_BUFF[name], size: 4, parts: true, writable: true }),
  ),
  ...[0, 1, 2, 3, 4].map((i): Field => ({ at: SK_BUFF.cb + 4 * i, size: 4, parts: true, writable: true })),
]

const TC_FIELDS: readonly Field[] = [
  ...SKB_FIELDS,
  ...POINTERS.map(({ name, pointer }): Field => ({ at: SK_BUFF[name], size: 4, pointer })),
  { at: SK_BUFF.tc_classid, size: 4, parts: true, writable: true },
  { at: SK_BUFF.tstamp, size: 8, writable: true },
  { at: SK_BUFF.wire_len, size: 4, parts: true },
]

/** Socket filters may write the control block only. */
const FILTER_FIELDS: readonly Field[] = SKB_FIELDS.map((field) => {
  const { writable: _, ...rest } = field
  return isControlBlock(field.at) ? field : rest
})

/** Per program type, the field that each byte belongs to. */
const FIELD_AT: Readonly<Record<ProgramType, ReadonlyArray<Field | undefined>>> = {
  xdp: byByte(XDP_MD_SIZE, XDP_FIELDS),
  sched_cls: byByte(SK_BUFF_SIZE, TC_FIELDS),
  socket_filter: byByte(SK_BUFF_SIZE, FILTER_FIELDS),
}

function byByte(size: number, fields: readonly Field[]): Array<Field | undefined> {
  const bytes: Array<Field | undefined> = new Array(size).fill(undefined)
  for (const field of fields) bytes.fill(field, field.at, field.at + field.size)
  return bytes
}

function isControlBlock(at: number): boolean {
  return at >= SK_BUFF.cb && at < SK_BUFF.cb + 20
}

export class Context {
  private readonly view = new DataView(new ArrayBuffer(SK_BUFF_SIZE))
  private readonly packet: Packet
  private type: ProgramType = 'xdp'

  constructor(packet: Packet) {
    this.packet = packet
  }

  /** Starts a run with all fields zero. */
  reset(type: ProgramType): void {
    this.type = type
    new Uint8Array(this.view.buffer).fill(0)
  }

  set(at: number, value: number): void {
    this.view.setUint32(at, value, true)
  }

  get(at: number): number {
    return this.view.getUint32(at, true)
  }

  load(at: number, size: number, { lo, hi }: Registers, d: number): void {
    const field = this.fieldAt(at, size, false)
    if (field.pointer !== undefined) {
      lo[d] = this.packet[field.pointer] - this.packet.meta
      hi[d] = this.packet.tag
      return
    }
    if (field.at === SK_BUFF.len && this.type !== 'xdp') this.set(SK_BUFF.len, this.packet.length)
    lo[d] =
      size === 1
        ? this.view.getUint8(at)
        : size === 2
          ? this.view.getUint16(at, true)
          : this.view.getInt32(at, true)
    hi[d] = size === 8 ? this.view.getInt32(at + 4, true) : 0
  }

  store(at: number, size: number, { lo, hi }: Registers, s: number): void {
    this.fieldAt(at, size, true)
    if (size === 1) this.view.setInt8(at, lo[s]!)
    else if (size === 2) this.view.setInt16(at, lo[s]!, true)
    else this.view.setInt32(at, lo[s]!, true)
    if (size === 8) this.view.setInt32(at + 4, hi[s]!, true)
  }

  private fieldAt(at: number, size: number, write: boolean): Field {
    const field = FIELD_AT[this.type][at]
    const last = FIELD_AT[this.type][at + size - 1]
    const whole = field !== undefined && at === field.at && size === field.size
    const inControlBlock = isControlBlock(at) && isControlBlock(at + size - 1)
    const part = field === last && field?.parts === true && !write
    const sizeAllowed = whole || part || (inControlBlock && this.type !== 'xdp')
    if (field === undefined || !sizeAllowed || at % size !== 0 || (write && field.writable !== true)) {
      throw new Trap(
        'context-access',
        `${write ? 'writing' : 'reading'} ${size} bytes at offset ${at} of the context of ${this.type} programs is not allowed; see the kernel's struct`,
      )
    }
    return field
  }
}
