/** Random rule lists over few values, so that rules overlap, hide and complete each other; alone, and with an edited version of themselves. */
import fc from 'fast-check'
import { PortRange, Protocol, prefix } from '../../../net/index.ts'
import type { Match } from '../../../policy/index.ts'
import type { ListRule, RuleList } from '../rule-list.ts'

const prefixes = {
  4: ['10.0.0.0/30', '10.0.0.0/31', '10.0.0.2/31', '10.0.0.1/32', '10.0.0.3/32', '10.0.0.0/8', '0.0.0.0/0'],
  6: [
    'fd00::/126',
    'fd00::2/127',
    'fd00::3/128',
    'fd00::/64',
    'fd00:0:0:1::/64',
    'fd00::/62',
    'fd00:0:0:1:8000::/65',
    'fd00::/16',
    'fd00:0:8000::/33',
    '::/0',
  ],
} as const
const allPrefixes = [...prefixes[4], ...prefixes[6]].map(prefix)
const ports = [
  PortRange(1),
  PortRange(2, 3),
  PortRange(1, 3),
  PortRange(0, 65_535),
  PortRange(3, 9),
  PortRange(0),
]

const some = <T>(values: readonly T[]): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.subarray([...values], { minLength: 0, maxLength: 2 }), { nil: undefined, freq: 3 })

const match: fc.Arbitrary<Match> = fc
  .record({
    family: fc.constantFrom(undefined, 4, 6),
    protocol: fc.constantFrom(undefined, Protocol.tcp, Protocol.udp, 1, 58, 47),
    source: some(allPrefixes),
    destination: some(allPrefixes),
    sourcePorts: some(ports),
    destinationPorts: some(ports),
    flags: fc.constantFrom(
      undefined,
      { mask: 0x02, value: 0x02 },
      { mask: 0x12, value: 0x10 },
      { mask: 0x10, value: 0 },
    ),
    icmpType: fc.constantFrom(undefined, 0, 3, 8, 128, 129),
    icmpCode: fc.constantFrom(undefined, undefined, 0, 4),
  })
  .map(
    ({ family, protocol, source, destination, sourcePorts, destinationPorts, flags, icmpType, icmpCode }) => {
      const hasPorts = protocol === Protocol.tcp || protocol === Protocol.udp
      const isIcmp = protocol === 1 || protocol === 58
      return {
        ...(family && { family: family as 4 | 6 }),
        ...(protocol !== undefined && { protocol }),
        ...(source && { source }),
        ...(destination && { destination }),
        ...(hasPorts && sourcePorts && { sourcePorts }),
        ...(hasPorts && destinationPorts && { destinationPorts }),
        ...(protocol === Protocol.tcp && flags && { tcpFlags: flags }),
        ...(isIcmp && icmpType !== undefined && { icmpType }),
        ...(isIcmp && icmpCode !== undefined && { icmpCode }),
      }
    },
  )

const action = fc.constantFrom<ListRule['action'][]>('allow', 'deny', 'next')
const rule: fc.Arbitrary<ListRule> = fc.record({ match, action })

const list = (maxLength: number): fc.Arbitrary<RuleList> =>
  fc.record({ rules: fc.array(rule, { maxLength, size: 'max' }), default: action })

/** What a person does to a list. Places are taken modulo its length. */
type Edit = {
  readonly kind: 'remove' | 'insert' | 'change' | 'swap' | 'copy' | 'default'
  readonly at: number
  readonly to: number
  readonly rule: ListRule
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom<Edit['kind'][]>('remove', 'insert', 'change', 'swap', 'copy', 'default'),
  at: fc.nat(1000),
  to: fc.nat(1000),
  rule,
})

function edited(before: RuleList, { kind, at, to, rule: other }: Edit): RuleList {
  const rules = [...before.rules]
  const [one, two] = [at % (rules.length || 1), to % (rules.length || 1)]
  if (kind === 'insert') rules.splice(at % (rules.length + 1), 0, other)
  if (kind === 'default') return { rules, default: other.action }
  const [first, second] = [rules[one], rules[two]]
  if (!first || !second) return { ...before, rules }
  if (kind === 'remove') rules.splice(one, 1)
  if (kind === 'change') rules[one] = { ...first, action: other.action }
  if (kind === 'swap') [rules[one], rules[two]] = [second, first]
  // As after the file is read again: equal, but not the same object.
  if (kind === 'copy') rules[one] = structuredClone(first)
  return { ...before, rules }
}

/** Two lists that have nothing to do with each other, or of which one is the other after some edits. */
export const arbitraryLists = (maxLength: number): fc.Arbitrary<readonly [RuleList, RuleList]> =>
  fc.oneof(
    fc.tuple(list(maxLength), list(maxLength)),
    fc
      .tuple(list(maxLength), fc.array(edit, { minLength: 1, maxLength: 4 }))
      .map(([before, edits]) => [before, edits.reduce(edited, before)] as const),
  )
