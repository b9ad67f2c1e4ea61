/**
 * Failures of the operating system as errors that a person can act on: what was tried, what the kernel answered, and
 * what to do about it.
 */
import { constants } from 'node:os'

/** Used inside the kernel only, yet bpf(2) lets it out for map types without an operation (include/linux/errno.h). */
export const ENOTSUPP = 524

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]))
names.set(ENOTSUPP, 'ENOTSUPP')
// Linux gives these numbers two names each.
names.set(constants.errno.EAGAIN, 'EAGAIN')
names.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP')

/** Numbers of this platform, by name: `errno.EPERM`. */
export const errno: Readonly<typeof constants.errno> = constants.errno

/** `EPERM` for 1; `errno 4711` for a number without a name. */
export const errnoName = (code: number): string => names.get(code) ?? `errno ${code}`

const texts: Readonly<Record<string, string>> = {
  E2BIG: 'too large',
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'address is not on this machine',
  EAGAIN: 'would block',
  EBADF: 'bad file descriptor',
  EBUSY: 'busy',
  ECONNREFUSED: 'connection refused',
  EEXIST: 'exists already',
  EHOSTUNREACH: 'host unreachable',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files in this process',
  ENETUNREACH: 'network unreachable',
  ENFILE: 'too many open files on this machine',
  ENODEV: 'no such device',
  ENOENT: 'not found',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left',
  ENOSYS: 'not in this kernel',
  ENOTSUPP: 'not supported',
  EOPNOTSUPP: 'not supported',
  EPERM: 'not permitted',
  ESRCH: 'not found',
  ETIMEDOUT: 'timed out',
}

const remedies: Readonly<Record<string, string>> = {
  EACCES: 'run as root',
  EMFILE: 'raise the limit of open files: ulimit -n 1048576',
  ENFILE: 'raise the limit of open files: sysctl -w fs.file-max=2097152',
  ENOSYS: 'use a newer kernel',
  EPERM: 'run as root, with all capabilities',
}

/** `not permitted (EPERM)` */
export function describeErrno(code: number): string {
  const name = errnoName(code)
  const text = texts[name]
  return text === undefined ? name : `${text} (${name})`
}

/** What was tried, what the kernel answered, what to do: by default what usually helps against this errno. */
export function failureText(
  what: string,
  code: number,
  remedy: string | undefined = remedies[errnoName(code)],
): string {
  return `${what}: ${describeErrno(code)}${remedy === undefined ? '' : `; ${remedy}`}`
}

/** A system call that failed. */
export class KernelError extends Error {
  /** Positive number as in errno(3). */
  readonly errno: number
  /** Its name, `EPERM`. */
  readonly code: string

  /** @param what starts with the verb that failed, e.g. `create map 'flows'` */
  constructor(what: string, code: number, remedy?: string) {
    super(failureText(what, code, remedy))
    this.name = 'KernelError'
    this.errno = code
    this.code = errnoName(code)
  }
}
