/** Forgetting what connection tracking knows: ctnetlink, as `conntrack -F` does it. */
import type { Namespace } from '../netns.ts'
import { openConversation } from './conversation.ts'
import { NETLINK_NETFILTER, netfilterPayload, netfilterType } from './netfilter.ts'

/** linux/netfilter/nfnetlink_conntrack.h; without attributes: all entries. */
const IPCTNL_MSG_CT_DELETE = 2

/** All of a namespace; the kernel does so before it answers. Throws `KernelError`. */
export function flushConnections(namespace: Namespace): void {
  const conversation = openConversation(namespace, NETLINK_NETFILTER)
  try {
    conversation.batch([
      {
        type: netfilterType('connections', IPCTNL_MSG_CT_DELETE),
        flags: 0,
        payload: netfilterPayload(0, 0, []),
        what: 'forget connections',
      },
    ])
  } finally {
    conversation.close()
  }
}
