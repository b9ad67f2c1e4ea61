/** Forwarding tables over atoms of destinations: which action each node has for each atom, kept up rule by rule. IPv4 only. */
import { Intervals } from './intervals.ts'

/** An entry of a node's table. The longest prefix that holds a destination decides. */
export interface AtomRoute {
  readonly node: number
  /** Network address, a number of 32 bits. */
  readonly address: number
  readonly length: number
  /** Any number below 65,536: what the node does, in words of the caller's. */
  readonly action: number
}

/** No route. */
export const noAction = -1

export class RoutingTables {
  readonly intervals = new Intervals()
  /** For each node and atom: the length of the prefix that decides, times 65,536, plus its action; {@link noAction}: none does. */
  readonly #deciders: Int32Array[]
  /** For each node and prefix length: the action of each prefix, by its address. */
  readonly #rules: (Map<number, number> | undefined)[][]
  #room = 64
  /** Atoms that the last change gave another action, in the first {@link changed} places. */
  readonly touched: number[] = []

  constructor(nodes: number) {
    this.#deciders = Array.from({ length: nodes }, () => new Int32Array(this.#room).fill(noAction))
    this.#rules = Array.from({ length: nodes }, () => [])
  }

  get nodes(): number {
    return this.#deciders.length
  }

  /** What a node does with an atom; {@link noAction}: it has no route. */
  action(node: number, atom: number): number {
    const decider = (this.#deciders[node] as Int32Array)[atom] as number
    return decider < 0 ? noAction : decider & 0xffff
  }

  /** Puts in a route, in the place of one with the same prefix. {@link touched} says which atoms go another way from then on. */
  insert({ node, address, length, action }: AtomRoute): void {
    const rules = this.#rules[node] as (Map<number, number> | undefined)[]
    const same = rules[length] ?? new Map<number, number>()
    rules[length] = same
    same.set(address, action)
    this.#decide(node, address, length, (decider) =>
      decider >> 16 <= length ? (length << 16) | action : decider,
    )
  }

  /** Takes out a route. */
  remove({ node, address, length }: Omit<AtomRoute, 'action'>): void {
    const rules = this.#rules[node] as (Map<number, number> | undefined)[]
    if (!rules[length]?.delete(address))
      throw new TypeError('remove a route: the node has none with this prefix')
    const next = this.#holding(rules, address, length - 1)
    this.#decide(node, address, length, (decider) => (decider >> 16 === length ? next : decider))
  }

  /** The decider with the longest prefix of at most some length. */
  #holding(rules: readonly (Map<number, number> | undefined)[], address: number, longest: number): number {
    for (let length = longest; length >= 0; length--) {
      const action = rules[length]?.get(address - (address % 2 ** (32 - length)))
      if (action !== undefined) return (length << 16) | action
    }
    return noAction
  }

  #decide(node: number, address: number, length: number, decide: (decider: number) => number): void {
    const first = this.#cut(address)
    const last = this.#cut(address + 2 ** (32 - length))
    const deciders = this.#deciders[node] as Int32Array
    const { touched, intervals } = this
    touched.length = 0
    for (let place = first; place < last; place++) {
      const atom = intervals.nameAt(place)
      const before = deciders[atom] as number
      const after = decide(before)
      if (before === after) continue
      deciders[atom] = after
      if (before < 0 || after < 0 || ((before ^ after) & 0xffff) !== 0) touched.push(atom)
    }
  }

  /** The place where an interval begins; a new one does what that did which it was cut from. */
  #cut(value: number): number {
    const { place, from } = this.intervals.cut(value)
    if (from === undefined) return place
    const atom = this.intervals.size - 1
    if (atom >= this.#room) this.#grow()
    for (const deciders of this.#deciders) deciders[atom] = deciders[from] as number
    return place
  }

  #grow(): void {
    this.#room *= 2
    for (const [node, deciders] of this.#deciders.entries()) {
      const larger = new Int32Array(this.#room).fill(noAction)
      larger.set(deciders)
      this.#deciders[node] = larger
    }
  }

  /** Atoms with which every node does the same, as one: the class of each atom, numbered from 0. */
  classes(): { readonly classOf: Int32Array; readonly members: readonly number[] } {
    const atoms = this.intervals.size
    let classOf = new Int32Array(atoms)
    let count = 1
    for (let node = 0; node < this.nodes; node++) {
      const found = new Map<number, number>()
      const next = new Int32Array(atoms)
      for (let atom = 0; atom < atoms; atom++) {
        const key = (classOf[atom] as number) * 65_537 + this.action(node, atom) + 1
        let number = found.get(key)
        if (number === undefined) {
          number = found.size
          found.set(key, number)
        }
        next[atom] = number
      }
      classOf = next
      count = found.size
    }
    const members = new Array<number>(count).fill(0)
    for (let atom = atoms - 1; atom >= 0; atom--) members[classOf[atom] as number] = atom
    return { classOf, members }
  }
}
