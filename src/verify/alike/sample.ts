/**
 * Machines that stand for all at the rim of a network, chosen so that whatever one packet meets on its way, it meets alike among them.
 *
 * A packet is about two machines of the rim at most: who sends it, with an address of its own, and who it is for (see `docs/decisions/0013-few-stand-for-all.md`, with what is
 * checked so that this is so). What becomes of it depends on the columns of the two, by their keys, and on which of their own lists the
 * other stands in: the *kind of pair*. For each kind of pair that there is, one pair is taken; and each kind of
 * column together with all kinds of pairs that it is in, so that a filter by itself is looked at for all senders and receivers too.
 */
import type { Node } from '../../model/index.ts'
import type { AddressLists, Members } from './address-lists.ts'
import type { Column } from './columns.ts'

export interface Sample {
  /** Ids of hosts and VMs that stand for themselves and others. */
  readonly kept: ReadonlySet<string>
  /** Hosts and VMs that others stand for. */
  readonly left: ReadonlySet<string>
  /** All of them, those together that one of them could stand for. */
  readonly classes: readonly (readonly Node[])[]
}

/** Lists whose members' bits fit into a number of 53. */
const mostLists = 26

export function sampleOf(columns: readonly Column[], addresses: AddressLists): Sample {
  const chosen = new Set<number>()
  const kinds = new PairKinds()
  /** By their kind of column, with the kinds of pairs that they are in. */
  const classes = new Map<string, number[]>()
  const members = columns.map(({ lists }) => lists.map((list) => addresses.members(list)))
  const keep = (machine: number): void => {
    chosen.add(machine)
    chosen.add((columns[machine] as Column).host)
  }
  columns.forEach((column, machine) => {
    if (column.lists.length > mostLists) keep(machine)
    const pairs = new Set<number>()
    const own = members[machine] as readonly Members[]
    for (const other of relatedTo(own)) {
      const theirs = members[other] as readonly Members[]
      const keys = [column.key, (columns[other] as Column).key] as const
      const seen = kinds.count
      pairs.add(kinds.of(...keys, bits(own, other), bits(theirs, machine), machine === other))
      if (kinds.count === seen) continue
      keep(machine)
      keep(other)
    }
    const name = `${column.key} ${[...pairs].sort((a, b) => a - b).join()}`
    const list = classes.get(name)
    if (list) list.push(machine)
    else {
      classes.set(name, [machine])
      keep(machine)
    }
  })
  keepStrangers([...classes.values()], columns, members, chosen, keep)
  const ids = (machines: readonly Node[]) => new Set(machines.map(({ id }) => id))
  const nodes = columns.map(({ node }) => node)
  return {
    kept: ids(nodes.filter((_, machine) => chosen.has(machine))),
    left: ids(nodes.filter((_, machine) => !chosen.has(machine))),
    classes: Array.from(classes.values(), (machines) => machines.map((machine) => nodes[machine] as Node)),
  }
}

function relatedTo(lists: readonly Members[]): ReadonlySet<number> {
  const related = new Set<number>()
  for (const list of lists) for (const member of list.keys()) related.add(member)
  return related
}

/** Numbers for kinds of pairs. */
class PairKinds {
  /** By the keys of the two columns. */
  readonly #kinds = new Map<number, Map<number, Map<number | string, number>>>()
  count = 0

  /** @param bits of the second machine in the lists of the first, and the other way round */
  of(a: number, b: number, bits: number, bitsBack: number, isSame: boolean): number {
    const ofFirst = this.#kinds.get(a) ?? new Map<number, Map<number | string, number>>()
    this.#kinds.set(a, ofFirst)
    const ofBoth = ofFirst.get(b) ?? new Map<number | string, number>()
    ofFirst.set(b, ofBoth)
    const areShort = bits < half && bitsBack < half
    const relation = areShort
      ? (bits * half + bitsBack) * 2 + Number(isSame)
      : `${bits} ${bitsBack} ${isSame}`
    const kind = ofBoth.get(relation) ?? this.count++
    ofBoth.set(relation, kind)
    return kind
  }
}

/** Two numbers below it and a bit fit into a number of 53 bits. */
const half = 2 ** 26

/** In which lists a machine stands, two bits for each. */
function bits(lists: readonly Members[], machine: number): number {
  let number = 0
  for (const list of lists) number = number * 4 + (list.get(machine) ?? 0)
  return number
}

/** For each two classes two machines that stand in no list of one another, if there are such. */
function keepStrangers(
  classes: readonly (readonly number[])[],
  columns: readonly Column[],
  members: readonly (readonly Members[])[],
  chosen: ReadonlySet<number>,
  keep: (machine: number) => void,
): void {
  const areStrangers = (a: number, b: number) =>
    a !== b &&
    bits(members[a] as readonly Members[], b) === 0 &&
    bits(members[b] as readonly Members[], a) === 0
  const siteOf = ([first]: readonly number[]) => columns[first as number]?.node.site
  const keptOf = (list: readonly number[]) => list.filter((machine) => chosen.has(machine))
  classes.forEach((one, index) => {
    for (const other of classes.slice(index)) {
      // Each class has one that is kept, and machines of different sites are strangers unless a list says otherwise.
      if (keptOf(one).some((a) => keptOf(other).some((b) => areStrangers(a, b)))) continue
      const pair = firstPair(one, other, areStrangers)
      if (pair) for (const machine of pair) keep(machine)
      if (siteOf(one) === undefined) return
    }
  })
}

function firstPair(
  one: readonly number[],
  other: readonly number[],
  fits: (a: number, b: number) => boolean,
): readonly [number, number] | undefined {
  for (const a of one) for (const b of other) if (fits(a, b)) return [a, b]
  return undefined
}
