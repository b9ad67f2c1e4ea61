/** What the rules of an emitted table have counted, from its rules as the kernel has them. */
import { type Point, rulesOf } from '../../policy/index.ts'
import { commentsOf } from './comment.ts'
import { chainName } from './emit.ts'

export interface NftCount {
  readonly packets: bigint
  /** Without the Ethernet header: netfilter counts from the IP header on. */
  readonly bytes: bigint
}

/** A rule of a table. */
export interface ListedRule {
  readonly chain: string
  readonly comment: string | undefined
  /** `undefined`: it does not count. */
  readonly count: NftCount | undefined
}

/**
 * Counts of each point by its id, in `rulesOf` order.
 * @param points in the order in which they were emitted
 * @param listed all rules of the table
 */
export function readNftCounters(
  points: readonly Point[],
  listed: readonly ListedRule[],
): ReadonlyMap<string, readonly NftCount[]> {
  const byPoint = new Map<number, ListedRule[]>()
  for (const rule of listed) {
    const index = Number(/^p(\d+)\//.exec(rule.chain)?.[1] ?? -1)
    const own = byPoint.get(index) ?? []
    own.push(rule)
    byPoint.set(index, own)
  }
  return new Map(
    points.map((point, index) => {
      const prefix = chainName(point, index)
      const counts = new Map<string, { packets: bigint; bytes: bigint }>()
      for (const { chain, comment, count } of byPoint.get(index) ?? []) {
        if (comment === undefined || !count || !chain.startsWith(prefix)) continue
        const sum = counts.get(comment) ?? { packets: 0n, bytes: 0n }
        sum.packets += count.packets
        sum.bytes += count.bytes
        counts.set(comment, sum)
      }
      const comments = commentsOf(rulesOf(point))
      return [point.id, comments.map((comment) => counts.get(comment) ?? { packets: 0n, bytes: 0n })]
    }),
  )
}
