/** Kernel tests run as root and fail there if a feature is missing; elsewhere they are skipped with the reason. */
import { describe, it } from 'vitest'

const reason = process.platform !== 'linux' ? 'not Linux' : process.getuid?.() !== 0 ? 'not root' : undefined

/** `describe` for suites that need the kernel. */
export function describeKernel(name: string, suite: () => void): void {
  if (reason === undefined) describe(name, suite)
  else describe(name, () => it.skip(`needs root on Linux, is ${reason}`, () => {}))
}
