/** `hash`, `percpu_hash`, `lru_hash` and `lru_percpu_hash`. */
import { ERRNO } from '../../kernel-abi.ts'
import type { MapSpec } from '../../spec.ts'
import { type Region, region } from '../memory.ts'
import { ByteTable, type Keyed } from './byte-table.ts'
import { InterpreterMap, type MapHost, updateFault } from './map.ts'

class Entry implements Keyed {
  readonly key: Uint8Array
  /** Of all CPUs, each padded to 8 bytes. */
  readonly value: Uint8Array
  readonly regions: Array<Region | undefined> = []
  hash = 0
  next: Entry | undefined
  newer: Entry | undefined
  older: Entry | undefined

  constructor(key: Uint8Array, value: Uint8Array) {
    this.key = key
    this.value = value
  }
}

/**
 * An LRU map that is full drops the entry that no program has looked up or updated for longest. (The kernel's choice is an
 * approximation of that, made per CPU.) Look-ups by users do not count as use, as in the kernel.
 */
export class HashMap extends InterpreterMap {
  private readonly table: ByteTable<Entry>
  private readonly lru: boolean
  private newest: Entry | undefined
  private oldest: Entry | undefined

  constructor(spec: MapSpec, host: MapHost) {
    super(spec, host)
    this.table = new ByteTable<Entry>(spec.keySize)
    this.lru = spec.type.startsWith('lru_')
  }

  override find(key: Uint8Array, at: number, cpu: number): Region | undefined {
    const entry = this.table.find(key, at)
    if (entry === undefined) return undefined
    if (this.lru) this.touch(entry)
    return this.regionOf(entry, cpu)
  }

  override put(
    key: Uint8Array,
    keyAt: number,
    value: Uint8Array,
    valueAt: number,
    flags: number,
    cpu: number,
  ): number {
    const known = this.table.find(key, keyAt)
    const fault = updateFault(flags, known !== undefined)
    if (fault !== 0) return fault
    if (known === undefined && !this.makeRoom()) return -ERRNO.E2BIG
    const bytes = value.subarray(valueAt, valueAt + this.spec.valueSize)
    const inPlace = known !== undefined && this.perCpu
    const entry = inPlace ? known : this.replace(known, key.slice(keyAt, keyAt + this.spec.keySize))
    this.regionOf(entry, cpu).bytes.set(bytes)
    if (this.lru && inPlace) this.touch(entry)
    return 0
  }

  override remove(key: Uint8Array, at: number): number {
    const entry = this.table.find(key, at)
    if (entry === undefined) return -ERRNO.ENOENT
    this.drop(entry)
    return 0
  }

  protected override read(key: Uint8Array): Uint8Array | undefined {
    return this.table.find(key, 0)?.value.slice(0, this.valueBytes)
  }

  protected override write(key: Uint8Array, value: Uint8Array, flags: number): number {
    const known = this.table.find(key, 0)
    const fault = updateFault(flags, known !== undefined)
    if (fault !== 0) return fault
    if (known === undefined && !this.makeRoom()) return -ERRNO.E2BIG
    this.replace(known, key.slice()).value.set(value)
    return 0
  }

  protected override erase(key: Uint8Array): number {
    return this.remove(key, 0)
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const entry of this.table.entries()) yield [entry.key.slice(), entry.value.slice(0, this.valueBytes)]
  }

  /** As in the kernel, an update makes a new element: programs that point to the old one keep seeing the old value. */
  private replace(known: Entry | undefined, key: Uint8Array): Entry {
    if (known !== undefined) this.drop(known)
    const entry = new Entry(key, new Uint8Array(this.stride * this.cpus))
    this.table.insert(entry)
    if (this.lru) this.link(entry)
    return entry
  }

  private regionOf(entry: Entry, cpu: number): Region {
    const slot = this.perCpu ? cpu : 0
    let found = entry.regions[slot]
    if (found === undefined) {
      const start = slot * this.stride
      found = region(entry.value.subarray(start, start + this.spec.valueSize))
      entry.regions[slot] = found
    }
    return found
  }

  private makeRoom(): boolean {
    if (this.table.size < this.spec.maxEntries) return true
    if (!this.lru) return false
    this.drop(this.oldest!)
    return true
  }

  private drop(entry: Entry): void {
    this.table.remove(entry)
    if (this.lru) this.unlink(entry)
  }

  private touch(entry: Entry): void {
    if (entry === this.newest) return
    this.unlink(entry)
    this.link(entry)
  }

  private link(entry: Entry): void {
    entry.older = this.newest
    entry.newer = undefined
    if (this.newest === undefined) this.oldest = entry
    else this.newest.newer = entry
    this.newest = entry
  }

  private unlink(entry: Entry): void {
    if (entry.newer === undefined) this.newest = entry.older
    else entry.newer.older = entry.older
    if (entry.older === undefined) this.oldest = entry.newer
    else entry.older.newer = entry.newer
  }
}
