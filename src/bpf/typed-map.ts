/** Maps seen through layouts: keys and values of the program's types instead of bytes, on any engine. */
import type { BpfMap, UpdateMode } from './engine.ts'
import { type AnyLayout, decodeAs, encodeAs, type Layout } from './layout.ts'
import { isPerCpu } from './map-spec.ts'

/**
 * ```ts
 * const flows = new TypedMap(engine.createMap(spec), flowKey, flowState)
 * flows.get({ source, destination, port: 443, protocol: 6 })?.packets
 * ```
 */
export class TypedMap<K, V> {
  readonly map: BpfMap
  private readonly key: Layout<K>
  private readonly value: Layout<V>

  /** @throws RangeError if the layouts have not the sizes of the map's spec. */
  constructor(map: BpfMap, key: Layout<K>, value: Layout<V>) {
    checkSizes(map, key, value)
    if (isPerCpu(map.spec.type))
      throw new RangeError(`use map '${map.spec.name}' failed: it has a value for each CPU; use PerCpuMap`)
    this.map = map
    this.key = key
    this.value = value
  }

  get(key: K): V | undefined {
    const found = this.map.lookup(encodeAs(this.key, key))
    return found === undefined ? undefined : decodeAs(this.value, found)
  }

  set(key: K, value: V, mode?: UpdateMode): void {
    this.map.update(encodeAs(this.key, key), encodeAs(this.value, value), mode)
  }

  /** False if there was no such key. */
  delete(key: K): boolean {
    return this.map.delete(encodeAs(this.key, key))
  }

  /** All at once, where the engine can. */
  setAll(entries: Iterable<readonly [K, V]>): void {
    this.map.updateBatch(
      [...entries].map(([key, value]) => [encodeAs(this.key, key), encodeAs(this.value, value)]),
    )
  }

  /** All at once, where the engine can. */
  getAll(): Array<readonly [K, V]> {
    return this.map
      .lookupBatch()
      .map(([key, value]) => [decodeAs(this.key, key), decodeAs(this.value, value)])
  }

  close(): void {
    this.map.close()
  }
}

/** A per-CPU map: each key has a value for each CPU. */
export class PerCpuMap<K, V> {
  readonly map: BpfMap
  private readonly key: Layout<K>
  private readonly value: Layout<V>
  private readonly stride: number

  /** @throws RangeError if the layouts have not the sizes of the map's spec. */
  constructor(map: BpfMap, key: Layout<K>, value: Layout<V>) {
    checkSizes(map, key, value)
    if (!isPerCpu(map.spec.type))
      throw new RangeError(`use map '${map.spec.name}' failed: it has one value for all CPUs; use TypedMap`)
    this.map = map
    this.key = key
    this.value = value
    this.stride = (value.size + 7) & ~7
  }

  /** The values of all CPUs, in their order. */
  get(key: K): V[] | undefined {
    const found = this.map.lookup(encodeAs(this.key, key))
    return found === undefined ? undefined : this.split(found)
  }

  /** Sets the value of each CPU. */
  set(key: K, values: readonly V[], mode?: UpdateMode): void {
    const encoded = new Uint8Array(this.stride * values.length)
    const view = new DataView(encoded.buffer)
    for (const [cpu, value] of values.entries()) this.value.write(view, cpu * this.stride, value)
    this.map.update(encodeAs(this.key, key), encoded, mode)
  }

  /** False if there was no such key. */
  delete(key: K): boolean {
    return this.map.delete(encodeAs(this.key, key))
  }

  /** All at once, where the engine can. */
  getAll(): Array<readonly [K, V[]]> {
    return this.map.lookupBatch().map(([key, values]) => [decodeAs(this.key, key), this.split(values)])
  }

  close(): void {
    this.map.close()
  }

  private split(values: Uint8Array): V[] {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
    return Array.from({ length: values.length / this.stride }, (_, cpu) =>
      this.value.read(view, cpu * this.stride),
    )
  }
}

function checkSizes(map: BpfMap, key: AnyLayout, value: AnyLayout): void {
  const { name, keySize, valueSize } = map.spec
  if (key.size !== keySize || value.size !== valueSize) {
    throw new RangeError(
      `use map '${name}' failed: layouts of ${key.size} and ${value.size} bytes, its spec says ${keySize} and ${valueSize}; use those of its spec`,
    )
  }
}
