/** `queue`: first in, first out. Its key has no bytes. */
import { ERRNO, UPDATE } from '../../kernel-abi.ts'
import { InterpreterMap } from './map.ts'

export class QueueMap extends InterpreterMap {
  private readonly values: Uint8Array[] = []

  /** Of a full queue, `UPDATE.exist` replaces the oldest value. */
  push(value: Uint8Array, at: number, flags: number): number {
    if (flags !== UPDATE.any && flags !== UPDATE.exist) return -ERRNO.EINVAL
    if (this.values.length >= this.spec.maxEntries) {
      if (flags !== UPDATE.exist) return -ERRNO.E2BIG
      this.values.shift()
    }
    this.values.push(value.slice(at, at + this.spec.valueSize))
    return 0
  }

  peek(): Uint8Array | undefined {
    return this.values[0]
  }

  /** Takes the oldest value out; `undefined` if there is none. */
  pop(): Uint8Array | undefined {
    return this.values.shift()
  }

  protected override read(): Uint8Array | undefined {
    return this.peek()?.slice()
  }

  protected override write(_key: Uint8Array, value: Uint8Array, flags: number): number {
    return this.push(value, 0, flags)
  }

  protected override erase(): number {
    return -ERRNO.EINVAL
  }

  protected override list(): Iterable<readonly [Uint8Array, Uint8Array]> {
    return []
  }
}
