/** Maps in the kernel. Look-ups and updates build nothing: each map keeps its attributes, key and value in one place. */
import { closeSync, readFileSync } from 'node:fs'
import {
  type BpfMap,
  type LoadedProgram,
  MAP_TYPE,
  type MapSpec,
  UPDATE,
  type UpdateMode,
} from '../../bpf/index.ts'
import { errno } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { align8, allocate, type Memory, setPointer } from '../memory.ts'
import { lookupBatch, updateBatch } from './map-batch.ts'
import { BPF, bpf, bpfFailure, clearAttr, nameBytes } from './syscall.ts'

const updateFlags: Readonly<Record<UpdateMode, number>> = {
  any: UPDATE.any,
  create: UPDATE.noexist,
  exist: UPDATE.exist,
}
const elementAttrSize = 32
/** Deleting ends with the key: what lies behind it must not be there. */
const deleteAttrSize = 16
const mapsOfMaps: ReadonlySet<string> = new Set(['array_of_maps', 'hash_of_maps'])

export class KernelMap implements BpfMap {
  readonly spec: MapSpec
  /** Bytes of a value as this class passes it: of per-CPU maps those of all CPUs. */
  readonly valueBytes: number
  #fd: number
  readonly #memory: Memory
  readonly #key: Uint8Array
  readonly #nextKey: Uint8Array
  readonly #value: Uint8Array

  /** Takes a descriptor of a map that has this shape. See `createMap` and `openPinnedMap`. */
  constructor(spec: MapSpec, fd: number) {
    this.spec = spec
    this.#fd = fd
    const perCpu = spec.type.includes('percpu')
    this.valueBytes = perCpu ? align8(spec.valueSize) * possibleCpus() : spec.valueSize
    // Attributes of element commands, attributes of "next key", key, next key, value.
    const keyAt = 2 * elementAttrSize
    const nextKeyAt = keyAt + align8(spec.keySize)
    const valueAt = nextKeyAt + align8(spec.keySize)
    this.#memory = allocate(valueAt + this.valueBytes)
    const { bytes, view, address } = this.#memory
    this.#key = bytes.subarray(keyAt, keyAt + spec.keySize)
    this.#nextKey = bytes.subarray(nextKeyAt, nextKeyAt + spec.keySize)
    this.#value = bytes.subarray(valueAt, valueAt + this.valueBytes)
    for (const [attr, output] of [
      [0, valueAt],
      [elementAttrSize, nextKeyAt],
    ] as const) {
      view.setInt32(attr, fd, true)
      setPointer(view, attr + 8, spec.keySize === 0 ? 0 : address + keyAt)
      setPointer(view, attr + 16, address + output)
    }
  }

  /** The descriptor; -1 once closed. */
  get fd(): number {
    return this.#fd
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    return this.#read(BPF.mapLookup, key, 'look up in')
  }

  /** Takes the oldest value out of a queue; `undefined` if it is empty. */
  pop(): Uint8Array | undefined {
    return this.#read(BPF.mapLookupAndDelete, new Uint8Array(), 'pop from')
  }

