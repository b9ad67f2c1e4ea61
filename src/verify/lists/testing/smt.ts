/**
 * Packets, rule lists, boxes and packet sets in SMT-LIB 2, theory of bit vectors. Written from the meaning of `Match` and of headers, not
 * from the code that makes boxes and diagrams of them.
 */
import { Ip, type Prefix } from '../../../net/index.ts'
import type { Match } from '../../../policy/index.ts'
import type { IpHeaders } from '../../../wire/index.ts'
import { constantOf, type Diagram } from '../../diagram/index.ts'
import type { PacketSets } from '../../packets/index.ts'
import { level } from '../../packets/levels.ts'
import type { Box } from '../box.ts'
import type { ListRule, RuleList } from '../rule-list.ts'

/** Constants that are a packet, with their bits. `family` is 1 for IPv6; an IPv4 address is in the low 32 bits. */
const fields = {
  family: 1,
  source: 128,
  destination: 128,
  protocol: 8,
  icmpType: 8,
  icmpCode: 8,
  tcpFlags: 8,
  sourcePort: 16,
  destinationPort: 16,
} as const
type Name = keyof typeof fields
const names = Object.keys(fields) as Name[]

const bits = (value: bigint | number, width: number): string => `(_ bv${value} ${width})`
const number = (field: Name, value: bigint | number): string => bits(value, fields[field])
const is = (field: Name, value: bigint | number): string => `(= ${field} ${number(field, value)})`
const within = (field: Name, first: bigint | number, last: bigint | number): string =>
  `(and (bvule ${number(field, first)} ${field}) (bvule ${field} ${number(field, last)}))`
const and = (parts: readonly string[]): string => `(and true ${parts.join(' ')})`
const or = (parts: readonly string[]): string => `(or false ${parts.join(' ')})`
const familyBit = (family: 4 | 6): number => (family === 4 ? 0 : 1)

/**
 * Declares the packet and `wellFormed`: fields that a protocol does not have are 0, an echo's identifier is a port, no IPv6 extension
 * header is a protocol (RFC 8200; IANA's list of extension header types), nor the ICMP of the other family, no IPv4 address has high bits.
 */
export const preamble = `
${names.map((name) => `(declare-const ${name} (_ BitVec ${fields[name]}))`).join('\n')}
(define-fun isTcp () Bool ${is('protocol', 6)})
(define-fun isUdp () Bool ${is('protocol', 17)})
(define-fun isIcmp () Bool (ite ${is('family', 0)} ${is('protocol', 1)} ${is('protocol', 58)}))
(define-fun request () Bool (and isIcmp (ite ${is('family', 0)} ${is('icmpType', 8)} ${is('icmpType', 128)})))
(define-fun reply () Bool (and isIcmp (ite ${is('family', 0)} ${is('icmpType', 0)} ${is('icmpType', 129)})))
(define-fun wellFormed () Bool (and
  (=> ${is('family', 0)} (and (bvult source ${bits(2n ** 32n, 128)}) (bvult destination ${bits(2n ** 32n, 128)})))
  (=> ${is('family', 1)} (not ${or([0, 1, 43, 44, 51, 60, 135, 139, 140].map((each) => is('protocol', each)))}))
  (=> ${is('family', 0)} (not ${is('protocol', 58)}))
  (=> (not isTcp) ${is('tcpFlags', 0)})
  (=> (not isIcmp) (and ${is('icmpType', 0)} ${is('icmpCode', 0)}))
  (=> (not (or isTcp isUdp request)) ${is('sourcePort', 0)})
  (=> (not (or isTcp isUdp reply)) ${is('destinationPort', 0)})))
`

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

