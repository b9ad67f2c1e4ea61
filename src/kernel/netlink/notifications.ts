/** Being told that something of a namespace changed, by whomever: what, has to be asked. */

import { errno, KernelError } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { allocate, lazily } from '../memory.ts'
import type { Namespace } from '../netns.ts'
import { openConversation, setOption } from './conversation.ts'
import { NETLINK_NETFILTER } from './netfilter.ts'

export interface Notifications {
  /** Readable when something changed; for a `Poller`. */
  readonly fd: number
  /** Forgets what there is to be read, or much of it: who changes things all the time keeps nobody here. */
  drain(): void
  close(): void
}

/** Multicast groups as bits: RTNLGRP_TC (hooks for filters and the filters there), NFNLGRP_NFTABLES. */
const subjects = {
  filters: { protocol: 0, groups: 1 << 3 },
  tables: { protocol: NETLINK_NETFILTER, groups: 1 << 6 },
} as const

const AF_NETLINK = 16
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const MSG_DONTWAIT = 0x40
/** Bytes of kernel memory in which notifications wait. What they say is not read; that there was no room for one is as good as it. */
const room = 64 * 1024
/** Notifications forgotten at a time. */
const stretch = 256
const receiving = lazily(() => allocate(64 * 1024))

/** Throws `KernelError`. */
export function openNotifications(namespace: Namespace, subject: keyof typeof subjects): Notifications {
  const { protocol, groups } = subjects[subject]
  const { fd, close } = openConversation(namespace, protocol)
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, room)
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
      for (let count = 0; count < stretch; count++) {
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
