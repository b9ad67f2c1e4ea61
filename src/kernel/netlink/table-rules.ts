/**
 * The rules of an nftables table, and what they have counted, by a dump of nf_tables (linux/netfilter/nf_tables.h): a small part of what
 * starting nft(8) and reading its JSON takes.
 */
import { errno, KernelError } from '../errno.ts'
import type { Namespace } from '../netns.ts'
import { openConversation } from './conversation.ts'
import { attribute, eachAttribute, NLM_F_DUMP, readAttributes, readText, text, viewOf } from './message.ts'
import { NETLINK_NETFILTER, netfilterPayload, netfilterType, readNetfilter } from './netfilter.ts'

export interface TableRule {
  readonly chain: string
  /** Unique in the table; a rule that is replaced has another. */
  readonly handle: bigint
  /** `comment "…"` of nft(8). */
  readonly comment: string | undefined
  /** `undefined`: it does not count. Bytes are from the IP header on. */
  readonly count: { readonly packets: bigint; readonly bytes: bigint } | undefined
}

export interface TableRules {
  /** Its chains judge packets; a table can be put to sleep. */
  readonly awake: boolean
  /** In their order, chain by chain. */
  readonly rules: readonly TableRule[]
}

const NFPROTO_INET = 1
const NFT_MSG_GETTABLE = 1
const NFT_MSG_GETRULE = 7
const NFT_TABLE_F_DORMANT = 1
const tableField = { name: 1, flags: 2 } as const
const rule = { table: 1, chain: 2, handle: 3, expressions: 4, userData: 7 } as const
const expression = { name: 1, data: 2 } as const
const counter = { bytes: 1, packets: 2 } as const
/** NFTNL_UDATA_RULE_COMMENT of libnftnl: type and length, one byte each, then text with its closing zero. */
const commentType = 0

/**
 * A table of the family `inet`; `undefined`: there is none of that name. Throws `KernelError`.
 * @param most of more rules than these the first are told, and at least one too many; who may write tables cannot make this take long
 */
export function tableRules(
  namespace: Namespace,
  table: string,
  most = Number.POSITIVE_INFINITY,
): TableRules | undefined {
  const conversation = openConversation(namespace, NETLINK_NETFILTER)
  const question = (message: number, flags: number, name: number) => ({
    type: netfilterType('tables', message),
    flags,
    payload: netfilterPayload(NFPROTO_INET, 0, [attribute(name, text(table))]),
    what: `read table ${table}`,
  })
  try {
    const flags = conversation.ask(question(NFT_MSG_GETTABLE, 0, tableField.name), (message) => {
      const bytes = readAttributes(readNetfilter(message).attributes).get(tableField.flags)
      return bytes ? viewOf(bytes).getUint32(0) : 0
    })
    if (flags === undefined) return undefined
    const rules = conversation.dump(
      question(NFT_MSG_GETRULE, NLM_F_DUMP, rule.table),
      (message): TableRule | undefined => {
        const values = readAttributes(readNetfilter(message).attributes)
        // Kernels before 5.2 do not choose by table.
        if (readText(values.get(rule.table) ?? nothing) !== table) return undefined
        const handle = values.get(rule.handle)
        return {
          chain: readText(values.get(rule.chain) ?? nothing),
          handle: handle ? viewOf(handle).getBigUint64(0) : 0n,
          comment: commentOf(values.get(rule.userData) ?? nothing),
          count: countOf(values.get(rule.expressions) ?? nothing),
        }
      },
      most,
    )
    return { awake: (flags & NFT_TABLE_F_DORMANT) === 0, rules }
  } catch (error) {
    if (error instanceof KernelError && error.errno === errno.ENOENT) return undefined
    throw error
  } finally {
    conversation.close()
  }
}

const nothing = new Uint8Array(0)

function countOf(expressions: Uint8Array): TableRule['count'] {
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
