/** Forgetting what connection tracking knows: ctnetlink, as `conntrack -F` does it. */

import { closeSync } from 'node:fs'
import { KernelError } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { inNamespace, type Namespace } from '../netns.ts'

const AF_NETLINK = 16
const SOCK_RAW = 3
const NETLINK_NETFILTER = 12
/** NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE (linux/netfilter/nfnetlink*.h); without attributes: all entries. */
const deleteAll = (1 << 8) | 2
const NLM_F_REQUEST = 1

/** All of a namespace; the kernel does so before it answers. Throws `KernelError`. */
export function flushConnections(namespace: Namespace): void {
  const fd = inNamespace(namespace, () => libc().socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER))
  if (fd < 0) throw new KernelError('open a netfilter socket', lastErrno())
  // nlmsghdr (length, type, flags, sequence, port) and nfgenmsg (family, version, resource).
  const message = new Uint8Array(20)
  const view = new DataView(message.buffer)
  view.setUint32(0, message.length, true)
  view.setUint16(4, deleteAll, true)
  view.setUint16(6, NLM_F_REQUEST, true)
  const sent = libc().send(fd, message, message.length, 0)
  const code = sent < 0 ? lastErrno() : 0
  closeSync(fd)
  if (code !== 0) throw new KernelError('forget connections', code)
}
