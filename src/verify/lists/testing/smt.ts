/** Rule lists and boxes in SMT-LIB 2, theory of bit vectors: written from their meaning, not from the code that compares them. */
import { familyBit, is, matchFormula, within } from '../../testing/smt/packets.ts'
import { and, bits, or } from '../../testing/smt/terms.ts'
import type { Box } from '../box.ts'
import type { ListRule, RuleList } from '../rule-list.ts'

/** The rule that decides, as 8 bits: its index, or the number of rules for the default; and what it does. */
export const listFunctions = (name: string, { rules, default: last }: RuleList): string => {
  const matched = rules.map(
    ({ match }, at) => `(define-fun match${name}${at} () Bool ${matchFormula(match)})`,
  )
  const first = (values: readonly number[], otherwise: number): string =>
    values.reduceRight(
      (rest, value, at) => `(ite match${name}${at} ${bits(value, 8)} ${rest})`,
      bits(otherwise, 8),
    )
  return `${matched.join('\n')}
(define-fun rule${name} () (_ BitVec 8) ${first([...rules.keys()], rules.length)})
(define-fun action${name} () (_ BitVec 8) ${first(
    rules.map(({ action }) => actionNumber(action)),
    actionNumber(last),
  )})
`
}

/** That a list's rule of an index decides; `undefined`: its default. */
export const decides = (name: string, { rules }: RuleList, index: number | undefined): string =>
  `(= rule${name} ${bits(index ?? rules.length, 8)})`

const actionNumber = (action: ListRule['action']): number => ['allow', 'deny', 'next'].indexOf(action)

const ranged = [
  'source',
  'destination',
  'protocol',
  'icmpType',
  'icmpCode',
  'sourcePort',
  'destinationPort',
] as const

export function boxFormula(box: Box): string {
  const flags = Array.from({ length: 256 }, (_, at) => at).filter(
    (at) => ((box.flags >> BigInt(at)) & 1n) === 1n,
  )
  return and([
    is('family', familyBit(box.family)),
    ...ranged.map((field) => within(field, ...box[field])),
    ...(flags.length === 256 ? [] : [or(flags.map((at) => is('tcpFlags', at)))]),
  ])
}

/** That the packet is this one: the first of a box. */
export const firstOf = (box: Box): string => {
  let flags = 0
  while (((box.flags >> BigInt(flags)) & 1n) === 0n) flags++
  return and([
    is('family', familyBit(box.family)),
    is('tcpFlags', flags),
    ...ranged.map((field) => is(field, box[field][0])),
  ])
}
