/**
 * Points as a file for `nft -f`: one table of its own, which replaces the one of that name in a single step and touches nothing
 * else. What netfilter cannot show, and where connection tracking differs from our flow table, is in `docs/guide/firewalls.md`.
 */
import type { Point } from '../../policy/index.ts'
import { plainText } from './comment.ts'
import { NamedSets } from './named-sets.ts'
import { pointLines } from './point.ts'
import type { NftLog } from './writer.ts'

export interface NftOptions {
  /** Of the table, after `glacis-`. Default: made of the node's id. */
  readonly name?: string
  /** Absent: rules tell nothing. */
  readonly log?: NftLog
}

/**
 * The ruleset of the points of one node. The same points give the same text. Throws {@link UnsayableError} if nftables has no
 * words for a rule, and `TypeError` if the points are of several nodes, or there are none.
 */
export function emitNft(points: readonly Point[], options: NftOptions = {}): string {
  const table = nftTable(points, options)
  const sets = new NamedSets()
  const chains = points.flatMap((point, index) => {
    return [
      '',
      `# ${plainText(point.id)}: what ${point.node} ${point.direction === 'in' ? 'receives' : 'sends'}`,
      ...pointLines(point, chainName(point, index), sets, options.log),
    ]
  })
  const body = [...sets.lines, ...chains].map((line) => (line === '' ? '' : `\t${line}`))
  return [
    '#!/usr/sbin/nft -f',
    `# The rules of ${plainText((points[0] as Point).node)}, by Glacis. Loading this file replaces them in one step.`,
    '# Connection tracking must not judge what these rules do (net.netfilter):',
    ...Object.entries(conntrackSysctls).map(([name, value]) => `#   ${name} = ${value}`),
    '',
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    ...body,
    '}',
    '',
  ].join('\n')
}

/** With these, connection tracking follows flows as `FlowTier` says: by their ends, not by sequence numbers or checksums. */
export const conntrackSysctls: Readonly<Record<string, number>> = Object.freeze({
  'net.netfilter.nf_conntrack_tcp_be_liberal': 1,
  'net.netfilter.nf_conntrack_tcp_loose': 0,
  'net.netfilter.nf_conntrack_checksum': 0,
})

/** The name of the table that {@link emitNft} makes. */
export function nftTable(points: readonly Point[], { name }: NftOptions = {}): string {
  const [first] = points
  if (!first) throw new TypeError('emit nftables rules: there are no points; name a node that has some')
  if (points.some(({ node }) => node !== first.node))
    throw new TypeError('emit nftables rules: the points are of several nodes; emit one node at a time')
  return `glacis-${(name ?? first.node).replace(/[^A-Za-z0-9_-]/g, '-')}`
}

/** A point's chains begin with its number, so that they differ whatever ids are made of. */
export const chainName = ({ id }: Point, index: number): string =>
  `p${index}/${id
    .split('/')
    .slice(-2)
    .join('/')
    .replace(/[^A-Za-z0-9_/-]/g, '-')}`
