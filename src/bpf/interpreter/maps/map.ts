/**
 * A map of the interpreter: the program's side works on bytes at offsets and returns 0 or a negative errno as the kernel's
 * helpers do; the user's side is `BpfMap`.
 */
import type { BpfMap, LoadedProgram, UpdateMode } from '../../engine.ts'
import { BpfError } from '../../errors.ts'
import { ERRNO, type Errno, UPDATE } from '../../kernel-abi.ts'
import { isPerCpu } from '../../map-spec.ts'
import type { MapSpec } from '../../spec.ts'
import type { Region } from '../memory.ts'
import { Trap } from '../trap.ts'

const MODE: Readonly<Record<UpdateMode, number>> = {
  any: UPDATE.any,
  create: UPDATE.noexist,
  exist: UPDATE.exist,
}

const WHY: Readonly<Partial<Record<Errno, string>>> = {
  E2BIG: 'it is full, or the index is past its end; give it more entries',
  ENOSPC: 'it is full; give it more entries',
  EEXIST: 'the key exists already; use mode any',
  ENOENT: 'no such key; use mode any',
  EINVAL: 'this map does not do that; see its type',
}

export abstract class InterpreterMap implements BpfMap {
  readonly spec: MapSpec
  /** As the kernel's map ids: what a map of maps shows as value. */
  readonly id: number
  /** @internal Numbers of the map's own region, and of that of its only value; 0: none. */
  region = 0
  valueRegion = 0
  /** Bytes of a value on the user's side. */
  readonly valueBytes: number
  /** Bytes from one CPU's value to the next. */
  protected readonly stride: number
  protected readonly cpus: number
  protected readonly perCpu: boolean
  private holders = 1
  private closed = false
  private readonly free: () => void

  constructor(spec: MapSpec, host: MapHost) {
    this.spec = spec
    this.id = host.nextId()
    this.stride = (spec.valueSize + 7) & ~7
    this.perCpu = isPerCpu(spec.type)
    this.cpus = this.perCpu ? host.cpus : 1
    this.valueBytes = this.perCpu ? this.stride * host.cpus : spec.valueSize
    this.free = () => host.free(this)
  }

  // What programs do.

  /** Memory of the value, or the inner map; `undefined`: no such key. */
  find(_key: Uint8Array, _at: number, _cpu: number): Region | InterpreterMap | undefined {
    throw new Trap('bad-argument', `programs cannot look up in '${this.spec.name}', a ${this.spec.type}`)
  }

  /** 0 or a negative errno. */
  put(
    _key: Uint8Array,
    _keyAt: number,
    _value: Uint8Array,
    _valueAt: number,
    _flags: number,
    _cpu: number,
  ): number {
    throw new Trap('bad-argument', `programs cannot update '${this.spec.name}', a ${this.spec.type}`)
  }

  remove(_key: Uint8Array, _at: number): number {
    throw new Trap('bad-argument', `programs cannot delete from '${this.spec.name}', a ${this.spec.type}`)
  }

  // What users do.

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.checkOpen()
    this.checkKey(key)
    return this.read(key)
  }

  update(key: Uint8Array, value: Uint8Array | BpfMap | LoadedProgram, mode: UpdateMode = 'any'): void {
    this.checkOpen()
    this.checkKey(key)
    if (!(value instanceof Uint8Array)) {
      this.check('update', this.writeReference(key, value, MODE[mode]))
      return
    }
    if (value.length !== this.valueBytes) throw this.sizeFault('value', value.length, this.valueBytes)
    this.check('update', this.write(key, value, MODE[mode]))
  }

  delete(key: Uint8Array): boolean {
    this.checkOpen()
    this.checkKey(key)
    const result = this.erase(key)
    if (result === -ERRNO.ENOENT) return false
    this.check('delete from', result)
    return true
  }

  entries(): Iterable<readonly [key: Uint8Array, value: Uint8Array]> {
    return this.lookupBatch()
  }

  updateBatch(entries: ReadonlyArray<readonly [key: Uint8Array, value: Uint8Array]>): void {
    for (const [key, value] of entries) this.update(key, value)
  }

  lookupBatch(): Array<readonly [key: Uint8Array, value: Uint8Array]> {
    this.checkOpen()
    return [...this.list()]
  }

  /** Ends this handle. The map itself lives on while a program or another map holds it. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.release()
  }

  /** @internal */
  retain(): void {
    this.holders++
  }

  /** @internal */
  release(): void {
    if (--this.holders === 0) this.free()
  }

  protected abstract read(key: Uint8Array): Uint8Array | undefined
  protected abstract write(key: Uint8Array, value: Uint8Array, flags: number): number
  protected abstract erase(key: Uint8Array): number
  protected abstract list(): Iterable<readonly [key: Uint8Array, value: Uint8Array]>

  protected writeReference(_key: Uint8Array, _value: BpfMap | LoadedProgram, _flags: number): number {
    return -ERRNO.EINVAL
  }

  protected check(verb: string, result: number): void {
    if (result === 0) return
    const errno = (Object.keys(ERRNO) as Errno[]).find((name) => ERRNO[name] === -result)!
    const why = WHY[errno]
    const remedy = why === undefined ? '' : `: ${why}`
    throw new BpfError(`${verb} map '${this.spec.name}' failed with ${errno}${remedy}`, { errno })
  }

  protected sizeFault(part: string, got: number, want: number): RangeError {
    return new RangeError(
      `use map '${this.spec.name}': ${part} of ${got} bytes; give ${want} bytes, as its spec says`,
    )
  }

  protected checkKey(key: Uint8Array): void {
    if (key.length !== this.spec.keySize) throw this.sizeFault('key', key.length, this.spec.keySize)
  }

  protected checkOpen(): void {
    if (this.closed) {
      throw new BpfError(`use map '${this.spec.name}' failed with EBADF: it is closed; keep it open`, {
        errno: 'EBADF',
      })
    }
  }
}

/** What maps need from their engine. */
export interface MapHost {
  readonly cpus: number
  nextId(): number
  free(map: InterpreterMap): void
}

/** Update flags that are valid for keyed maps; the kernel refuses others. */
export function updateFault(flags: number, exists: boolean): number {
  if (flags !== UPDATE.any && flags !== UPDATE.noexist && flags !== UPDATE.exist) return -ERRNO.EINVAL
  if (exists && flags === UPDATE.noexist) return -ERRNO.EEXIST
  if (!exists && flags === UPDATE.exist) return -ERRNO.ENOENT
  return 0
}
