/** `glacis rules FILE [POINT]`: every enforcement point, and every rule in the order in which it is asked, with its origin. */
import { nearest } from '../../file/index.ts'
import { formatIp, formatPortRange, formatPrefix, formatProtocol } from '../../net/index.ts'
import {
  derivePolicy,
  formatMatch,
  formatOrigin,
  type Point,
  type Policy,
  type RulePlace,
  rulesOf,
  type Translation,
} from '../../policy/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { requireNetwork } from '../network-argument.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'

export function rules(file: string | undefined, pattern: string | undefined, terminal: Terminal): number {
  const policy = derivePolicy(requireNetwork(file, terminal))
  const points = pattern === undefined ? policy.points : select(policy, pattern)
  terminal.result({ points: points.map(pointJson) })
  if (terminal.json) return exitCodes.ok
  terminal.print(
    pattern === undefined ? overview(points, terminal) : points.map((p) => detail(p, terminal)).join('\n\n'),
  )
  return exitCodes.ok
}

/** Points whose id is the pattern, begins with it as a path, or matches it with `*` for anything. */
function select(policy: Policy, pattern: string): readonly Point[] {
  const glob = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}(/.*)?$`)
  const found = policy.points.filter(({ id }) => glob.test(id))
  if (found.length > 0) return found
  const near = nearest(
    pattern,
    policy.points.map(({ id }) => id),
  )
  const remedy = near ? `did you mean '${near}'?` : "'glacis rules FILE' lists them"
  throw new CommandError(`Finding point '${pattern}' failed: the network has none of that name; ${remedy}`)
}

function overview(points: readonly Point[], { out }: Terminal): string {
  const rows = points.map((point) => [
    point.id,
    point.kind,
    point.flow ? 'stateful' : 'stateless',
    String(rulesOf(point).length),
    point.interfaces.length > 4 ? `${point.interfaces.length} interfaces` : point.interfaces.join(','),
  ])
  const header = ['POINT', 'KIND', 'STATE', 'RULES', 'INTERFACES'].map((word) => out.dim(word))
  return table([header, ...rows])
}

function detail(point: Point, { out }: Terminal): string {
  let tier = ''
  const rows = rulesOf(point).map((place) => {
    const first = place.tier !== tier
    tier = place.tier
    const { rule } = place
    const action = { allow: out.green, deny: out.red, next: out.cyan }[rule.action](rule.action)
    return [
      first ? out.bold(place.tier) : '',
      rule.id,
      action,
      condition(place),
      out.dim(formatOrigin(rule.origin)),
    ]
  })
  const state = point.flow ? `stateful (${point.flow.table})` : 'stateless'
  return `${out.bold(point.id)}  ${point.kind}, ${state}, on ${point.interfaces.join(', ')}\n${table(rows, '  ')}`
}

/** What a rule asks, in words; of rules that are no list of fields, what they are for. */
function condition({ point, rule, tier }: RulePlace): string {
  for (const candidate of point.tiers) {
    if (candidate.name !== tier) continue
    if (candidate.kind === 'rules') return formatMatch(rule.match)
    if (candidate.kind !== 'translation') continue
    const translation = candidate.translations.find((t) => t.rule === rule)
    if (translation) return translationText(translation)
  }
  return rule.why
}

function translationText(t: Translation): string {
  switch (t.kind) {
    case 'endpoint-in': {
      const to = t.backends.map(({ node, port }) => `${node}:${port}`).join(',')
      return `${formatProtocol(t.protocol)} to ${formatIp(t.vip)} port ${t.port} → ${to}${t.hairpin ? `, from ${formatIp(t.hairpin.address)}` : ''}`
    }
    case 'endpoint-out':
      return `${formatProtocol(t.protocol)} from ${t.backends.map(({ node, port }) => `${node}:${port}`).join(',')} → from ${formatIp(t.vip)} port ${t.port}`
    case 'egress-out':
      return `from ${t.sources.map(formatPrefix).join(',')} → from ${formatIp(t.address)} port ${formatPortRange(t.ports)}`
    case 'egress-in':
      return `to ${formatIp(t.address)} port ${formatPortRange(t.ports)} → the VM that opened it`
  }
}

const pointJson = (point: Point) => ({
  id: point.id,
  kind: point.kind,
  node: point.node,
  interfaces: point.interfaces,
  direction: point.direction,
  stateful: point.flow !== undefined,
  rules: rulesOf(point).map((place) => ({
    tier: place.tier,
    id: place.rule.id,
    action: place.rule.action,
    condition: condition(place),
    origin: formatOrigin(place.rule.origin),
    why: place.rule.why,
  })),
})
