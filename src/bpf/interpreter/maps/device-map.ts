/** `devmap` and `devmap_hash`: interface indices to redirect to. Any index is taken: the interpreter knows no interfaces. */
import { ERRNO, UPDATE } from '../../kernel-abi.ts'
import { type Region, region } from '../memory.ts'
import { indexKey, indexOf } from './array-map.ts'
import { InterpreterMap, updateFault } from './map.ts'

export class DeviceMap extends InterpreterMap {
  private readonly devices = new Map<number, Region>()

  override find(key: Uint8Array, at: number): Region | undefined {
    return this.devices.get(indexOf(key, at))
  }

  /** The interface that `bpf_redirect_map` sends to. */
  interfaceAt(index: number): number | undefined {
    return this.devices.get(index)?.view.getUint32(0, true)
  }

  /** All interfaces, for BPF_F_BROADCAST. */
  interfaces(): number[] {
    return [...this.devices.values()].map(({ view }) => view.getUint32(0, true))
  }

  protected override read(key: Uint8Array): Uint8Array | undefined {
    return this.devices.get(indexOf(key, 0))?.bytes.slice()
  }

  protected override write(key: Uint8Array, value: Uint8Array, flags: number): number {
    const index = indexOf(key, 0)
    const known = this.devices.has(index)
    const fault = this.fault(index, known, flags)
    if (fault !== 0) return fault
    if (indexOf(value, 0) === 0) this.devices.delete(index)
    else this.devices.set(index, region(value.slice()))
    return 0
  }

  protected override erase(key: Uint8Array): number {
    const index = indexOf(key, 0)
    if (this.spec.type === 'devmap') {
      if (index >= this.spec.maxEntries) return -ERRNO.EINVAL
      this.devices.delete(index)
      return 0
    }
    return this.devices.delete(index) ? 0 : -ERRNO.ENOENT
  }

  protected override *list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const [index, { bytes }] of this.devices) yield [indexKey(index), bytes.slice()]
  }

  private fault(index: number, known: boolean, flags: number): number {
    if (flags > UPDATE.exist) return -ERRNO.EINVAL
    if (this.spec.type === 'devmap_hash') {
      const fault = updateFault(flags, known)
      if (fault !== 0) return fault
      return !known && this.devices.size >= this.spec.maxEntries ? -ERRNO.E2BIG : 0
    }
    if (index >= this.spec.maxEntries) return -ERRNO.E2BIG
    return flags === UPDATE.noexist ? -ERRNO.EEXIST : 0
  }
}
