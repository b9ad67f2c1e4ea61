/**
 * Reading a ring buffer (BPF_MAP_TYPE_RINGBUF) in place, without a system call: one page with the reader's position, one with the
 * writer's, then the data, mapped twice in a row so that no record is ever cut in two. Record: 32-bit length with two flag
 * bits, 32 bits for the kernel, the bytes, padded to 8 (kernel documentation, bpf/ringbuf).
 */
import { check, libc } from '../libc.ts'
import { viewMemory } from '../memory.ts'
import type { KernelMap } from './map.ts'

export interface RingReader {
  /** Readable when there are records; for a `Poller`. */
  readonly fd: number
  /**
   * Hands over what is there, oldest first, at most `limit` records, and returns how many. The bytes are valid only during the
   * call: copy what you keep.
   */
  read(handle: (record: Uint8Array) => void, limit?: number): number
  /** Bytes that wait to be read. */
  pending(): number
  /** Before the map is closed. */
  close(): void
}

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1
const busyBit = 0x8000_0000
const discardBit = 0x4000_0000
const headerSize = 8

export function openRing(map: KernelMap): RingReader {
  const what = `map ring buffer '${map.spec.name}' into memory`
  if (map.spec.type !== 'ringbuf') throw new TypeError(`${what}: it is a ${map.spec.type}; give a ringbuf`)
  const page = libc().getpagesize()
  const size = map.spec.maxEntries
  const readerAt = check(libc().mmap(0, page, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd, 0), what)
  const writerAt = check(libc().mmap(0, page + 2 * size, PROT_READ, MAP_SHARED, map.fd, page), what)
  const readerMemory = viewMemory(readerAt, page)
  const writerMemory = viewMemory(writerAt, page + 2 * size)
  const readerPosition = new BigUint64Array(readerMemory.bytes.buffer, 0, 1)
  const writerPosition = new BigUint64Array(writerMemory.bytes.buffer, 0, 1)
  const headers = new Int32Array(writerMemory.bytes.buffer, page, (2 * size) / 4)
  const data = writerMemory.bytes.subarray(page)
  let open = true

  return Object.freeze({
    fd: map.fd,
    read(handle: (record: Uint8Array) => void, limit = Number.POSITIVE_INFINITY): number {
      if (!open) return 0
      let at = Number(Atomics.load(readerPosition, 0))
      let count = 0
      try {
        for (let end = Number(Atomics.load(writerPosition, 0)); at < end && count < limit; ) {
          const start = at % size
          const header = Atomics.load(headers, start / 4) >>> 0
          // A program has reserved this record and is still writing it.
          if ((header & busyBit) !== 0) break
          const length = header & ~(busyBit | discardBit)
          at += headerSize + ((length + 7) & ~7)
          if ((header & discardBit) === 0) {
            count++
            handle(data.subarray(start + headerSize, start + headerSize + length))
          }
          if (at >= end) end = Number(Atomics.load(writerPosition, 0))
        }
      } finally {
        Atomics.store(readerPosition, 0, BigInt(at))
      }
      return count
    },
    pending: () =>
      open ? Number(Atomics.load(writerPosition, 0)) - Number(Atomics.load(readerPosition, 0)) : 0,
    close(): void {
      if (!open) return
      open = false
      libc().munmap(readerAt, page)
      libc().munmap(writerAt, page + 2 * size)
    },
  })
}
