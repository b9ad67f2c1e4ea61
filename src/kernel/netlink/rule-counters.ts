/**
 * What the rules of an nftables table have counted, by a dump of nf_tables (linux/netfilter/nf_tables.h): a thousandth of what starting
 * nft(8) and reading its JSON takes.
 */
import type { Namespace } from '../netns.ts'
import { openConversation } from './conversation.ts'
import { attribute, eachAttribute, NLM_F_DUMP, readAttributes, readText, text, viewOf } from './message.ts'
import { NETLINK_NETFILTER, netfilterPayload, netfilterType, readNetfilter } from './netfilter.ts'

export interface CountedRule {
  readonly chain: string
  /** `comment "…"` of nft(8). */
  readonly comment: string | undefined
  readonly packets: bigint
  /** From the IP header on. */
  readonly bytes: bigint
}

const NFPROTO_INET = 1
const NFT_MSG_GETRULE = 7
const rule = { table: 1, chain: 2, expressions: 4, userData: 7 } as const
const expression = { name: 1, data: 2 } as const
const counter = { bytes: 1, packets: 2 } as const
/** NFTNL_UDATA_RULE_COMMENT of libnftnl: type and length, one byte each, then text with its closing zero. */
const commentType = 0

/**
 * The rules with a counter of a table of the family `inet`, in their order; none: it has no such rules, or there is no such table. Throws
 * `KernelError`.
 */
export function countedRules(namespace: Namespace, table: string): CountedRule[] {
  const conversation = openConversation(namespace, NETLINK_NETFILTER)
  try {
    return conversation.dump(
      {
        type: netfilterType('tables', NFT_MSG_GETRULE),
        flags: NLM_F_DUMP,
        payload: netfilterPayload(NFPROTO_INET, 0, [attribute(rule.table, text(table))]),
        what: `read the rules of table ${table}`,
      },
      (message) => {
        const values = readAttributes(readNetfilter(message).attributes)
        // Kernels before 5.2 do not choose by table.
        if (readText(values.get(rule.table) ?? nothing) !== table) return undefined
        const count = countOf(values.get(rule.expressions) ?? nothing)
        if (!count) return undefined
        return {
          chain: readText(values.get(rule.chain) ?? nothing),
          comment: commentOf(values.get(rule.userData) ?? nothing),
          ...count,
        }
      },
    )
  } finally {
    conversation.close()
  }
}

const nothing = new Uint8Array(0)

function countOf(expressions: Uint8Array): Pick<CountedRule, 'packets' | 'bytes'> | undefined {
  for (const [, element] of eachAttribute(expressions)) {
    const values = readAttributes(element)
    if (readText(values.get(expression.name) ?? nothing) !== 'counter') continue
    const counts = readAttributes(values.get(expression.data) ?? nothing)
    const [packets, bytes] = [counts.get(counter.packets), counts.get(counter.bytes)]
    if (packets && bytes)
      return { packets: viewOf(packets).getBigUint64(0), bytes: viewOf(bytes).getBigUint64(0) }
  }
  return undefined
}

function commentOf(data: Uint8Array): string | undefined {
  for (let at = 0; at + 2 <= data.length; at += 2 + (data[at + 1] as number))
    if (data[at] === commentType) return readText(data.subarray(at + 2, at + 2 + (data[at + 1] as number)))
  return undefined
}
