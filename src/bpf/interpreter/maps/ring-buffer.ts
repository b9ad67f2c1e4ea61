/**
 * `ringbuf`: records from programs to users. Room is counted as in the kernel: 8 bytes of header, contents padded to 8, and a
 * record still being written holds up those after it.
 */
import { ERRNO } from '../../kernel-abi.ts'
import { type Region, region } from '../memory.ts'
import { InterpreterMap } from './map.ts'

export interface RingRecord {
  readonly content: Region
  state: 'busy' | 'ready' | 'discarded'
}

const HEADER = 8
/** Queries of `bpf_ringbuf_query`. */
const QUERY = { available: 0, size: 1, consumer: 2, producer: 3 } as const
const MAX_RECORD = 0xffff_ffff >>> 2

export class RingBuffer extends InterpreterMap {
  private readonly records: RingRecord[] = []
  private produced = 0
  private consumed = 0

  /** `undefined`: no room. */
  reserve(size: number): RingRecord | undefined {
    if (size > MAX_RECORD) return undefined
    const room = HEADER + ((size + 7) & ~7)
    if (this.produced + room - this.consumed > this.spec.maxEntries - 1) return undefined
    this.produced += room
    const record: RingRecord = { content: region(new Uint8Array(size)), state: 'busy' }
    this.records.push(record)
    return record
  }

  output(data: Uint8Array): number {
    const record = this.reserve(data.length)
    if (record === undefined) return -ERRNO.EAGAIN
    record.content.bytes.set(data)
    record.state = 'ready'
    return 0
  }

  query(what: number): number {
    switch (what) {
      case QUERY.available:
        return this.produced - this.consumed
      case QUERY.size:
        return this.spec.maxEntries
      case QUERY.consumer:
        return this.consumed
      case QUERY.producer:
        return this.produced
      default:
        return 0
    }
  }

  /** Hands over what is there, oldest first, at most `limit` records, and returns how many. */
  consume(handle: (record: Uint8Array) => void, limit: number = Number.POSITIVE_INFINITY): number {
    this.checkOpen()
    let count = 0
    while (count < limit) {
      const record = this.records[0]
      if (record === undefined || record.state === 'busy') break
      this.records.shift()
      this.consumed += HEADER + ((record.content.bytes.length + 7) & ~7)
      if (record.state === 'discarded') continue
      count++
      handle(record.content.bytes)
    }
    return count
  }

  protected override read(): Uint8Array | undefined {
    return this.refuse()
  }

  protected override write(): number {
    return this.refuse()
  }

  protected override erase(): number {
    return this.refuse()
  }

  protected override list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.refuse()
  }

  private refuse(): never {
    throw new TypeError(`use map '${this.spec.name}': a ring buffer has no keys; read it with consume`)
  }
}
