/** Points and their rules for people. */
import { formatOrigin, type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import type { Shadowed } from '../../verify/index.ts'
import type { Hits } from '../hits.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { conditionOf } from './condition.ts'
import { hitsText } from './hits-text.ts'
import { plainLine } from './plain-line.ts'
import type { Extras } from './rule-json.ts'
import { table } from './table.ts'

/** One line for each point. */
export function pointsText(points: readonly Point[], { out }: Terminal, hits?: Hits): string {
  const words = ['POINT', 'KIND', 'NODE', 'STATE', 'RULES', ...(hits ? ['PACKETS'] : []), 'INTERFACES']
  const header = words.map((word) => out.dim(word))
  const rows = points.map((point) => [
    point.id,
    point.kind,
    point.node,
    point.flow ? 'stateful' : 'stateless',
    String(rulesOf(point).length).padStart(5),
    ...(hits ? [packetsOf(point, hits).padStart(7)] : []),
    interfacesText(point),
  ])
  return table([header, ...rows])
}

const packetsOf = (point: Point, hits: Hits): string =>
  String(rulesOf(point).reduce((sum, place) => sum + (hits.of(place)?.packets ?? 0), 0))

/** Interfaces named here; of more, the number. */
const shown = 4

const interfacesText = ({ interfaces }: Point): string =>
  interfaces.length > shown ? `${interfaces.length} interfaces` : interfaces.join(', ')

/** Every rule of a point, tier by tier, in the order in which they are asked. */
export function pointText(point: Point, { out }: Terminal, extras: Extras = {}): string {
  const places = rulesOf(point).filter(extras.isListed ?? (() => true))
  const width = Math.max(...places.map(({ rule }) => rule.id.length))
  const state = point.flow ? 'stateful' : 'stateless'
  const about = `${point.kind}, ${state}, what the node ${point.direction === 'in' ? 'gets' : 'sends'} on ${interfacesText(point)}`
  const lines = [`${out.bold(point.id)}  ${out.dim(about)}`]
  for (const [index, place] of places.entries()) {
    if (place.tier !== places[index - 1]?.tier) lines.push(`  ${out.cyan(place.tier)}`)
    lines.push(...ruleLines(place, width, out), ...extraLines(place, width, extras, out))
  }
  return lines.join('\n')
}

function extraLines(place: RulePlace, width: number, { hits, shadows }: Extras, out: Colors): string[] {
  const indent = ' '.repeat(4 + 5 + 2 + width + 2)
  const shadowed = shadows?.get(place.rule)
  return [
    ...(hits ? [`${indent}${hitsText(hits.of(place), out, hits.isOther(place))}`] : []),
    ...(shadowed ? [`${indent}${out.yellow(shadowText(shadowed))}`] : []),
  ]
}

function shadowText({ reason, by }: Shadowed): string {
  if (reason !== 'covered') return `never decides: ${reason === 'matches nothing' ? 'it ' : ''}${reason}`
  const names = by.map(({ rule, tier }) => `${rule.id} (${tier}) ${plainLine(formatOrigin(rule.origin))}`)
  return `never decides: ${names.join(', ')} ${by.length === 1 ? 'takes' : 'take'} all its packets before`
}

function ruleLines(place: RulePlace, width: number, out: Colors): string[] {
  const { id, origin } = place.rule
  const why = plainLine(place.rule.why)
  const action = place.audited ? 'audit' : place.rule.action
  const paint = { allow: out.green, deny: out.red, next: out.yellow, audit: out.magenta }[action]
  const condition = conditionOf(place)
  const first = `    ${paint(action.padEnd(5))}  ${id.padEnd(width)}  ${condition ?? why}`
  if (condition === undefined) return [first]
  return [first, out.dim(`${' '.repeat(4 + 5 + 2 + width + 2)}${why} ${plainLine(formatOrigin(origin))}`)]
}
