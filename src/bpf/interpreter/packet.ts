/** The packet of a run, with the room before and behind it that programs may grow into. */
import type { AddressSpace } from './memory.ts'
import { POINTER_TAG, type Region } from './memory.ts'

/** As `XDP_PACKET_HEADROOM`. */
const HEADROOM = 256
/** A page, less the headroom and what the kernel keeps at its end (`skb_shared_info`). */
const FRAME = 4096 - 320

export class Packet {
  /** Bytes of the buffer at which metadata, data and the end of data stand. */
  meta = HEADROOM
  data = HEADROOM
  end = HEADROOM
  private buffer = new Uint8Array(FRAME)
  private readonly memory: AddressSpace
  private number = 0

  constructor(memory: AddressSpace) {
    this.memory = memory
  }

  get length(): number {
    return this.end - this.data
  }

  /** Bytes that data may grow to at the tail. */
  get tailLimit(): number {
    return this.buffer.length
  }

  /** Upper half of packet pointers at present; the lower half counts from `meta`. */
  get tag(): number {
    return POINTER_TAG + this.number
  }

  get bytes(): Uint8Array {
    return this.buffer.subarray(this.data, this.end)
  }

  /** Starts a run. */
  reset(packet: Uint8Array): void {
    const wanted = HEADROOM + packet.length
    if (this.buffer.length < wanted) this.buffer = new Uint8Array(wanted + FRAME)
    else this.buffer.fill(0)
    this.buffer.set(packet, HEADROOM)
    this.meta = HEADROOM
    this.data = HEADROOM
    this.end = wanted
    this.number = this.memory.add(this.region())
  }

  /** Moves the bounds; pointers to the packet so far are void. What it grows by at the tail reads as zero. */
  move(meta: number, data: number, end: number): void {
    if (end > this.end) this.buffer.fill(0, this.end, end)
    this.meta = meta
    this.data = data
    this.end = end
    this.invalidate()
  }

  /** Moves the head, metadata with it. */
  shift(meta: number, data: number): void {
    this.buffer.copyWithin(meta, this.meta, this.data)
    this.move(meta, data, this.end)
  }

  /** Makes pointers to the packet so far void, as helpers that may move its data do. */
  invalidate(): void {
    this.memory.remove(this.number)
    this.number = this.memory.add(this.region())
  }

  private region(): Region {
    const { buffer, byteOffset } = this.buffer
    const length = this.end - this.meta
    return {
      bytes: this.buffer.subarray(this.meta, this.end),
      view: new DataView(buffer, byteOffset + this.meta, length),
    }
  }
}
