/**
 * Where packets get to, for networks that rewrite none: destinations are atoms, headers classes of what filters treat alike, and a set of packets is a
 * bit for each pair of the two that any packet has. Says what `NetworkReach` says, in words of bits.
 */
import { addAll, addBit, type Bits, bitsFor, hasBit } from './bits.ts'
import type { HeaderClasses } from './header-classes.ts'
import { noAction, type RoutingTables } from './routing-table.ts'

/** A way out of a node. */
export interface Exit {
  /** Filters that it leads through, those of the next node's interface among them. */
  readonly filters: readonly number[]
  /** The next node; absent: it leaves what is looked at. */
  readonly to?: number
}

export interface AtomNetwork {
  readonly tables: RoutingTables
  /** The ways that an action of a node takes, all of them. None: it is delivered there, or discarded. */
  exits(node: number, action: number): readonly Exit[]
}

interface Move {
  readonly to: number
  /** Header classes that pass. */
  readonly headers: readonly number[]
  readonly destinations: Bits
}

export class AtomReach {
  /** Classes of destinations. */
  readonly destinations: number
  readonly headers: number
  /** The destination class of each atom. */
  readonly classOf: Int32Array
  readonly #network: AtomNetwork
  readonly #passed: HeaderClasses['passed']
  /** Words of a set for one class of headers. */
  readonly #stride: number
  /** Classes of headers that pass filters, by their numbers. */
  readonly #passing = new Map<string, readonly number[]>()
  readonly #moves: readonly (readonly Move[])[]
  /** Pairs that any packet has. */
  readonly #existing: Bits
  /** Destinations with which a node does the same, by what it does. */
  readonly #actions: readonly ReadonlyMap<number, Bits>[]

  constructor(network: AtomNetwork, headers: HeaderClasses) {
    const { classOf, members } = network.tables.classes()
    this.#network = network
    this.#passed = headers.passed
    this.headers = headers.count
    this.destinations = members.length
    this.classOf = classOf
    this.#stride = bitsFor(members.length).length
    this.#existing = this.#pairs(headers)
    this.#actions = Array.from({ length: network.tables.nodes }, (_, node) => this.#byAction(node, members))
    this.#moves = this.#actions.map((actions, node) => this.#movesOf(node, actions))
  }

  /** Every packet. */
  get all(): Bits {
    return this.#existing.slice()
  }

