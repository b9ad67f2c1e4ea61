/** How large a network file is, before it is read. */
import { fstatSync, statSync } from 'node:fs'
import { standardInput } from './standard-input.ts'

/** Bytes; of a pipe as many as may come. `undefined`: no file, or one that cannot be looked at: the verb says what is wrong with it. */
export function sizeOf(file: string): number | undefined {
  try {
    const status = file === standardInput ? fstatSync(0) : statSync(file)
    if (status.isFile()) return status.size
    if (file !== standardInput) return undefined
    return status.isCharacterDevice() ? 0 : Number.POSITIVE_INFINITY
  } catch {
    return undefined
  }
}
