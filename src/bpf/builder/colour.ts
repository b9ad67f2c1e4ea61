/** Colours the interference graph with machine registers: simplify, push what may not fit optimistically, select (Briggs 1994). */
import { choices, Nodes } from './coalesce.ts'
import type { Interference } from './interference.ts'
import { NONE } from './operation.ts'

export interface Colouring {
  /** Machine register of each virtual one; NONE for those that found none. */
  readonly registerOf: Int8Array
  /** Those that found none: virtual registers that are one node, and the place on the stack that is free for it. */
  readonly spilled: readonly Spilled[]
}

export interface Spilled {
  readonly members: readonly number[]
  /** Nodes that are never live at the same time share a place. */
  readonly place: number
}

const ANY = [2, 3, 4, 5, 0, 1, 6, 7, 8, 9]
const KEPT_BY_CALLS = [6, 7, 8, 9]

/** `preferences`: per virtual register a bit mask of machine registers that would save a move. */
export function colour(source: Interference, preferences: Uint16Array): Colouring {
  const nodes = new Nodes(source)
  nodes.coalesce(preferences)
  const order = removalOrder(source, nodes)
  const count = preferences.length
  const registerOf = new Int8Array(count).fill(NONE)
  const copies = copiesBetween(source, nodes)

  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!
    let taken = 0
    nodes.forEachNeighbour(node, (other) => {
      if (registerOf[other] !== NONE) taken |= 1 << registerOf[other]!
    })
    const allowed = source.acrossCall[node] === 1 ? KEPT_BY_CALLS : ANY
    let wanted = preferences[node]!
    for (const other of copies.get(node) ?? [])
      if (registerOf[other] !== NONE) wanted |= 1 << registerOf[other]!
    const free = (register: number) => (taken & (1 << register)) === 0
    const chosen = allowed.find((r) => free(r) && (wanted & (1 << r)) !== 0) ?? allowed.find(free)
    if (chosen !== undefined) registerOf[node] = chosen
  }

  const members = new Map<number, number[]>()
  for (let register = 0; register < count; register++) {
    const node = nodes.find(register)
    registerOf[register] = registerOf[node]!
    if (registerOf[node] !== NONE) continue
    const known = members.get(node)
    if (known === undefined) members.set(node, [register])
    else known.push(register)
  }
  return { registerOf, spilled: placesFor(members, nodes) }
}

function placesFor(membersOf: ReadonlyMap<number, readonly number[]>, nodes: Nodes): Spilled[] {
  const placeOf = new Map<number, number>()
  return [...membersOf].map(([node, members]) => {
    const taken = new Set<number>()
    nodes.forEachNeighbour(node, (other) => {
      const place = placeOf.get(other)
      if (place !== undefined) taken.add(place)
    })
    let place = 0
    while (taken.has(place)) place++
    placeOf.set(node, place)
    return { members, place }
  })
}

/** Order in which nodes leave the graph; they are coloured in the opposite one. */
function removalOrder(source: Interference, nodes: Nodes): number[] {
  const { acrossCall, cost } = source
  const degree = Int32Array.from(nodes.degree)
  const removed = new Uint8Array(degree.length)
  const order: number[] = []
  const easy: number[] = []
  const hard: number[] = []
  for (let node = 0; node < degree.length; node++) {
    if (!nodes.isNode(node)) continue
    if (degree[node]! < choices(acrossCall[node])) easy.push(node)
    else hard.push(node)
  }
  hard.sort((a, b) => cost[a]! / degree[a]! - cost[b]! / degree[b]!)
  const remove = (node: number) => {
    removed[node] = 1
    order.push(node)
    nodes.forEachNeighbour(node, (other) => {
      if (removed[other] === 1) return
      if (degree[other]!-- === choices(acrossCall[other])) easy.push(other)
    })
  }
  let cheapest = 0
  for (;;) {
    const node = easy.pop()
    if (node !== undefined) {
      if (removed[node] === 0) remove(node)
      continue
    }
    while (cheapest < hard.length && removed[hard[cheapest]!] === 1) cheapest++
    if (cheapest === hard.length) return order
    remove(hard[cheapest]!)
  }
}

/** Copies that were not joined: sharing a register still saves them. */
function copiesBetween(source: Interference, nodes: Nodes): Map<number, number[]> {
  const copies = new Map<number, number[]>()
  const note = (from: number, to: number) => {
    const known = copies.get(from)
    if (known === undefined) copies.set(from, [to])
    else known.push(to)
  }
  for (const move of source.moves) {
    const a = nodes.find(move.def)
    const b = nodes.find(move.a)
    if (a === b) continue
    note(a, b)
    note(b, a)
  }
  return copies
}
