/** What the reachability matrix says, in words, the same in a terminal, a picture and a page. */
import { formatOrigin } from '../../../policy/index.ts'
import type { Cell, Group, Matrix, Offer, Reached } from '../../../verify/index.ts'
import { plainLine } from '../plain-line.ts'
import { listed, trafficText } from '../plan/words.ts'

export const marks: Readonly<Record<Reached, string>> = { all: '●', site: '◉', some: '◐', none: '·' }

export const meanings: Readonly<Record<Reached, string>> = {
  all: 'all',
  site: 'all within a site, nothing elsewhere',
  some: 'some',
  none: 'nothing',
}

/** Whatever is not offered, and reached by nobody, is one sentence rather than a row. */
export function shownOf({ groups, offers, cells }: Matrix): {
  readonly matrix: Matrix
  /** By whom it is not offered. */
  readonly closed: readonly string[]
} {
  const isClosed = (index: number): boolean =>
    offers[index]?.rest === true && (cells[index] ?? []).every((cell) => !cell || cell.reached === 'none')
  const kept = Array.from(offers.keys()).filter((index) => !isClosed(index))
  return {
    matrix: {
      groups,
      offers: kept.map((index) => offers[index] as Offer),
      cells: kept.map((index) => cells[index] as Matrix['cells'][number]),
    },
    closed: offers.flatMap(({ of }, index) => (isClosed(index) ? [of] : [])),
  }
}

export const listText = (names: readonly string[], most = 12): string => listed(names, most)

/** `shop web → shop worker, orders, tcp 9000: all within a site, nothing elsewhere; by role/orders, network.yaml:90:11`. */
export function cellText(group: Group, offer: Offer, cell: Cell): string {
  const { reached, traffic } = cell
  const what = reached === 'some' ? `some: ${trafficText(traffic)}` : meanings[reached]
  const by = ruleText(cell)
  return `${group.name} → ${offer.of}, ${offer.name}: ${what}${by === undefined ? '' : `; ${by}`}`
}

/** `let in by role/orders at west/host3/vm/shop-worker-0/in, network.yaml:90:11`. */
export const ruleText = ({ reached, rule }: Cell): string | undefined =>
  rule &&
  `${reached === 'none' ? 'stopped' : 'let in'} by ${rule.rule.id} at ${rule.point.id}, ${plainLine(formatOrigin(rule.rule.origin))}`

/** Text as part of XML or HTML. */
export const escaped = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (character) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }[character]};`,
  )
