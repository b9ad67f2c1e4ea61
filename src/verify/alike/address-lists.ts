/**
 * Lists of addresses as they concern machines: which machines a list names, and, of lists that are compared as they are (*literal* ones), a
 * number for each content. From all of the latter follows what tells one address from another: its *colour*.
 */
import type { Node } from '../../model/index.ts'
import { type Family, familyBits, type Ip, type Prefix, PrefixMap } from '../../net/index.ts'
import { Colouring } from './colouring.ts'

/** Of each machine, by its number, the families of its addresses that are meant: 1 IPv4, 2 IPv6, 3 both. */
export type Members = ReadonlyMap<number, number>

/** An address, whoever has it. */
type Address = Pick<Ip, 'family' | 'value'>

export const familyBit = (family: Family): number => (family === 4 ? 1 : 2)

export class AddressLists {
  readonly #owners: Readonly<Record<Family, Map<bigint, number>>> = { 4: new Map(), 6: new Map() }
  readonly #members = new Map<readonly Prefix[], Members>()
  readonly #numbers = new Map<readonly Prefix[], number>()
  readonly #contents = new Map<string, number>()
  readonly #prefixes = new PrefixMap<number>()
  #prefixCount = 0
  readonly #colouring = new Colouring()
  /** What else tells machines apart. */
  readonly #marks: number[][]
  readonly #texts = new Map<string, number>()

  /** @param machines numbered as they stand */
  constructor(machines: readonly Node[]) {
    machines.forEach(({ addresses }, number) => {
      for (const { family, value } of addresses) this.#owners[family].set(value, number)
    })
    this.#marks = machines.map(() => [])
  }

  /** The machine that has an address. */
  ownerOf({ family, value }: Address): number | undefined {
    return this.#owners[family].get(value)
  }

  /** Machines that a list names by their addresses; prefixes that hold more than one address name none. */
  members(list: readonly Prefix[]): Members {
    const known = this.#members.get(list)
    if (known) return known
    const made = new Map<number, number>()
    for (const prefix of list) {
      const owner = isSingle(prefix) ? this.ownerOf(prefix) : undefined
      if (owner !== undefined) made.set(owner, (made.get(owner) ?? 0) | familyBit(prefix.family))
    }
    this.#members.set(list, made)
    return made
  }

  /** A number for each prefix. */
  prefix(prefix: Prefix): number {
    const number = this.#prefixes.get(prefix) ?? this.#prefixCount++
    this.#prefixes.set(prefix, number)
    return number
  }

  /** The number of a list that means the same at every point. All of them must have been given before colours are asked for. */
  literal(list: readonly Prefix[]): number {
    const known = this.#numbers.get(list)
    if (known !== undefined) return known
    const content = list.map((prefix) => this.prefix(prefix)).join()
    const seen = this.#contents.get(content)
    const number = seen ?? this.#contents.size
    this.#numbers.set(list, number)
    if (seen !== undefined) return number
    this.#contents.set(content, number)
    this.#colouring.add(list)
    return number
  }

  /** Says something of a machine by which it differs from others. */
  mark(machine: number, text: string): void {
    const number = this.#texts.get(text) ?? this.#texts.size
    this.#texts.set(text, number)
    this.#marks[machine]?.push(number)
  }

  /** Equal for machines that nothing tells apart but their own lists. */
  colour(machine: number, { addresses }: Node): string {
    return `${this.#marks[machine]} ${addresses.map((address) => this.colourOf(address))}`
  }

  /** Equal for addresses that are in the same literal lists. */
  colourOf(address: Address): string {
    return `${address.family}:${this.#colouring.of(address)}`
  }
}

export const isSingle = ({ family, length }: Prefix): boolean => length === familyBits(family)
