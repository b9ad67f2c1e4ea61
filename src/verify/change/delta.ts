/** What one network lets arrive that the other does not: sender by sender, target by target. */
import type { Node } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import { type Cells, isOutside, outside, type Sides, type Source } from './cells.ts'
import { partyKey, partyOf } from './party.ts'
import type { Side } from './side.ts'
import type { Target, TargetAddresses } from './target.ts'

export interface Delta {
  readonly kind: 'opened' | 'closed'
  /** Ids of nodes of one party, which all are in the same of both networks, or in both. */
  readonly senders: readonly string[]
  readonly source: Source
  readonly target: Target
  /** As a cell: without the addresses of machines. */
  readonly traffic: DiagramSet
}

/** The side on which the packets of a delta arrive, and the one on which they do not. */
export const sidesOf = ({ old, next }: Sides, kind: Delta['kind']): readonly [open: Side, shut: Side] =>
  kind === 'opened' ? [next, old] : [old, next]

/** Every node of either network, as the later one has it. */
export const allNodes = ({ old, next }: Sides): readonly Node[] => [
  ...next.network.nodes,
  ...old.network.nodes.filter(({ id }) => !next.node(id)),
]

/** Key of a target in both networks. */
export const targetKey = (target: Target): string => {
  switch (target.kind) {
    case 'machine':
      return `machine ${target.node}${target.public ? ' public' : ''}`
    case 'vip':
      return `vip ${target.site} ${target.service} ${target.node}`
    case 'host-service':
      return `host-service ${target.name}`
    case 'outside':
      return outside
  }
}

export function deltasBetween(sets: PacketSets, sides: Sides, cells: Cells): readonly Delta[] {
  const { old, next } = sides
  const targets = new Map<string, Target>([
    ...Array.from([...old.targets, ...next.targets], ([key, { target }]) => [key, target] as const),
    [outside, { kind: 'outside' }],
  ])
  const still = sameAddresses(sides)
  const deltas: Delta[] = []
  for (const { senders, source, same } of sendersOf(sides, cells)) {
    if (same && still) continue
    const [first] = senders as [string]
    for (const [key, target] of targets) {
      if (isSelf(senders, target) || (source === 'forged' && isBehind(sides, first, target))) continue
      if (
        key !== outside &&
        cells.cellKey(old, first, source, key) === cells.cellKey(next, first, source, key)
      )
        continue
      const before = cells.cell(old, first, source, key)
      const after = cells.cell(next, first, source, key)
      if (before === after) continue
      const [opened, closed] = [sets.without(after, before), sets.without(before, after)]
      if (opened !== sets.none) deltas.push({ kind: 'opened', senders, source, target, traffic: opened })
      if (closed !== sets.none) deltas.push({ kind: 'closed', senders, source, target, traffic: closed })
    }
  }
  return deltas
}

interface Senders {
  readonly senders: readonly string[]
  readonly source: Source
  /** They may send the same to the same addresses in both networks. */
  readonly same: boolean
}

/** Routers and balancers are left out: they are trusted to send what they forward, and no more. */
function sendersOf(sides: Sides, cells: Cells): readonly Senders[] {
  const groups = new Map<string, Senders & { readonly senders: string[] }>()
  const add = (node: Node, source: Source): void => {
    const [old, next] = [sides.old, sides.next].map((side) => cells.rowKey(side, node.id, source))
    const standing = `${sides.old.node(node.id) !== undefined} ${sides.next.node(node.id) !== undefined}`
    const key = `${partyKey(partyOf(node))} ${source} ${standing} ${old} ${next}`
    const group = groups.get(key)
    if (group) group.senders.push(node.id)
    else groups.set(key, { senders: [node.id], source, same: old === next })
  }
  for (const node of allNodes(sides)) {
    if (trusted.has(node.kind)) continue
    add(node, isOutside(node) ? 'any' : 'own')
    add(node, 'forged')
  }
  return [...groups.values()]
}

const trusted: ReadonlySet<Node['kind']> = new Set(['access-router', 'balancer', 'distribution-router'])

/** A machine that addresses itself sends nothing. */
const isSelf = (senders: readonly string[], target: Target): boolean =>
  target.kind === 'machine' && senders.length === 1 && senders[0] === target.node

/** A host may say to its own VMs what it likes: it is the one that judges it. */
const isBehind = ({ old, next }: Sides, sender: string, target: Target): boolean =>
  target.kind === 'machine' && [old, next].some((side) => side.node(target.node)?.vm?.host === sender)

/** Whether every target has its addresses in both networks; then equal rows have equal cells. */
const sameAddresses = ({ old, next }: Sides): boolean =>
  old.targets.size === next.targets.size &&
  [...old.targets].every(([key, { addresses }]) => sameList(addresses, next.targets.get(key)))

const sameList = (addresses: TargetAddresses['addresses'], other: TargetAddresses | undefined): boolean =>
  other?.addresses.length === addresses.length &&
  addresses.every((address, index) => ipEquals(address, other.addresses[index] as typeof address))