export function matchFormula(match: Match): string {
  const inPrefix = (field: 'source' | 'destination', { family, value, length }: Prefix): string => {
    const width = family === 4 ? 32 : 128
    const agree =
      length === 0
        ? 'true'
        : `(= ((_ extract ${width - 1} ${width - length}) ${field}) ${bits(value >> BigInt(width - length), length)})`
    return `(and ${is('family', familyBit(family))} ${agree})`
  }
  const {
    family,
    protocol,
    source,
    destination,
    sourcePorts,
    destinationPorts,
    tcpFlags,
    icmpType,
    icmpCode,
  } = match
  return and([
    ...(family === undefined ? [] : [is('family', familyBit(family))]),
    ...(protocol === undefined ? [] : [is('protocol', protocol)]),
    ...(source ? [or(source.map((each) => inPrefix('source', each)))] : []),
    ...(destination ? [or(destination.map((each) => inPrefix('destination', each)))] : []),
    ...(sourcePorts ? [or(sourcePorts.map(({ first, last }) => within('sourcePort', first, last)))] : []),
    ...(destinationPorts
      ? [or(destinationPorts.map(({ first, last }) => within('destinationPort', first, last)))]
      : []),
    ...(tcpFlags
      ? [`(= (bvand tcpFlags ${number('tcpFlags', tcpFlags.mask)}) ${number('tcpFlags', tcpFlags.value)})`]
      : []),
    ...(icmpType === undefined ? [] : [is('icmpType', icmpType)]),
    ...(icmpCode === undefined ? [] : [is('icmpCode', icmpCode)]),
  ])
}

export function boxFormula(box: Box): string {
  const ranges = [
    'source',
    'destination',
    'protocol',
    'icmpType',
    'icmpCode',
    'sourcePort',
    'destinationPort',
  ] as const
  const flags = Array.from({ length: 256 }, (_, at) => at).filter(
    (at) => ((box.flags >> BigInt(at)) & 1n) === 1n,
  )
  return and([
    is('family', familyBit(box.family)),
    ...ranges.map((field) => within(field, ...box[field])),
    ...(flags.length === 256 ? [] : [or(flags.map((at) => is('tcpFlags', at)))]),
  ])
}

/** Functions for the nodes of a set's diagram, and the name of the last, which is the set. */
export function setFunctions(
  sets: PacketSets,
  set: Diagram,
): { readonly functions: string; readonly name: string } {
  const lines: string[] = []
  const known = new Map<Diagram, string>()
  const visit = (at: Diagram): string => {
    const value = constantOf(at)
    if (value !== undefined) return value === 0 ? 'false' : 'true'
    let name = known.get(at)
    if (name === undefined) {
      const [variable, width] = variableOf(sets.levelOf(at) as number)
      const branches = sets.branches(at).map(([[, last], child]) => [last, visit(child)] as const)
      const body = branches.reduceRight(
        (rest, [last, child]) =>
          rest === '' ? child : `(ite (bvule ${variable} ${bits(last, width)}) ${child} ${rest})`,
        '',
      )
      name = `node${lines.length}`
      lines.push(`(define-fun ${name} () Bool ${body})`)
      known.set(at, name)
    }
    return name
  }
  const name = visit(set)
  return { functions: lines.join('\n'), name }
}

/** A level of packet sets as a term, with its bits. */
function variableOf(at: number): readonly [term: string, bits: number] {
  for (const end of ['source', 'destination'] as const) {
    const word = at - level[end]
    if (word >= 0 && word < 4) return [`((_ extract ${127 - 32 * word} ${96 - 32 * word}) ${end})`, 32]
  }
  const name = names.find((each) => each in level && level[each as keyof typeof level] === at)
  if (!name) throw new Error(`translate level ${at} of packet sets: there is none`)
  return [name, fields[name]]
}

/** For `(check-sat)` that says sat: prints the packet. */
export const askForPacket = `(get-value (${names.join(' ')}))`

/** The packet that Z3 printed. */
export function packetFrom(lines: readonly string[]): IpHeaders {
  const text = lines.join(' ')
  const value = (name: Name): bigint => {
    const [, base, digits] = new RegExp(`\\(${name} #([bx])([\\da-f]+)\\)`).exec(text) as unknown as string[]
    return BigInt(`0${base}${digits}`)
  }
  const family = value('family') === 0n ? 4 : 6
  const small = Object.fromEntries(
    (['protocol', 'icmpType', 'icmpCode', 'tcpFlags', 'sourcePort', 'destinationPort'] as const).map(
      (name) => [name, Number(value(name))],
    ),
  )
  return {
    family,
    source: Ip(family, value('source')),
    destination: Ip(family, value('destination')),
    ...small,
  } as IpHeaders
}

/** That the packet is this one: the first of a box. */
export const firstOf = (box: Box): string => {
  let flags = 0
  while (((box.flags >> BigInt(flags)) & 1n) === 0n) flags++
  return and([
    is('family', familyBit(box.family)),
    is('tcpFlags', flags),
    ...(
      ['source', 'destination', 'protocol', 'icmpType', 'icmpCode', 'sourcePort', 'destinationPort'] as const
    ).map((field) => is(field, box[field][0])),
  ])
}
