/**
 * What each node may send to each target, in both networks, without the addresses of machines: so cells can be compared whatever addresses machines
 * have there. Nodes that may send the same share a row, and its cells are worked out once.
 */
import type { Node } from '../../model/index.ts'
import { type Family, hostPrefix, type Ip, type Prefix } from '../../net/index.ts'
import { type DiagramSet, nothing } from '../diagram/index.ts'
import { familyNumber, level, type PacketSets, wordsOf } from '../packets/index.ts'
import type { Shared, Side } from './side.ts'
import type { Target } from './target.ts'

/**
 * With which source addresses packets are sent.
 *
 * - `own`: those of the sender. They are no part of its cells.
 * - `any`: those that are not of the inside, of which whoever is outside may have any.
 * - `forged`: those of others, in either network: a VM that has moved to a host is not forged by it because it was elsewhere.
 */
export type Source = 'own' | 'any' | 'forged'

export interface Sides {
  readonly old: Side
  readonly next: Side
}

/** What may be sent, by family. The source is still in it where it is not the sender's own. */
interface Row {
  /** Rows are equal if their keys are. */
  readonly key: string
  readonly sent: readonly [DiagramSet, DiagramSet]
}

const families = [4, 6] as const

export class Cells {
  readonly #shared: Shared
  readonly #sides: readonly Side[]
  /** By what they are made of. */
  readonly #cells = new Map<string, DiagramSet>()
  readonly #rows = new Map<Side, Map<string, Row>>()
  readonly #addresses = new Map<Side, Map<string, readonly Address[]>>()
  /** Whatever is addressed to a target of either network. */
  readonly #inside: DiagramSet
  /** Whatever bears a source of either network's inside. */
  readonly #ours: DiagramSet

