/** Rule lists and boxes as packet sets: what differences are held against. */
import { Prefix } from '../../../net/index.ts'
import { constant, type Diagram, type DiagramSet, everything } from '../../diagram/index.ts'
import type { PacketSets } from '../../packets/index.ts'
import { level } from '../../packets/levels.ts'
import type { Box } from '../box.ts'
import type { RuleList } from '../rule-list.ts'

/** For every packet 1 + the index of the rule that decides; for the default 1 + the number of rules. */
export const listDiagram = (sets: PacketSets, list: RuleList): Diagram =>
  sets.mask<Diagram>(
    sets.all,
    sets.first<Diagram>([
      ...list.rules.map(({ match }, at) => sets.mask<Diagram>(sets.match(match), constant(at + 1))),
      constant(list.rules.length + 1),
    ]),
  )

/** Packets for which a list ends with an action. */
export const actionSet = (sets: PacketSets, list: RuleList, action: string): DiagramSet =>
  sets.where(
    listDiagram(sets, list),
    (value) => value > 0 && (list.rules[value - 1]?.action ?? list.default) === action,
  )

/** Packets that two lists treat differently, by what diagrams say. */
export function differenceSet(sets: PacketSets, a: RuleList, b: RuleList): DiagramSet {
  const same = (['allow', 'deny', 'next'] as const).map((action) =>
    sets.mask(actionSet(sets, a, action), actionSet(sets, b, action)),
  )
  return sets.without(sets.all, sets.union(same))
}

/** The packets of a box. */
export function boxSet(sets: PacketSets, box: Box): DiagramSet {
  const field = (name: 'protocol' | 'icmpType' | 'icmpCode') => {
    const [first, last] = box[name]
    return sets.field(name, [[Number(first), Number(last)]])
  }
  const ports = (name: 'sourcePort' | 'destinationPort') => {
    const [first, last] = box[name]
    return sets.field(name, [[Number(first), Number(last)]])
  }
  const flags = Array.from({ length: 256 }, (_, at) => at).filter(
    (at) => ((box.flags >> BigInt(at)) & 1n) === 1n,
  )
  return sets.allOf([
    sets.family(box.family),
    ...(box.family === 4 ? unusedWords(sets) : []),
    sets.addresses('source', prefixesOf(box.family, box.source)),
    sets.addresses('destination', prefixesOf(box.family, box.destination)),
    field('protocol'),
    field('icmpType'),
    field('icmpCode'),
    ports('sourcePort'),
    ports('destinationPort'),
    sets.field(
      'tcpFlags',
      flags.map((at) => [at, at]),
    ),
  ])
}

/** Words that IPv4 addresses do not have are 0. */
const unusedWords = (sets: PacketSets): readonly DiagramSet[] =>
  (['source', 'destination'] as const).flatMap((end) =>
    [0, 1, 2].map((at) => sets.cut(level[end] + at, [[0, 0]], everything) as DiagramSet),
  )

/** The fewest prefixes that hold exactly a range of addresses. */
function prefixesOf(family: 4 | 6, [first, last]: readonly [bigint, bigint]): Prefix[] {
  const bits = family === 4 ? 32 : 128
  const found: Prefix[] = []
  for (let next = first; next <= last; ) {
    let size = 0
    while (
      size < bits &&
      (next & ((1n << BigInt(size + 1)) - 1n)) === 0n &&
      next + (1n << BigInt(size + 1)) - 1n <= last
    )
      size++
    found.push(Prefix(family, next, bits - size))
    next += 1n << BigInt(size)
  }
  return found
}
