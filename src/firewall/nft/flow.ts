/**
 * The flow tier by connection tracking. A flow is known once its entry is confirmed, which happens after the last hook that a
 * packet passes: what any point denied has opened nothing. Before the answer the state is still `new`, so that is not asked alone.
 */
import type { FlowTier } from '../../policy/index.ts'
import { icmpEcho, icmpErrors } from '../../wire/index.ts'
import type { Chain } from './writer.ts'

const errors = [`icmp type { ${icmpErrors[4].join(', ')} }`, `icmpv6 type { ${icmpErrors[6].join(', ')} }`]
const replies = [`icmp type ${icmpEcho[4].reply}`, `icmpv6 type ${icmpEcho[6].reply}`]

export function writeFlow(chain: Chain, { established, related, noFlow }: FlowTier): void {
  chain.rule('ct state established', established)
  for (const error of errors) {
    chain.rule(`${error} ct state related`, related)
    chain.rule(error, noFlow)
  }
  chain.rule('ct state new ct status confirmed', established)
  // Other ICMP is not tracked: what is neither echo nor error meets the rules each time.
  chain.rule('meta l4proto != { icmp, icmpv6 } ct state invalid', noFlow)
  chain.rule('tcp flags & (fin | syn | rst | ack) != syn', noFlow)
  for (const reply of replies) chain.rule(reply, noFlow)
}
