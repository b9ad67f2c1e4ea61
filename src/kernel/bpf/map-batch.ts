/** Many entries in one bpf(2) call. Not every map type can do it, nor every kernel: the caller then goes one by one. */
import { ENOTSUPP, errno } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { allocate, type Memory, setPointer } from '../memory.ts'
import type { KernelMap } from './map.ts'
import { BPF, bpfFailure, clearAttr } from './syscall.ts'

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** Bytes of keys and values in one call. */
const chunkBytes = 1 << 20
const attrSize = 56
const unsupported: ReadonlySet<number> = new Set([ENOTSUPP, errno.EOPNOTSUPP, errno.EINVAL])

/** Returns false, having changed nothing, if the map has no batches. Throws `BpfError` naming the first entry refused. */
export function updateBatch(map: KernelMap, entries: readonly Entry[]): boolean {
  const { keySize } = map.spec
  if (keySize === 0) return false
  const capacity = Math.min(entries.length, chunkOf(map))
  const keys = allocate(capacity * keySize)
  const values = allocate(capacity * map.valueBytes)
  for (let start = 0; start < entries.length; ) {
    const count = Math.min(capacity, entries.length - start)
    for (let i = 0; i < count; i++) {
      const [key, value] = entries[start + i]!
      keys.bytes.set(key, i * keySize)
      values.bytes.set(value, i * map.valueBytes)
    }
    const attr = batchAttr(map, keys, values, count)
    if (libc().bpf(BPF.mapUpdateBatch, attr.address, attrSize) < 0) {
      const code = lastErrno()
      const done = attr.view.getUint32(32, true)
      if (start === 0 && unsupported.has(code) && (done === 0 || done === count)) return false
      throw bpfFailure(
        `update map '${map.spec.name}': entry ${start + done} of ${entries.length}`,
        code,
        code === errno.E2BIG ? `it has ${map.spec.maxEntries} entries; give it more` : undefined,
      )
    }
    start += count
  }
  return true
}

/** All entries; `undefined` if the map has no batches. */
export function lookupBatch(map: KernelMap): Entry[] | undefined {
  const { keySize, maxEntries, name } = map.spec
  if (keySize === 0) return undefined
  let capacity = Math.min(maxEntries, chunkOf(map))
  let keys = allocate(capacity * keySize)
  let values = allocate(capacity * map.valueBytes)
  // Where the kernel goes on: a bucket number or a key.
  const cursor = allocate(Math.max(8, keySize))
  const found: Entry[] = []
  for (let started = false; ; started = true) {
    const attr = batchAttr(map, keys, values, capacity)
    if (started) setPointer(attr.view, 0, cursor.address)
    setPointer(attr.view, 8, cursor.address)
    const code = libc().bpf(BPF.mapLookupBatch, attr.address, attrSize) < 0 ? lastErrno() : 0
    if (code === errno.ENOSPC) {
      // The hash bucket where the cursor stands holds more than fits.
      capacity *= 2
      keys = allocate(capacity * keySize)
      values = allocate(capacity * map.valueBytes)
      continue
    }
    if (code !== 0 && code !== errno.ENOENT) {
      if (!started && unsupported.has(code)) return undefined
      throw bpfFailure(`list map '${name}'`, code)
    }
    collect(found, keys, values, attr.view.getUint32(32, true), keySize, map.valueBytes)
    if (code === errno.ENOENT) return found
  }
}

function collect(
  found: Entry[],
  keys: Memory,
  values: Memory,
  count: number,
  keySize: number,
  valueSize: number,
): void {
  const keyCopy = keys.bytes.slice(0, count * keySize)
  const valueCopy = values.bytes.slice(0, count * valueSize)
  for (let i = 0; i < count; i++)
    found.push([
      keyCopy.subarray(i * keySize, (i + 1) * keySize),
      valueCopy.subarray(i * valueSize, (i + 1) * valueSize),
    ])
}

function batchAttr(map: KernelMap, keys: Memory, values: Memory, count: number): Memory {
  const attr = clearAttr()
  setPointer(attr.view, 16, keys.address)
  setPointer(attr.view, 24, values.address)
  attr.view.setUint32(32, count, true)
  attr.view.setInt32(36, map.fd, true)
  return attr
}

const chunkOf = (map: KernelMap): number =>
  Math.max(1, Math.floor(chunkBytes / (map.spec.keySize + map.valueBytes)))
