/** What the rules of an emitted table have counted, from what `nft -j list table` prints. */
import { type Point, rulesOf } from '../../policy/index.ts'
import { commentsOf } from './comment.ts'
import { chainName } from './emit.ts'

export interface NftCount {
  readonly packets: bigint
  /** Without the Ethernet header: netfilter counts from the IP header on. */
  readonly bytes: bigint
}

interface ListedRule {
  readonly chain: string
  readonly comment?: string
  readonly expr: readonly { readonly counter?: { readonly packets: number; readonly bytes: number } | null }[]
}

/**
 * Counts of each point by its id, in `rulesOf` order. Throws `SyntaxError` if the text is no JSON.
 * @param points in the order in which they were emitted
 */
export function readNftCounters(
  points: readonly Point[],
  listing: string,
): ReadonlyMap<string, readonly NftCount[]> {
  const { nftables } = JSON.parse(listing) as { nftables: readonly { readonly rule?: ListedRule }[] }
  const rules = nftables.flatMap(({ rule }) => (rule ? [rule] : []))
  const byPoint = new Map<number, ListedRule[]>()
  for (const rule of rules) {
    const index = Number(/^p(\d+)\//.exec(rule.chain)?.[1] ?? -1)
    byPoint.set(index, [...(byPoint.get(index) ?? []), rule])
  }
  return new Map(
    points.map((point, index) => {
      const prefix = chainName(point, index)
      const own = (byPoint.get(index) ?? []).filter(({ chain }) => chain.startsWith(prefix))
      const counts = new Map<string, { packets: bigint; bytes: bigint }>()
      for (const { comment, expr } of own)
        for (const { counter } of expr) {
          if (comment === undefined || !counter) continue
          const count = counts.get(comment) ?? { packets: 0n, bytes: 0n }
          count.packets += BigInt(counter.packets)
          count.bytes += BigInt(counter.bytes)
          counts.set(comment, count)
        }
      const comments = commentsOf(rulesOf(point))
      return [point.id, comments.map((comment) => counts.get(comment) ?? { packets: 0n, bytes: 0n })]
    }),
  )
}