  update(key: Uint8Array, value: Uint8Array | BpfMap | LoadedProgram, mode: UpdateMode = 'any'): void {
    this.#setKey(key)
    if (value instanceof Uint8Array) this.#setValue(value)
    else this.#setDescriptor(value)
    this.#memory.view.setUint32(24, updateFlags[mode], true)
    const result = libc().bpf(BPF.mapUpdate, this.#memory.address, elementAttrSize)
    const code = result < 0 ? lastErrno() : 0
    this.#memory.view.setUint32(24, 0, true)
    if (code !== 0) throw this.#failure('update', code)
  }

  delete(key: Uint8Array): boolean {
    this.#setKey(key)
    if (libc().bpf(BPF.mapDelete, this.#memory.address, deleteAttrSize) >= 0) return true
    const code = lastErrno()
    if (code === errno.ENOENT) return false
    throw this.#failure('delete from', code)
  }

  entries(): Iterable<readonly [key: Uint8Array, value: Uint8Array]> {
    return this.lookupBatch()
  }

  updateBatch(entries: ReadonlyArray<readonly [key: Uint8Array, value: Uint8Array]>): void {
    for (const [key, value] of entries) {
      if (key.length !== this.spec.keySize) throw this.#sizeFault('key', key.length, this.spec.keySize)
      if (value.length !== this.valueBytes) throw this.#sizeFault('value', value.length, this.valueBytes)
    }
    if (!updateBatch(this, entries)) for (const [key, value] of entries) this.update(key, value)
  }

  lookupBatch(): Array<readonly [key: Uint8Array, value: Uint8Array]> {
    return lookupBatch(this) ?? [...this.#walk()]
  }

  /** Whether the kernel has operations on many entries for this map; without, they go one by one. */
  hasBatches(): boolean {
    return lookupBatch(this) !== undefined
  }

  /** From now on nobody can write through bpf(2); programs still can unless the map's flags forbid it. Cannot be undone. */
  freeze(): void {
    const attr = clearAttr()
    attr.view.setInt32(0, this.#fd, true)
    bpf(BPF.mapFreeze, attr, 4, `freeze map '${this.spec.name}'`)
  }

  /** The kernel removes the map when no descriptor, program, pin or other map holds it any more. */
  close(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
    for (const attr of [0, elementAttrSize]) this.#memory.view.setInt32(attr, -1, true)
  }

  #read(command: number, key: Uint8Array, verb: string): Uint8Array | undefined {
    this.#setKey(key)
    if (libc().bpf(command, this.#memory.address, elementAttrSize) >= 0) return this.#value.slice()
    const code = lastErrno()
    if (code === errno.ENOENT) return undefined
    throw this.#failure(verb, code)
  }

  /** For map types without batches. A key that is deleted meanwhile makes the kernel start over: bounded by the map's size. */
  *#walk(): Iterable<readonly [Uint8Array, Uint8Array]> {
    const { view, address } = this.#memory
    setPointer(view, elementAttrSize + 8, 0)
    for (let count = 0; count < this.spec.maxEntries; count++) {
      if (libc().bpf(BPF.mapNextKey, address + elementAttrSize, elementAttrSize) < 0) {
        const code = lastErrno()
        if (code === errno.ENOENT) return
        throw this.#failure('list', code)
      }
      const key = this.#nextKey.slice()
      const value = this.lookup(key)
      if (value !== undefined) yield [key, value]
      this.#setKey(key)
      setPointer(view, elementAttrSize + 8, address + 2 * elementAttrSize)
    }
  }

  #setKey(key: Uint8Array): void {
    if (key.length !== this.#key.length) throw this.#sizeFault('key', key.length, this.#key.length)
    this.#key.set(key)
  }

  #setValue(value: Uint8Array): void {
    if (value.length !== this.valueBytes) throw this.#sizeFault('value', value.length, this.valueBytes)
    this.#value.set(value)
  }

  #setDescriptor(value: BpfMap | LoadedProgram): void {
    const fd = 'fd' in value ? value.fd : undefined
    if (typeof fd !== 'number')
      throw new TypeError(
        `update map '${this.spec.name}': '${value.spec.name}' is not in the kernel; make both with one engine`,
      )
    this.#value.fill(0)
    const at = this.#value.byteOffset
    this.#memory.view.setInt32(at, fd, true)
  }

  #failure(verb: string, code: number): Error {
    const what = `${verb} map '${this.spec.name}'`
    if (code === errno.E2BIG)
      return bpfFailure(what, code, `it has ${this.spec.maxEntries} entries; give it more`)
    return bpfFailure(what, code)
  }

  #sizeFault(part: string, got: number, want: number): RangeError {
    return new RangeError(
      `use map '${this.spec.name}': ${part} of ${got} bytes; give ${want} bytes, as its spec says`,
    )
  }
}

/** Creates a map. Throws `BpfError` if the kernel refuses. `inner`: a map of the shape that inner maps must have. */
export function createMap(spec: MapSpec, inner?: BpfMap): KernelMap {
  const what = `create map '${spec.name}'`
  const template = innerTemplate(spec, inner)
  const attr = clearAttr()
  const { view } = attr
  view.setUint32(0, MAP_TYPE[spec.type], true)
  view.setUint32(4, spec.keySize, true)
  view.setUint32(8, spec.valueSize, true)
  view.setUint32(12, spec.maxEntries, true)
  view.setUint32(16, spec.flags ?? 0, true)
  if (template) view.setInt32(20, template.map.fd, true)
  attr.bytes.set(nameBytes(spec.name), 28)
  try {
    const fd = bpf(BPF.mapCreate, attr, 72, what, undefined)
    return new KernelMap(spec, fd)
  } finally {
    if (template?.owned) template.map.close()
  }
}

/** The kernel takes the shape of inner maps from a map that exists: the one given, or one made for the moment. */
function innerTemplate(
  spec: MapSpec,
  inner: BpfMap | undefined,
): { readonly map: KernelMap; readonly owned: boolean } | undefined {
  if (!mapsOfMaps.has(spec.type)) return undefined
  if (inner instanceof KernelMap) return { map: inner, owned: false }
  if (inner === undefined && spec.inner) return { map: createMap(spec.inner), owned: true }
  throw new TypeError(`create map '${spec.name}': it needs a kernel map as pattern; give 'inner' in its spec`)
}

let cpus: number | undefined

/** How many values a per-CPU map has for each key: processors that may ever come on line. */
export function possibleCpus(): number {
  if (cpus === undefined) {
    const ranges = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim()
    cpus = 1 + Math.max(...ranges.split(/[,-]/).map(Number))
  }
  return cpus
}
