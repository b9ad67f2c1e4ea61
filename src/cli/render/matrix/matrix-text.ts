/** The reachability matrix for a terminal and as JSON: offers down, groups across. */
import type { Cell, Matrix } from '../../../verify/index.ts'
import type { Colors, Terminal } from '../../terminal.ts'
import { trafficText } from '../plan/words.ts'
import { ruleJson } from '../rule-json.ts'
import { flow, table, width } from '../table.ts'
import { trafficJson } from '../traffic-json.ts'
import { listText, marks, meanings, shownOf } from './words.ts'

/** Of cells with `some` so many are explained; `--json` has all. */
const explained = 12
const standardColumns = 100

export function matrixText(
  whole: Matrix,
  seconds: number,
  { out, columns = standardColumns }: Terminal,
): string {
  const { matrix, closed } = shownOf(whole)
  const { groups } = matrix
  const { offers, cells } = whole
  const heads = groups.map(({ name }) => name.split(' '))
  const tall = Math.max(...heads.map((words) => words.length))
  const named = [
    ...Array.from({ length: tall }, (_, line) => [
      '',
      '',
      ...heads.map((words) => out.dim(words[line - tall + words.length] ?? '')),
    ]),
    ...rowsOf(matrix, out),
  ]
  const wide = table(named)
  const fits = wide.split('\n').every((line) => width(line) <= columns)
  const numbered = table([
    ['', '', ...groups.map((_, index) => out.dim(`${index + 1}`))],
    ...rowsOf(matrix, out),
  ])
  const legend = flow(
    groups.map(({ name }, index) => `${out.dim(`${index + 1}`)} ${name}`),
    columns,
    '',
  )
  const counts = `${groups.length} groups, ${offers.length} offers, ${cells.flat().filter((cell) => cell).length} cells`
  return [
    fits ? wide : `${legend}\n\n${numbered}`,
    '',
    ...(closed.length > 0 ? [`Nobody reaches anything else of ${listText(closed)}.`] : []),
    `${(['all', 'site', 'some', 'none'] as const).map((each) => `${markOf(each, out)} ${meanings[each]}`).join('   ')}`,
    out.dim(`${counts} (${seconds.toFixed(1)} s)`),
    ...someLines(matrix, out),
  ].join('\n')
}

function rowsOf({ offers, cells }: Matrix, out: Colors): readonly (readonly string[])[] {
  let last = ''
  return offers.map((offer, index) => {
    const first = offer.of === last ? '' : offer.of
    last = offer.of
    return [
      out.bold(first),
      offer.rest ? out.dim(offer.name) : offer.name,
      ...(cells[index] ?? []).map((cell) => (cell ? markOf(cell.reached, out) : ' ')),
    ]
  })
}

function markOf(reached: Cell['reached'], out: Colors): string {
  const paint = { all: out.green, site: out.cyan, some: out.yellow, none: out.dim }[reached]
  return paint(marks[reached])
}

function someLines({ groups, offers, cells }: Matrix, out: Colors): readonly string[] {
  const found = new Map<string, { of: string; groups: string[]; text: string }>()
  offers.forEach((offer, row) => {
    groups.forEach((group, column) => {
      const cell = cells[row]?.[column]
      if (cell?.reached !== 'some') return
      const text = trafficText(cell.traffic)
      const key = `${offer.of} ${offer.name} ${text}`
      const known = found.get(key) ?? { of: `${offer.of}, ${offer.name}`, groups: [], text }
      found.set(key, known)
      known.groups.push(group.name)
    })
  })
  if (found.size === 0) return []
  const list = [...found.values()]
  const more = list.length - explained
  return [
    '',
    ...list
      .slice(0, explained)
      .map(
        (each) =>
          `${markOf('some', out)} ${each.groups.slice(0, 4).join(', ')}${each.groups.length > 4 ? ` and ${each.groups.length - 4} more` : ''} → ${each.of}: ${each.text}`,
      ),
    ...(more > 0 ? [out.dim(`  and ${more} more; --json has all`)] : []),
  ]
}

export const matrixJson = (network: string, { groups, offers, cells }: Matrix, seconds: number) => ({
  network,
  seconds,
  groups: groups.map(({ name, kind, nodes }) => ({ name, kind, machines: nodes.length })),
  offers: offers.map(({ of, name, kind, relation, rest, targets }) => ({
    of,
    name,
    kind,
    relation: relation ?? null,
    rest: rest ?? false,
    targets: targets.length,
  })),
  cells: offers.flatMap((offer, row) =>
    groups.flatMap((group, column) => {
      const cell = cells[row]?.[column]
      return cell ? [{ from: group.name, to: offer.of, offer: offer.name, ...cellJson(cell) }] : []
    }),
  ),
})

const cellJson = ({ reached, traffic, pairs, rule }: Cell) => ({
  reached,
  pairs,
  traffic: traffic.map(trafficJson),
  text: traffic.length > 0 ? trafficText(traffic) : null,
  rule: rule ? { point: rule.point.id, ...ruleJson(rule.rule) } : null,
})
