/**
 * Watches many descriptors from the event loop. One epoll instance holds them, and the loop watches that one: a thousand
 * sockets cost one handle, and everything else in the process runs on.
 */
import { closeSync } from 'node:fs'
import { errno } from '../errno.ts'
import { check, ffi, lastErrno, libc } from '../libc.ts'
import { allocate } from '../memory.ts'

export interface Interest {
  readonly readable?: boolean
  readonly writable?: boolean
}

export interface Readiness {
  readonly readable: boolean
  readonly writable: boolean
  /** An error is pending, or the other side has hung up. Always reported. */
  readonly failed: boolean
}

export interface Poller {
  /**
   * Calls `handler` from the event loop as long as what is asked for holds (level-triggered); replaces an earlier watch of the same
   * descriptor. The loop stays alive while anything is watched. `handler` must not throw.
   */
  watch(fd: number, interest: Interest, handler: (ready: Readiness) => void): void
  /** Calls the handlers of all that is ready now, without waiting for the event loop. */
  poll(): void
  /** To be called before the descriptor is closed. */
  unwatch(fd: number): void
  close(): void
}

const EPOLL_CLOEXEC = 0x80000
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
const EPOLLIN = 0x1
const EPOLLOUT = 0x4
const EPOLLERR = 0x8
const EPOLLHUP = 0x10
const capacity = 256
/** struct epoll_event is packed on x86 only. */
const eventSize = process.arch === 'x64' ? 12 : 16
const dataOffset = process.arch === 'x64' ? 4 : 8

export function createPoller(): Poller {
  const epoll = check(libc().epollCreate(EPOLL_CLOEXEC), 'create poller')
  const handlers = new Map<number, (ready: Readiness) => void>()
  const events = allocate(capacity * eventSize)
  const event = allocate(eventSize)
  const handle = ffi().node.poll(epoll, { readable: true }, dispatch)
  handle.unref()

  /** Returns the number of descriptors that were ready. */
  function dispatch(): number {
    const count = libc().epollWait(epoll, events.address, capacity, 0)
    if (count < 0 && lastErrno() !== errno.EINTR) check(count, 'wait for sockets')
    const ready: Array<readonly [fd: number, mask: number]> = []
    for (let at = 0; at < count * eventSize; at += eventSize)
      ready.push([events.view.getUint32(at + dataOffset, true), events.view.getUint32(at, true)])
    for (const [fd, mask] of ready)
      handlers.get(fd)?.({
        readable: (mask & EPOLLIN) !== 0,
        writable: (mask & EPOLLOUT) !== 0,
        failed: (mask & (EPOLLERR | EPOLLHUP)) !== 0,
      })
    return count
  }

  return Object.freeze({
    watch(fd: number, interest: Interest, handler: (ready: Readiness) => void): void {
      event.view.setUint32(0, (interest.readable ? EPOLLIN : 0) | (interest.writable ? EPOLLOUT : 0), true)
      event.view.setUint32(dataOffset, fd, true)
      const operation = handlers.has(fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
      check(libc().epollCtl(epoll, operation, fd, event.address), 'watch socket')
      handlers.set(fd, handler)
      handle.ref()
    },
    poll(): void {
      // The kernel hands out what is ready in turn: in as many rounds as it takes, each is seen once.
      for (let rounds = Math.ceil(handlers.size / capacity); rounds > 0 && dispatch() === capacity; rounds--);
    },
    unwatch(fd: number): void {
      if (!handlers.delete(fd)) return
      check(libc().epollCtl(epoll, EPOLL_CTL_DEL, fd, event.address), 'unwatch socket')
      if (handlers.size === 0) handle.unref()
    },
    close(): void {
      handle.close()
      handlers.clear()
      closeSync(epoll)
    },
  })
}
