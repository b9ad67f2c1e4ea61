/** Addresses by the lists that hold them. A colour is a number: equal for addresses that are in the same lists. */
import { type Family, type Ip, type Prefix, prefixLast } from '../../net/index.ts'

/** Where a prefix of a list begins, or has ended. */
interface Edge {
  readonly at: bigint
  readonly list: number
  readonly step: 1 | -1
}

/** Addresses from `starts[n]` up to the next start have `colours[n]`. */
interface Areas {
  readonly starts: readonly bigint[]
  readonly colours: readonly number[]
}

export class Colouring {
  readonly #edges: Readonly<Record<Family, Edge[]>> = { 4: [], 6: [] }
  #lists = 0
  readonly #areas = new Map<Family, Areas>()

  /** Not once colours have been asked for. */
  add(list: readonly Prefix[]): void {
    if (this.#areas.size > 0)
      throw new TypeError('colour addresses: a list was given after colours were asked for')
    const number = this.#lists++
    for (const prefix of list) {
      const edges = this.#edges[prefix.family]
      edges.push({ at: prefix.value, list: number, step: 1 })
      edges.push({ at: prefixLast(prefix).value + 1n, list: number, step: -1 })
    }
  }

  of({ family, value }: Pick<Ip, 'family' | 'value'>): number {
    const { starts, colours } = this.#areasOf(family)
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as bigint) <= value) low = middle + 1
      else high = middle
    }
    return low === 0 ? -1 : (colours[low - 1] as number)
  }

  #areasOf(family: Family): Areas {
    const known = this.#areas.get(family)
    if (known) return known
    const made = areasBetween(this.#edges[family].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)))
    this.#areas.set(family, made)
    return made
  }
}

/** @param edges sorted by place */
function areasBetween(edges: readonly Edge[]): Areas {
  const holding = new Map<number, number>()
  const numbers = new Map<string, number>()
  const starts: bigint[] = []
  const colours: number[] = []
  edges.forEach(({ at, list, step }, index) => {
    const count = (holding.get(list) ?? 0) + step
    if (count === 0) holding.delete(list)
    else holding.set(list, count)
    if (edges[index + 1]?.at === at) return
    const text = [...holding.keys()].sort((a, b) => a - b).join()
    const colour = numbers.get(text) ?? numbers.size
    numbers.set(text, colour)
    if (colours.at(-1) === colour) return
    starts.push(at)
    colours.push(colour)
  })
  return { starts, colours }
}
