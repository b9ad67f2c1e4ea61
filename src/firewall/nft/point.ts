/**
 * One enforcement point as nftables chains. `in` stands at prerouting and `out` at postrouting, so that it judges what the machine
 * receives or sends at its interfaces, forwarded packets included, and before or after any address translation.
 */
import type { Point, RuleTier, Tier } from '../../policy/index.ts'
import { isIcmpError } from '../../wire/index.ts'
import { UnsayableError } from '../unsayable.ts'
import { conditionsOf, words } from './conditions.ts'
import { writeFlow } from './flow.ts'
import type { NamedSets } from './named-sets.ts'
import { discoveryCondition, writeShape } from './shape.ts'
import { type Chain, type NftLog, RuleWriter } from './writer.ts'

/** Hook priorities (linux/netfilter_ipv4.h): fragments are put together at -400, connections found at -200, addresses translated at -100 and 100. */
const priority = { beforeDefragmentation: -450, in: -150, out: 150 } as const

/**
 * The chains of a point. Throws {@link UnsayableError} for tiers and rules that nftables cannot be given with their meaning.
 * @param name of the first chain; those of the others begin with it
 * @param log absent: rules tell nothing
 */
export function pointLines(point: Point, name: string, sets: NamedSets, log?: NftLog): readonly string[] {
  const writer = new RuleWriter(point, log)
  const interfaces = interfaceCondition(point)
  const hook = point.direction === 'in' ? 'prerouting' : 'postrouting'
  const base = (chain: string, at: number): Chain =>
    writer.chain(chain, `type filter hook ${hook} priority ${at}; policy accept;`)
  const [shape, ...tiers] = point.tiers
  if (shape?.kind !== 'shape') throw unsayable(point, `it begins with a tier '${shape?.name ?? 'none'}'`)

  const main = base(name, priority[point.direction])
  if (point.direction === 'in')
    base(`${name}/before`, priority.beforeDefragmentation).line(`${interfaces} jump ${name}/shape`)
  else main.line(`${interfaces} jump ${name}/shape`)
  for (const condition of conditionsOf(point.scope ?? {}, sets))
    main.line(words(interfaces, condition, `goto ${name}/judge`))

  const judge = writer.chain(`${name}/judge`)
  // What the shape tier allowed comes by here too.
  judge.line(`${discoveryCondition} accept`)
  const tracked = tiers.findIndex(({ kind }) => kind === 'flow')
  for (const [index, tier] of tiers.entries()) {
    if (index < tracked) forbidUntrackedAllow(point, tier)
    writeTier(point, tier, { judge, writer, sets, name: `${name}/${index}` })
  }
  judge.rule('', point.defaultDeny)
  writeShape(point, shape, `${name}/shape`, writer)
  return writer.lines
}

interface Place {
  readonly judge: Chain
  readonly writer: RuleWriter
  readonly sets: NamedSets
  /** Of a chain for the tier alone. */
  readonly name: string
}

function writeTier(point: Point, tier: Tier, { judge, writer, sets, name }: Place): void {
  switch (tier.kind) {
    case 'flow':
      return writeFlow(judge, tier)
    case 'rules': {
      const leaves = tier.rules.some(({ action }) => action === 'next')
      if (leaves) judge.line(`jump ${name}`)
      const chain = leaves ? writer.chain(name) : judge
      return writeRules(chain, tier, sets)
    }
    case 'grants':
      // A file cannot know which grants are in force, nor end the flows of one: what needs a grant is denied.
      for (const condition of conditionsOf(tier.match, sets)) judge.rule(condition, tier.noGrant)
      return
    default:
      throw unsayable(point, `it has a tier '${tier.name}' of kind ${tier.kind}`)
  }
}

function writeRules(chain: Chain, { rules }: RuleTier, sets: NamedSets): void {
  for (const rule of rules)
    for (const condition of conditionsOf(rule.match, sets)) chain.rule(condition, rule)
}

/** What is allowed before the flow tier opens no flow, but connection tracking knows no such thing, except for ICMP errors. */
function forbidUntrackedAllow(point: Point, tier: Tier): void {
  if (tier.kind !== 'rules') return
  for (const { id, action, match } of tier.rules) {
    const { protocol, icmpType } = match
    const family = protocol === 1 ? 4 : 6
    const error =
      protocol !== undefined &&
      icmpType !== undefined &&
      isIcmpError({ family, protocol, icmpType } as Parameters<typeof isIcmpError>[0])
    if (action === 'allow' && !error)
      throw unsayable(
        point,
        `rule ${id} allows packets before the flow tier, which opens no flow; connection tracking would open one`,
      )
  }
}

function interfaceCondition({ direction, interfaces }: Point): string {
  const names = interfaces.map((name) => `"${name}"`)
  return `${direction === 'in' ? 'iifname' : 'oifname'} ${names.length === 1 ? names[0] : `{ ${names.join(', ')} }`}`
}

const unsayable = (point: Point, why: string): UnsayableError =>
  new UnsayableError('nftables', point.id, why, 'enforce the point with the eBPF program')
