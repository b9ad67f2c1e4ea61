/**
 * The rule language: one form for every place where a person writes rules about packets (machine and host templates, an
 * operator's list, what a role lets into its guests). What names in it stand for is settled in `model/filter/`.
 */
import * as v from 'valibot'
import { name } from './values.ts'

/** Limits that keep every check fast. */
const maxRules = 2000
const maxNames = 256

const direction = v.picklist(['in', 'out'])

/** Names or numbers: one, or a list. */
export const someOf = (description: string, ...examples: (string | number | (string | number)[])[]) =>
  v.pipe(
    v.union([
      v.string(),
      v.number(),
      v.pipe(v.array(v.union([v.string(), v.number()])), v.minLength(1), v.maxLength(maxNames)),
    ]),
    v.description(description),
    v.examples(examples),
  )

const oneOrMore = (...given: Parameters<typeof someOf>) => v.optional(someOf(...given))

const byte = (description: string) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255), v.description(description)))

/** One rule: `allow` or `deny`, a direction, and conditions that must all hold. */
export const FilterRule = v.strictObject({
  name: v.pipe(name, v.description('What counters, traces and listings call it. Unique among the rules.')),
  allow: v.optional(v.pipe(direction, v.description('Packets in this direction pass.'))),
  deny: v.optional(v.pipe(direction, v.description('Packets in this direction are dropped.'))),
  from: oneOrMore('Sources: prefixes, addresses, names of machines, groups or tags.', 'jump-boxes', [
    '10.0.0.0/8',
  ]),
  to: oneOrMore('Destinations, as `from`.', 'name-servers'),
  protocol: oneOrMore('tcp, udp, icmp, icmp6, a number, or a list of these.', 'tcp', ['tcp', 'udp']),
  ports: oneOrMore(
    'Destination ports: numbers, ranges, names of ports of the template.',
    443,
    '8000-8010',
    'dns',
  ),
  'source-ports': oneOrMore('Source ports, as `ports`.', 68),
  'icmp-type': byte('Type of an ICMP or ICMPv6 message.'),
  'icmp-code': byte('Code of an ICMP or ICMPv6 message.'),
  established: v.optional(
    v.pipe(v.boolean(), v.description('Only TCP that does not open a connection: ACK or RST is set.')),
  ),
  audit: v.optional(
    v.pipe(v.boolean(), v.description('Count and report what the rule would drop, and let it pass.')),
  ),
  why: v.optional(
    v.pipe(v.string(), v.maxLength(200), v.description('One sentence for whoever meets the rule.')),
  ),
})

export const FilterRules = v.pipe(v.array(FilterRule), v.maxLength(maxRules))

/** A file of rules. */
export const FilterFile = v.pipe(
  v.strictObject({
    audit: v.optional(v.pipe(v.boolean(), v.description('As `audit` of every rule.'))),
    rules: v.pipe(FilterRules, v.description('The first that matches decides.')),
  }),
  v.title('Glacis rules'),
  v.description('Rules about packets: machine and host templates, operator and guest rules.'),
)

export type FilterRule = v.InferOutput<typeof FilterRule>
export type FilterFile = v.InferOutput<typeof FilterFile>
