/** Being told that something of a namespace changed, by whomever: what, has to be asked. */

import { errno, KernelError } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { allocate, lazily } from '../memory.ts'
import type { Namespace } from '../netns.ts'
import { openConversation } from './conversation.ts'
import { NETLINK_NETFILTER } from './netfilter.ts'

export interface Notifications {
  /** Readable when something changed; for a `Poller`. */
  readonly fd: number
  /** Forgets what there is to be read. */
  drain(): void
  close(): void
}

/** Multicast groups as bits: RTNLGRP_TC (hooks for filters and the filters there), NFNLGRP_NFTABLES. */
const subjects = {
  filters: { protocol: 0, groups: 1 << 3 },
  tables: { protocol: NETLINK_NETFILTER, groups: 1 << 6 },
} as const

const AF_NETLINK = 16
const MSG_DONTWAIT = 0x40
const receiving = lazily(() => allocate(64 * 1024))

/** Throws `KernelError`. */
export function openNotifications(namespace: Namespace, subject: keyof typeof subjects): Notifications {
  const { protocol, groups } = subjects[subject]
  const { fd, close } = openConversation(namespace, protocol)
  // struct sockaddr_nl: family, padding, port 0 (the kernel chooses), groups.
  const address = new Uint8Array(12)
  const view = new DataView(address.buffer)
  view.setUint16(0, AF_NETLINK, true)
  view.setUint32(8, groups, true)
  check(libc().bind(fd, address, address.length), `be told of ${subject}`)
  return Object.freeze({
    fd,
    drain(): void {
      const { address: target, bytes } = receiving()
      for (;;) {
        if (libc().recv(fd, target, bytes.length, MSG_DONTWAIT) >= 0) continue
        const code = lastErrno()
        if (code === errno.EAGAIN) return
        // So much has changed that not all could be told.
        if (code !== errno.EINTR && code !== errno.ENOBUFS)
          throw new KernelError(`be told of ${subject}`, code)
      }
    },
    close,
  })
}