  constructor(shared: Shared, { old, next }: Sides) {
    this.#shared = shared
    this.#sides = [old, next]
    const prefixes = [old, next].flatMap(({ targets }) =>
      [...targets.values()].flatMap(({ addresses }) => addresses.map(hostPrefix)),
    )
    this.#inside = shared.sets.addresses('destination', prefixes)
    this.#ours = shared.sets.addresses(
      'source',
      [old, next].flatMap(({ network }) => network.internal),
    )
  }

  /** Nodes with the same key may send the same. */
  rowKey(side: Side, node: string, source: Source): string {
    return this.#rowOf(side, node, source).key
  }

  /** Equal cells of a target have equal keys, but for the target outside; it costs less to ask for. */
  cellKey(side: Side, node: string, source: Source, target: string): string {
    const addresses = this.#addressesOf(side, target)
    return keyOf(addresses, this.#partsOf(this.#rowOf(side, node, source), addresses))
  }

  /** Nothing, if the network has no such node or target. */
  cell(side: Side, node: string, source: Source, target: string): DiagramSet {
    const row = this.#rowOf(side, node, source)
    if (target === outside) return this.#outsideOf(row)
    const found = side.targets.get(target)?.target
    if (!found || (found.kind === 'host-service' && isBeyond(side.node(node)))) return nothing
    const addresses = this.#addressesOf(side, target)
    const parts = this.#partsOf(row, addresses)
    const key = `${keyOf(addresses, parts)} ${found.kind === 'vip' ? found.node : ''}`
    const known = this.#cells.get(key)
    if (known !== undefined) return known
    const { sets } = this.#shared
    const made = byFamily(sets, (family) =>
      sets.union(parts.filter((_, index) => addresses[index]?.family === family)),
    )
    const chosen = this.#chosenFor(found, made)
    this.#cells.set(key, chosen)
    return chosen
  }

  /** What of a row is for each address. */
  #partsOf({ sent }: Row, addresses: readonly Address[]): readonly DiagramSet[] {
    return addresses.map(
      ({ family, words }) =>
        this.#shared.sets.fix(sent[family === 4 ? 0 : 1], level.destination, words) as DiagramSet,
    )
  }

  #addressesOf(side: Side, target: string): readonly Address[] {
    const known = this.#addresses.get(side) ?? new Map<string, readonly Address[]>()
    this.#addresses.set(side, known)
    const found =
      known.get(target) ??
      (side.targets.get(target)?.addresses ?? []).map((address) => ({
        family: address.family,
        words: wordsOf(address),
      }))
    known.set(target, found)
    return found
  }

  #rowOf(side: Side, id: string, source: Source): Row {
    const rows = this.#rows.get(side) ?? new Map<string, Row>()
    this.#rows.set(side, rows)
    const known = rows.get(`${id} ${source}`)
    if (known) return known
    const made = this.#makeRow(side, side.node(id), source)
    rows.set(`${id} ${source}`, made)
    return made
  }

  #makeRow(side: Side, node: Node | undefined, source: Source): Row {
    const { sets } = this.#shared
    const sent = node ? side.sentBy(node.id) : nothing
    if (source === 'own') {
      const own = node ? [...node.addresses, ...node.publicAddresses] : []
      const rows = families.map((family) => this.#sentFrom(sent, ofFamily(own, family)))
      return { key: rows.join(' '), sent: rows as [DiagramSet, DiagramSet] }
    }
    const others =
      source === 'any'
        ? sets.without(sent, this.#ours)
        : node && isOutside(node)
          ? sets.mask(this.#ours, sent)
          : sets.without(sent, sets.addresses('source', this.#vouchedFor(node?.id)))
    const rows = families.map((family) => sets.follow(others, [familyNumber(family)]) as DiagramSet)
    return { key: rows.join(' '), sent: rows as [DiagramSet, DiagramSet] }
  }

  /** Addresses that a node may bear: its own, and of a host those of its VMs, whose packets it passes on. */
  #vouchedFor(id = ''): readonly Prefix[] {
    return this.#sides.flatMap((side) => {
      const node = side.node(id)
      const behind = node?.kind === 'host' ? side.vmsOf(id) : []
      return [...(node ? [node] : []), ...behind].flatMap(({ addresses }) => addresses.map(hostPrefix))
    })
  }

  #sentFrom(sent: DiagramSet, sources: readonly Ip[]): DiagramSet {
    const { sets } = this.#shared
    return sets.union(
      sources.map(
        (source) => sets.follow(sent, [familyNumber(source.family), ...wordsOf(source)]) as DiagramSet,
      ),
    )
  }

  #outsideOf({ sent }: Row): DiagramSet {
    const { sets } = this.#shared
    return sets.without(
      byFamily(sets, (_, index) => sent[index as 0 | 1]),
      this.#inside,
    )
  }

  /** Of packets to a VIP those for which the machine is chosen. */
  #chosenFor(target: Target, packets: DiagramSet): DiagramSet {
    const { sets, choices } = this.#shared
    return target.kind === 'vip' && packets !== nothing
      ? sets.forget(sets.mask(choices.of(target.node), packets), [level.choice])
      : packets
  }
}

/** Key of the target that is none of the machines and VIPs. */
export const outside = 'outside'

export const isOutside = ({ kind }: Node): boolean => kind === 'internet' || kind === 'isp'

/** The addresses of host services belong to others in the Internet: what is sent to them out there stays there. */
const isBeyond = (node: Node | undefined): boolean => node !== undefined && isOutside(node)

interface Address {
  readonly family: Family
  readonly words: readonly number[]
}

const keyOf = (addresses: readonly Address[], parts: readonly DiagramSet[]): string =>
  parts.map((part, index) => `${addresses[index]?.family} ${part}`).join(' ')

const byFamily = (sets: PacketSets, child: (family: Family, index: number) => DiagramSet): DiagramSet =>
  sets.branch(
    level.family,
    families.map((family, index) => [[familyNumber(family), familyNumber(family)], child(family, index)]),
  ) as DiagramSet

const ofFamily = (addresses: readonly Ip[], family: Family): readonly Ip[] =>
  addresses.filter((address) => address.family === family)
