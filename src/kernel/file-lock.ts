/** Advisory locks on open files, which end with the last descriptor of the open file, so with the process at the latest. */
import { errno } from './errno.ts'
import { check, lastErrno, libc } from './libc.ts'

/** LOCK_EX | LOCK_NB of flock(2). */
const exclusiveAtOnce = 2 | 4

/** True if the file is locked now; false if another open of it is. Throws `KernelError` if it cannot be. Linux only. */
export function lockFile(fd: number): boolean {
  if (libc().flock(fd, exclusiveAtOnce) >= 0) return true
  if (lastErrno() === errno.EAGAIN) return false
  check(-1, 'lock file')
  return false
}
