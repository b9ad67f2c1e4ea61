/** Maps whose values are programs or maps: `prog_array`, `array_of_maps`, `hash_of_maps`. */
import type { BpfMap, LoadedProgram } from '../../engine.ts'
import { ERRNO, MAP_FLAG, UPDATE } from '../../kernel-abi.ts'
import type { MapSpec } from '../../spec.ts'
import type { CompiledProgram } from '../program.ts'
import { indexKey, indexOf } from './array-map.ts'
import { ByteTable, type Keyed } from './byte-table.ts'
import { InterpreterMap, type MapHost, updateFault } from './map.ts'

/** What these maps hold: counted, and shown to users by number. */
export interface Referable {
  readonly id: number
  retain(): void
  release(): void
}

abstract class ReferenceArray<Held extends Referable> extends InterpreterMap {
  protected readonly held: Array<Held | undefined> = []

  protected abstract accept(value: BpfMap | LoadedProgram): Held | undefined

  protected override read(key: Uint8Array): Uint8Array | undefined {
    const held = this.held[indexOf(key, 0)]
    return held === undefined ? undefined : indexKey(held.id)
  }

  protected override write(): number {
    return -ERRNO.EINVAL
  }

  protected override writeReference(key: Uint8Array, value: BpfMap | LoadedProgram, flags: number): number {
    const index = indexOf(key, 0)
    if (flags !== UPDATE.any) return -ERRNO.EINVAL
    if (index >= this.spec.maxEntries) return -ERRNO.E2BIG
    const next = this.accept(value)
    if (next === undefined) return -ERRNO.EINVAL
    next.retain()
    this.held[index]?.release()
    this.held[index] = next
    return 0
  }

  protected override erase(key: Uint8Array): number {
    const index = indexOf(key, 0)
    if (index >= this.spec.maxEntries) return -ERRNO.E2BIG
    const held = this.held[index]
    if (held === undefined) return -ERRNO.ENOENT
    this.held[index] = undefined
    held.release()
    return 0
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const [index, held] of this.held.entries()) {
      if (held !== undefined) yield [indexKey(index), indexKey(held.id)]
    }
  }
}

/** A program of this engine. */
export interface ReferableProgram extends Referable, LoadedProgram {
  readonly compiled: CompiledProgram
}

export class ProgramArray extends ReferenceArray<ReferableProgram> {
  /** @internal Type of the first program; the kernel wants all to be alike. */
  private type: string | undefined

  programAt(index: number): ReferableProgram | undefined {
    return this.held[index]
  }

  protected override accept(value: BpfMap | LoadedProgram): ReferableProgram | undefined {
    if (!('run' in value) || !('retain' in value)) return undefined
    this.type ??= value.spec.type
    return value.spec.type === this.type ? (value as ReferableProgram) : undefined
  }
}

export class ArrayOfMaps extends ReferenceArray<InterpreterMap> {
  private readonly inner: MapSpec

  constructor(spec: MapSpec, host: MapHost, inner: MapSpec) {
    super(spec, host)
    this.inner = inner
  }

  override find(key: Uint8Array, at: number): InterpreterMap | undefined {
    return this.held[indexOf(key, at)]
  }

  protected override accept(value: BpfMap | LoadedProgram): InterpreterMap | undefined {
    return value instanceof InterpreterMap && fitsShape(value.spec, this.inner) ? value : undefined
  }
}

interface Held extends Keyed {
  map: InterpreterMap
}

export class HashOfMaps extends InterpreterMap {
  private readonly table: ByteTable<Held>
  private readonly inner: MapSpec

  constructor(spec: MapSpec, host: MapHost, inner: MapSpec) {
    super(spec, host)
    this.table = new ByteTable<Held>(spec.keySize)
    this.inner = inner
  }

  override find(key: Uint8Array, at: number): InterpreterMap | undefined {
    return this.table.find(key, at)?.map
  }

  protected override read(key: Uint8Array): Uint8Array | undefined {
    const held = this.table.find(key, 0)
    return held === undefined ? undefined : indexKey(held.map.id)
  }

  protected override write(): number {
    return -ERRNO.EINVAL
  }

  protected override writeReference(key: Uint8Array, value: BpfMap | LoadedProgram, flags: number): number {
    if (!(value instanceof InterpreterMap) || !fitsShape(value.spec, this.inner)) return -ERRNO.EINVAL
    const known = this.table.find(key, 0)
    const fault = updateFault(flags, known !== undefined)
    if (fault !== 0) return fault
    if (known === undefined && this.table.size >= this.spec.maxEntries) return -ERRNO.E2BIG
    value.retain()
    if (known === undefined) this.table.insert({ key: key.slice(), map: value, hash: 0, next: undefined })
    else {
      known.map.release()
      known.map = value
    }
    return 0
  }

  protected override erase(key: Uint8Array): number {
    const known = this.table.find(key, 0)
    if (known === undefined) return -ERRNO.ENOENT
    this.table.remove(known)
    known.map.release()
    return 0
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const { key, map } of this.table.entries()) yield [key.slice(), indexKey(map.id)]
  }
}

/** As `bpf_map_meta_equal`; the size counts for arrays only, unless they carry the flag for inner maps. */
function fitsShape(map: MapSpec, shape: MapSpec): boolean {
  const sizeCounts = map.type === 'array' && ((map.flags ?? 0) & MAP_FLAG.innerMap) === 0
  return (
    map.type === shape.type &&
    map.keySize === shape.keySize &&
    map.valueSize === shape.valueSize &&
    (map.flags ?? 0) === (shape.flags ?? 0) &&
    (!sizeCounts || map.maxEntries === shape.maxEntries)
  )
}
