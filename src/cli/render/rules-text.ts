/** Points and their rules for people. */
import { formatOrigin, type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { conditionOf } from './condition.ts'
import { table } from './table.ts'

/** One line for each point. */
export function pointsText(points: readonly Point[], { out }: Terminal): string {
  const header = ['POINT', 'KIND', 'NODE', 'STATE', 'RULES', 'INTERFACES'].map((word) => out.dim(word))
  const rows = points.map((point) => [
    point.id,
    point.kind,
    point.node,
    point.flow ? 'stateful' : 'stateless',
    String(rulesOf(point).length).padStart(5),
    interfacesText(point),
  ])
  return table([header, ...rows])
}

/** Interfaces named here; of more, the number. */
const shown = 4

const interfacesText = ({ interfaces }: Point): string =>
  interfaces.length > shown ? `${interfaces.length} interfaces` : interfaces.join(', ')

/** Every rule of a point, tier by tier, in the order in which they are asked. */
export function pointText(point: Point, { out }: Terminal): string {
  const places = rulesOf(point)
  const width = Math.max(...places.map(({ rule }) => rule.id.length))
  const state = point.flow ? 'stateful' : 'stateless'
  const about = `${point.kind}, ${state}, what the node ${point.direction === 'in' ? 'gets' : 'sends'} on ${interfacesText(point)}`
  const lines = [`${out.bold(point.id)}  ${out.dim(about)}`]
  for (const [index, place] of places.entries()) {
    if (place.tier !== places[index - 1]?.tier) lines.push(`  ${out.cyan(place.tier)}`)
    lines.push(...ruleLines(place, width, out))
  }
  return lines.join('\n')
}

function ruleLines(place: RulePlace, width: number, out: Colors): string[] {
  const { id, why, origin } = place.rule
  const action = place.audited ? 'audit' : place.rule.action
  const paint = { allow: out.green, deny: out.red, next: out.yellow, audit: out.magenta }[action]
  const condition = conditionOf(place)
  const first = `    ${paint(action.padEnd(5))}  ${id.padEnd(width)}  ${condition ?? why}`
  if (condition === undefined) return [first]
  return [first, out.dim(`${' '.repeat(4 + 5 + 2 + width + 2)}${why} ${formatOrigin(origin)}`)]
}
