/** `lpm_trie`: key is a 32-bit prefix length in host order, then the address bytes; look-ups find the longest prefix. */
import { ERRNO } from '../../kernel-abi.ts'
import type { MapSpec } from '../../spec.ts'
import { type Region, region } from '../memory.ts'
import { indexOf } from './array-map.ts'
import { ByteTable, type Keyed } from './byte-table.ts'
import { InterpreterMap, type MapHost, updateFault } from './map.ts'

interface Prefix extends Keyed {
  /** As it was given: bits past the length are kept, and shown. */
  readonly given: Uint8Array
  readonly value: Region
}

/** One table per prefix length; a look-up asks those that exist, longest first. */
export class LpmTrie extends InterpreterMap {
  private readonly byLength = new Map<number, ByteTable<Prefix>>()
  private lengths: number[] = []
  private readonly masked: Uint8Array
  private readonly bits: number
  private size = 0

  constructor(spec: MapSpec, host: MapHost) {
    super(spec, host)
    this.masked = new Uint8Array(spec.keySize - 4)
    this.bits = (spec.keySize - 4) * 8
  }

  override find(key: Uint8Array, at: number): Region | undefined {
    const limit = indexOf(key, at)
    if (limit > this.bits) return undefined
    for (const length of this.lengths) {
      if (length > limit) continue
      const found = this.byLength.get(length)!.find(this.mask(key, at, length), 0)
      if (found !== undefined) return found.value
    }
    return undefined
  }

  override put(key: Uint8Array, keyAt: number, value: Uint8Array, valueAt: number, flags: number): number {
    const length = indexOf(key, keyAt)
    if (length > this.bits) return -ERRNO.EINVAL
    const table = this.byLength.get(length)
    const known = table?.find(this.mask(key, keyAt, length), 0)
    const fault = updateFault(flags, known !== undefined)
    if (fault !== 0) return fault
    if (known === undefined && this.size >= this.spec.maxEntries) return -ERRNO.ENOSPC
    const prefix: Prefix = {
      key: this.mask(key, keyAt, length).slice(),
      given: key.slice(keyAt, keyAt + this.spec.keySize),
      value: region(value.slice(valueAt, valueAt + this.spec.valueSize)),
      hash: 0,
      next: undefined,
    }
    if (known !== undefined) this.drop(length, known)
    this.tableFor(length).insert(prefix)
    this.size++
    return 0
  }

  override remove(key: Uint8Array, at: number): number {
    const length = indexOf(key, at)
    if (length > this.bits) return -ERRNO.EINVAL
    const known = this.byLength.get(length)?.find(this.mask(key, at, length), 0)
    if (known === undefined) return -ERRNO.ENOENT
    this.drop(length, known)
    return 0
  }

  protected override read(key: Uint8Array): Uint8Array | undefined {
    return this.find(key, 0)?.bytes.slice()
  }

  protected override write(key: Uint8Array, value: Uint8Array, flags: number): number {
    return this.put(key, 0, value, 0, flags)
  }

  protected override erase(key: Uint8Array): number {
    return this.remove(key, 0)
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const length of this.lengths) {
      for (const { given, value } of this.byLength.get(length)!.entries())
        yield [given.slice(), value.bytes.slice()]
    }
  }

  private tableFor(length: number): ByteTable<Prefix> {
    let table = this.byLength.get(length)
    if (table === undefined) {
      table = new ByteTable<Prefix>(this.masked.length)
      this.byLength.set(length, table)
      this.lengths = [...this.byLength.keys()].sort((a, b) => b - a)
    }
    return table
  }

  private drop(length: number, prefix: Prefix): void {
    const table = this.byLength.get(length)!
    table.remove(prefix)
    this.size--
    if (table.size > 0) return
    this.byLength.delete(length)
    this.lengths = this.lengths.filter((other) => other !== length)
  }

  /** The first `length` bits of the address, the rest zero, in a buffer that is used again. */
  private mask(key: Uint8Array, at: number, length: number): Uint8Array {
    const whole = length >> 3
    for (let i = 0; i < this.masked.length; i++) {
      const keep = i < whole ? 0xff : i === whole ? 0xff00 >> (length & 7) : 0
      this.masked[i] = key[at + 4 + i]! & keep
    }
    return this.masked
  }
}
