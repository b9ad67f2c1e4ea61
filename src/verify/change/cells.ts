/**
 * What each node may send to each target, in both networks, without the addresses of machines: so cells can be compared whatever addresses machines
 * have there. Nodes that may send the same share a row, and its cells are worked out once.
 */
import type { Node } from '../../model/index.ts'
import { type Family, hostPrefix, type Ip, type Prefix } from '../../net/index.ts'
import { type DiagramSet, nothing } from '../diagram/index.ts'
import { addressLevels, familyNumber, level, type PacketSets, wordsOf } from '../packets/index.ts'
import type { Shared, Side } from './side.ts'
import type { Target, TargetAddresses } from './target.ts'

/**
 * With which source addresses packets are sent.
 *
 * - `own`: those of the sender. They are no part of its cells.
 * - `any`: those that are not of the inside, of which whoever is outside may have any.
 * - `forged`: those of others.
 */
export type Source = 'own' | 'any' | 'forged'

export interface Sides {
  readonly old: Side
  readonly next: Side
}

type Row =
  /** By family; the source is known. */
  | { readonly key: string; readonly kind: 'own'; readonly sent: readonly [DiagramSet, DiagramSet] }
  | { readonly key: string; readonly kind: 'any'; readonly sent: DiagramSet }

const families = [4, 6] as const

export class Cells {
  readonly #shared: Shared
  readonly #cells = new Map<Side, Map<string, DiagramSet>>()
  readonly #rows = new Map<Side, Map<string, Row>>()
  /** Whatever is addressed to a target of either network. */
  readonly #inside: DiagramSet
  /** Whatever bears a source of either network's inside. */
  readonly #ours: DiagramSet

  constructor(shared: Shared, { old, next }: Sides) {
    this.#shared = shared
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

  /** Nothing, if the network has no such node or target. */
  cell(side: Side, node: string, source: Source, target: string): DiagramSet {
    const row = this.#rowOf(side, node, source)
    const found = side.targets.get(target)
    const cells = this.#cells.get(side) ?? new Map<string, DiagramSet>()
    this.#cells.set(side, cells)
    const key = `${row.kind} ${row.key} ${target}`
    const made =
      cells.get(key) ??
      (found ? this.#cellOf(row, found) : target === outside ? this.#outsideOf(row) : nothing)
    cells.set(key, made)
    return made
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
      return { key: rows.join(' '), kind: 'own', sent: rows as [DiagramSet, DiagramSet] }
    }
    const others =
      source === 'any'
        ? sets.without(sent, this.#ours)
        : node && isOutside(node)
          ? sets.mask(this.#ours, sent)
          : sets.without(sent, sets.addresses('source', vouchedFor(side, node)))
    return { key: `${others}`, kind: 'any', sent: others }
  }

  #sentFrom(sent: DiagramSet, sources: readonly Ip[]): DiagramSet {
    const { sets } = this.#shared
    return sets.union(
      sources.map(
        (source) => sets.follow(sent, [familyNumber(source.family), ...wordsOf(source)]) as DiagramSet,
      ),
    )
  }

  #cellOf(row: Row, { target, addresses }: TargetAddresses): DiagramSet {
    const { sets } = this.#shared
    if (row.kind === 'own')
      return this.#chosenFor(
        target,
        byFamily(sets, (family, index) =>
          sets.union(
            ofFamily(addresses, family).map((address) => toward(sets, row.sent[index as 0 | 1], address)),
          ),
        ),
      )
    const meant = sets.mask(sets.addresses('destination', addresses.map(hostPrefix)), row.sent)
    return this.#chosenFor(target, sets.forget(meant, addressLevels('destination')))
  }

  #outsideOf(row: Row): DiagramSet {
    const { sets } = this.#shared
    const sent = row.kind === 'own' ? byFamily(sets, (_, index) => row.sent[index as 0 | 1]) : row.sent
    return sets.without(sent, this.#inside)
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

function toward(sets: PacketSets, row: DiagramSet, { value }: Ip): DiagramSet {
  const beginning = new Uint32Array(level.protocol)
  beginning.set(wordsOf({ value }), level.destination)
  return sets.follow(row, beginning) as DiagramSet
}

const byFamily = (sets: PacketSets, child: (family: Family, index: number) => DiagramSet): DiagramSet =>
  sets.branch(
    level.family,
    families.map((family, index) => [[familyNumber(family), familyNumber(family)], child(family, index)]),
  ) as DiagramSet

const ofFamily = (addresses: readonly Ip[], family: Family): readonly Ip[] =>
  addresses.filter((address) => address.family === family)

/** Addresses that a node may bear: its own, and of a host those of its VMs, whose packets it passes on. */
function vouchedFor(side: Side, node: Node | undefined): readonly Prefix[] {
  if (!node) return []
  const behind = node.kind === 'host' ? side.vmsOf(node.id) : []
  return [node, ...behind].flatMap(({ addresses }) => addresses.map(hostPrefix))
}
