/**
 * Which distribution routers of a site are reached from outside, and how likely: row by row, from the Internet down. What is reached of a row
 * depends on what is reached of the row above alone, so that probabilities of sets of nodes are carried from row to row. This is exact.
 */
import { type Network, neighboursOf, nodesOfKind } from '../../model/index.ts'

/** The share of the time that an element is there. */
export type Shares = (id: string) => number

/** Of each set of nodes of a row, as bits, the probability that these are reached and no others. */
export type Reached = Float64Array

/**
 * Nodes of a row that are counted. Of longer rows the rest is left aside, as if it were never there: what comes out is then a bound from below,
 * since nothing that is there makes anything worse.
 */
export const mostOfRow = 6

export interface SiteRows {
  readonly site: string
  /** Ids of providers, access routers, balancers and distribution routers. */
  readonly rows: readonly (readonly string[])[]
  /** Links by their two ends. */
  readonly links: ReadonlyMap<string, string>
  /** True if all nodes of all rows are counted. */
  readonly isComplete: boolean
}

const kinds = ['isp', 'access-router', 'balancer', 'distribution-router'] as const

export function rowsOf(network: Network, site: string): SiteRows {
  const all = kinds.map((kind) => nodesOfKind(network, site, kind).map(({ id }) => id))
  const rows = all.map((row) => row.slice(0, mostOfRow))
  const links = new Map<string, string>()
  for (const id of rows.flat())
    for (const { node, link } of neighboursOf(network, id)) links.set(`${node.id} ${id}`, link.id)
  return { site, rows, links, isComplete: all.every((row) => row.length <= mostOfRow) }
}

/** Ids of the elements that the way down to the distribution routers is made of. */
export function elementsOfRows({ site, rows, links }: SiteRows): readonly string[] {
  const nodes = rows.flat()
  const isCounted = new Set(['internet', ...nodes])
  const between = Array.from(links).flatMap(([ends, id]) =>
    ends.split(' ').every((end) => isCounted.has(end)) ? [id] : [],
  )
  return [site, ...nodes, ...new Set(between)]
}

/** Distribution routers that are reached from outside, also by way of another one. The site itself is taken to be there. */
export function reachedRouters({ rows, links }: SiteRows, shares: Shares): Reached {
  const share = (id: string | undefined): number => (id === undefined ? 0 : shares(id))
  const joined = (upper: readonly string[], set: number, lower: string): number =>
    1 - upper.reduce((none, id, bit) => none * (1 - has(set, bit) * share(links.get(`${id} ${lower}`))), 1)
  let reached: Reached = Float64Array.of(0, 1)
  let upper: readonly string[] = ['internet']
  for (const row of rows) {
    const from = upper
    const isLast = row === rows.at(-1)
    reached = carried(reached, row.length, (set) => {
      const direct = row.map((id) => shares(id) * joined(from, set, id))
      if (!isLast) return setsOf(direct)
      return carried(setsOf(direct), row.length, (known) =>
        setsOf(
          row.map((id, bit) => {
            const own = direct[bit] as number
            // Not reached directly: it may be there all the same, and a peer lead to it.
            const isThere = own === 1 ? 0 : (shares(id) - own) / (1 - own)
            return has(known, bit) === 1 ? 1 : isThere * joined(row, known, id)
          }),
        ),
      )
    })
    upper = row
  }
  return reached
}

const has = (set: number, bit: number): number => (set >> bit) & 1

/** What is likely of the next row, by what is likely of this one. */
function carried(reached: Reached, length: number, next: (set: number) => Reached): Reached {
  const made = new Float64Array(2 ** length)
  reached.forEach((chance, set) => {
    if (chance > 0)
      next(set).forEach((share, then) => {
        made[then] = (made[then] as number) + chance * share
      })
  })
  return made
}

/** Probabilities of all sets of things that happen independently. */
function setsOf(chances: readonly number[]): Reached {
  let made = Float64Array.of(1)
  for (const chance of chances) {
    const next = new Float64Array(2 * made.length)
    made.forEach((share, set) => {
      next[set] = share * (1 - chance)
      next[set + made.length] = share * chance
    })
    made = next
  }
  return made
}
