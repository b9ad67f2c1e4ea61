/**
 * Network namespaces, held by file descriptors only: when the process ends by any means, the kernel removes them and
 * every link in them. The thread enters a namespace around a synchronous call and leaves it again.
 */
import { access, closeSync, fstatSync, openSync } from 'node:fs'
import { check, libc } from './libc.ts'

export interface Namespace {
  /** Open descriptor of the namespace, close-on-exec. Another process may open it as `/proc/<pid>/fd/<fd>`. */
  readonly fd: number
  /** Identity: two descriptors with the same inode number are the same namespace. */
  readonly inode: number
}

const CLONE_NEWNET = 0x40000000
const ownNamespace = '/proc/thread-self/ns/net'

/** What this thread was born in, and where it is now. */
let home: Namespace | undefined
let current: Namespace | undefined

/** The namespace that this thread started in. */
export function homeNamespace(): Namespace {
  if (home === undefined) {
    // libuv makes its worker threads at the first asynchronous call, and threads inherit the namespace of their
    // maker: make them now, so that none is ever born inside a namespace that should die with its descriptor.
    access('/', () => {})
    home = openNamespace(ownNamespace)
    current = home
  }
  return home
}

/** The namespace that this thread is in at the moment. */
export function currentNamespace(): Namespace {
  const born = homeNamespace()
  return current ?? born
}

/** Opens a namespace that exists: a file such as `/proc/1234/ns/net` or `/proc/1234/fd/56`. */
export function openNamespace(path: string): Namespace {
  const fd = openSync(path, 'r')
  return Object.freeze({ fd, inode: fstatSync(fd).ino })
}

/** A new, empty namespace, in which only `lo` exists, down. Throws `KernelError`: `EPERM` without CAP_SYS_ADMIN. */
export function createNamespace(): Namespace {
  const before = currentNamespace()
  check(libc().unshare(CLONE_NEWNET), 'create network namespace')
  try {
    return openNamespace(ownNamespace)
  } finally {
    enter(before)
  }
}

/**
 * Runs `body` with this thread inside a namespace: sockets that it creates, processes that it starts, /proc/sys/net
 * and interface indices are those of that namespace. Calls nest.
 *
 * `body` must be synchronous, since what runs after an `await` runs outside: a promise as result throws `TypeError`. If the
 * way back is barred, the process ends at once: whatever it would do next might touch the wrong network.
 */
export function inNamespace<T>(namespace: Namespace, body: () => T): T {
  const before = currentNamespace()
  if (before.inode === namespace.inode) return synchronous(body())
  check(libc().setns(namespace.fd, CLONE_NEWNET), 'enter network namespace')
  current = namespace
  try {
    return synchronous(body())
  } finally {
    enter(before)
  }
}

/** The kernel removes a namespace, and the links in it, when no descriptor, socket or process holds it any more. */
export function closeNamespace(namespace: Namespace): void {
  closeSync(namespace.fd)
}

function enter(namespace: Namespace): void {
  if (libc().setns(namespace.fd, CLONE_NEWNET) < 0) process.abort()
  current = namespace
}

function synchronous<T>(result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
    throw new TypeError('run in network namespace: the callback returned a promise; make it synchronous')
  return result
}