  /** Packets that pass some filters. */
  passing(filters: readonly number[]): Bits {
    const bits = new Uint32Array(this.#existing.length)
    for (const header of this.#headersPassing(filters)) {
      const from = header * this.#stride
      bits.set(this.#existing.subarray(from, from + this.#stride), from)
    }
    return bits
  }

  /** Whether a set has packets of a class of headers to an atom of destinations. */
  has(packets: Bits, header: number, atom: number): boolean {
    return hasBit(packets, header * this.#stride * 32 + (this.classOf[atom] as number))
  }

  /** What comes to each node of what one sends, what it sends itself among it. */
  from(node: number, packets: Bits): readonly Bits[] {
    const came = this.#moves.map(() => new Uint32Array(packets.length))
    /** Of that, what has not been sent on. */
    const fresh = this.#moves.map(() => new Uint32Array(packets.length))
    let sent = new Uint32Array(packets.length)
    ;(came[node] as Bits).set(packets)
    ;(fresh[node] as Bits).set(packets)
    const waiting = [node]
    const isWaiting = new Uint8Array(came.length)
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      isWaiting[next] = 0
      const free = sent.fill(0)
      sent = fresh[next] as Uint32Array<ArrayBuffer>
      fresh[next] = free
      for (const move of this.#moves[next] as readonly Move[])
        if (
          this.#carry(move, sent, came[move.to] as Bits, fresh[move.to] as Bits) &&
          isWaiting[move.to] === 0
        ) {
          isWaiting[move.to] = 1
          waiting.push(move.to)
        }
    }
    return came
  }

  /** Whether there are packets with which a node does something, and that pass some filters. */
  does(node: number, action: number, packets: Bits, filters: readonly number[] = []): boolean {
    const destinations = this.#actions[node]?.get(action)
    if (!destinations) return false
    for (const header of this.#headersPassing(filters)) {
      const from = header * this.#stride
      for (let word = 0; word < this.#stride; word++)
        if (((packets[from + word] as number) & (destinations[word] as number)) !== 0) return true
    }
    return false
  }

  /** Packets that go round: at each node those that come back to it, or to which it is led from a round. */
  circling(): readonly Bits[] {
    let left = this.#moves.map(() => this.all)
    for (;;) {
      const next = this.#moves.map(() => new Uint32Array(this.#existing.length))
      for (const [node, moves] of this.#moves.entries())
        for (const move of moves) this.#carry(move, left[node] as Bits, next[move.to] as Bits)
      let same = true
      for (const [node, bits] of next.entries()) {
        const before = left[node] as Bits
        for (let word = 0; word < bits.length; word++) {
          bits[word] = (bits[word] as number) & (before[word] as number)
          if (bits[word] !== before[word]) same = false
        }
      }
      left = next
      if (same) return left
    }
  }

  /** Adds to a set what a move brings of another; whether any of it is new, which is added to `fresh` too. */
  #carry({ headers, destinations }: Move, sent: Bits, came: Bits, fresh?: Bits): boolean {
    const stride = this.#stride
    let any = 0
    for (const header of headers) {
      const from = header * stride
      for (let word = 0; word < stride; word++) {
        const at = from + word
        const added = (sent[at] as number) & (destinations[word] as number) & ~(came[at] as number)
        if (added === 0) continue
        any = 1
        came[at] = (came[at] as number) | added
        if (fresh) fresh[at] = (fresh[at] as number) | added
      }
    }
    return any === 1
  }

  /** One move for all actions that lead to the same node through filters that let the same pass. */
  #movesOf(node: number, actions: ReadonlyMap<number, Bits>): readonly Move[] {
    const moves = new Map<string, { to: number; headers: readonly number[]; destinations: Bits }>()
    for (const [action, destinations] of actions) {
      if (action === noAction) continue
      for (const { to, filters } of this.#network.exits(node, action)) {
        if (to === undefined) continue
        const headers = this.#headersPassing(filters)
        const key = `${to} ${headers.join(' ')}`
        const move = moves.get(key)
        if (!move) moves.set(key, { to, headers, destinations: destinations.slice() })
        else addAll(move.destinations, destinations)
      }
    }
    return [...moves.values()]
  }

  #byAction(node: number, members: readonly number[]): ReadonlyMap<number, Bits> {
    const found = new Map<number, Bits>()
    for (const [at, atom] of members.entries()) {
      const action = this.#network.tables.action(node, atom)
      let bits = found.get(action)
      if (!bits) {
        bits = bitsFor(this.destinations)
        found.set(action, bits)
      }
      addBit(bits, at)
    }
    return found
  }

  #headersPassing(filters: readonly number[]): readonly number[] {
    const key = filters.join(' ')
    let passing = this.#passing.get(key)
    if (!passing) {
      const all = Array.from({ length: this.headers }, (_, header) => header)
      passing = all.filter((header) => filters.every((filter) => this.#passed[filter]?.has(header)))
      this.#passing.set(key, passing)
    }
    return passing
  }

  #pairs({ count, destinations }: HeaderClasses): Bits {
    const { intervals } = this.#network.tables
    const bits = new Uint32Array(this.#stride * count)
    for (const [header, ranges] of destinations.entries())
      for (const [first, last] of ranges) {
        const end = intervals.placeOf(last)
        for (let place = intervals.placeOf(first); place <= end; place++) {
          const at = this.classOf[intervals.nameAt(place)] as number
          addBit(bits, header * this.#stride * 32 + at)
        }
      }
    return bits
  }
}
