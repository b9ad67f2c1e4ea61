/** Resource limits of this process (prlimit(2)). */
import { readFileSync } from 'node:fs'
import { check, libc } from './libc.ts'
import { allocate } from './memory.ts'

export interface Limit {
  /** What holds now. */
  readonly soft: number
  /** Up to which an unprivileged process may raise it. */
  readonly hard: number
}

const RLIMIT_NOFILE = 7
const what = 'read limit of open files'

export function openFileLimit(): Limit {
  const limit = allocate(16)
  check(libc().prlimit(0, RLIMIT_NOFILE, 0, limit.address), what)
  return { soft: Number(limit.view.getBigUint64(0, true)), hard: Number(limit.view.getBigUint64(8, true)) }
}

/**
 * Lets this process, and those that it starts, open `count` files, and returns what was reached: at most what the kernel gives anyone
 * (fs.nr_open), and without CAP_SYS_RESOURCE at most the hard limit. Never lowers. A lab needs about six a node.
 */
export function raiseOpenFileLimit(count: number): number {
  const { soft, hard } = openFileLimit()
  if (soft >= count) return soft
  const most = Math.min(count, Number(readFileSync('/proc/sys/fs/nr_open', 'utf8')))
  for (const wanted of [most, Math.min(most, hard)]) {
    const limit = allocate(16)
    limit.view.setBigUint64(0, BigInt(wanted), true)
    limit.view.setBigUint64(8, BigInt(Math.max(wanted, hard)), true)
    if (libc().prlimit(0, RLIMIT_NOFILE, limit.address, 0) >= 0) return wanted
  }
  return soft
}
