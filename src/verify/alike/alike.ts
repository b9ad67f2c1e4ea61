/** The rim of a network, and those of its machines that stand for all. */
import { areSame, isSameIp, linksOf, type Network, type Node, nodeById } from '../../model/index.ts'
import { type Prefix, prefixContains } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'
import { AddressLists, isSingle } from './address-lists.ts'
import { ColumnBuilder, isAtRim, rimOf } from './columns.ts'
import { markChanged, markCore } from './core-marks.ts'
import { type Sample, sampleOf } from './sample.ts'
import { addressesOf, areVouchedFor } from './vouching.ts'

export class Alike {
  readonly #world: World
  readonly #rim: readonly Node[]
  readonly #sample: Sample
  #anybody: DiagramSet | undefined
  #apart: ReadonlySet<string> | undefined
  #classes: ReadonlyMap<string, number> | undefined
  /** Who has an address. */
  #addresses: Pick<AddressLists, 'ownerOf'> | undefined

  private constructor(world: World, rim: readonly Node[], sample: Sample) {
    this.#world = world
    this.#rim = rim
    this.#sample = sample
  }

  /** `undefined`: no machine stands for another. @param least machines of the rim for which it is worth the while */
  static of(world: World, least: number): Alike | undefined {
    const rim = rimOf(world.network)
    if (rim.length < least) return undefined
    const builder = new ColumnBuilder(world, rim)
    const columns = builder.build((lists) => markCore(world, lists, rim))
    const sample = columns && sampleOf(columns, builder.addresses)
    return sample && sample.left.size > 0 ? new Alike(world, rim, sample) : undefined
  }

  /**
   * Those of some machines of a later network that stand for these.
   * @param machines hosts with all of their VMs
   * @param changed points of it that say something else than those of this one
   */
  among(world: World, machines: readonly Node[], changed: readonly Point[]): ReadonlySet<string> {
    const { network } = world
    const hosts = new Set(
      machines.flatMap((node) => (node.kind === 'host' && isAtRim(network, node) ? [node.id] : [])),
    )
    const rim = machines.filter((node) => hosts.has(node.vm?.host ?? node.id) && isAtRim(network, node))
    const builder = new ColumnBuilder(world, rim)
    const mark = (lists: AddressLists) => {
      markChanged(world, lists, rim, changed)
      return true
    }
    const columns = builder.build(mark, (node) => this.#placeOf(network, node)) ?? []
    const { left } = sampleOf(columns, builder.addresses)
    return new Set(machines.flatMap(({ id }) => (left.has(id) ? [] : [id])))
  }

  /** Equal for machines of one class that stand where they stood; a machine that does not is like no other. */
  #placeOf(now: Network, node: Node): string {
    const { network } = this.#world
    const before = nodeById(network, node.id)
    const isPlaced =
      before !== undefined &&
      areSame(before.addresses, node.addresses, isSameIp) &&
      areSame(linksOf(network, node.id), linksOf(now, node.id), (one, other) => one === other)
    return isPlaced ? `${this.#classOf.get(node.id)}` : node.id
  }

  get #classOf(): ReadonlyMap<string, number> {
    this.#classes ??= new Map(
      this.#sample.classes.flatMap((list, index) => list.map(({ id }) => [id, index] as const)),
    )
    return this.#classes
  }

  /** Hosts and VMs that others stand for. */
  get unwatched(): ReadonlySet<string> {
    return this.#sample.left
  }

  /** Those that stand for them, and for themselves. */
  get kept(): ReadonlySet<string> {
    return this.#sample.kept
  }

  /** Hosts and VMs that nobody stands for, since they are joined to something else than each other and their routers. */
  get apart(): ReadonlySet<string> {
    if (!this.#apart) {
      const { left, kept } = this.#sample
      const isApart = ({ id, kind }: Node) =>
        (kind === 'vm' || kind === 'host') && !left.has(id) && !kept.has(id)
      this.#apart = new Set(this.#world.network.nodes.filter(isApart).map(({ id }) => id))
    }
    return this.#apart
  }

  /** Whether what holds of packets on their way among those that are looked at holds among all. */
  areVouchedFor(sets: PacketSets, decisions: PointDecisions): boolean {
    const { kept } = this.#sample
    const machines = this.#rim.filter(({ id }) => kept.has(id))
    return areVouchedFor(this.#world, sets, decisions, this.anybody(sets), machines)
  }

  /** Packets by the address of any host or VM of the rim. */
  anybody(sets: PacketSets): DiagramSet {
    this.#anybody ??= sets.addresses('source', this.#rim.flatMap(addressesOf))
    return this.#anybody
  }

  /**
   * One of each class that is none of some machines, where there is one; and of those that lists name one for each class and each choice of lists.
   * @param machines ids of those that are looked at anyway
   * @param lists of a later network, that were not there
   * @returns `undefined`: a list divides a pool
   */
  othersThan(
    machines: ReadonlySet<string>,
    lists: readonly (readonly Prefix[])[],
  ): readonly Node[] | undefined {
    const named = this.#namedBy(lists)
    if (!named) return undefined
    const firsts = new Map<string, Node>()
    for (const [node, names] of named) {
      const key = `${this.#classOf.get(node.id)} ${names}`
      if (!machines.has(node.id) && !firsts.has(key)) firsts.set(key, node)
    }
    const isOther = (node: Node) => !machines.has(node.id) && !named.has(node)
    return [...firsts.values(), ...this.#sample.classes.flatMap((list) => list.find(isOther) ?? [])]
  }

  /** Machines that lists name, with the numbers of these. */
  #namedBy(lists: readonly (readonly Prefix[])[]): ReadonlyMap<Node, readonly number[]> | undefined {
    const pools = this.#world.network.sites.flatMap((site) => [...site.pools.vms, ...site.pools.hosts])
    const named = new Map<Node, number[]>()
    for (const [number, list] of lists.entries())
      for (const prefix of list) {
        if (!isSingle(prefix)) {
          if (pools.some((pool) => pool.length < prefix.length && prefixContains(pool, prefix)))
            return undefined
          continue
        }
        const owner = this.#ownerOf(prefix)
        const numbers = owner && (named.get(owner) ?? [])
        if (owner && numbers?.at(-1) !== number) named.set(owner, [...(numbers ?? []), number])
      }
    return named
  }

  #ownerOf(address: Prefix): Node | undefined {
    this.#addresses ??= new AddressLists(this.#rim)
    const number = this.#addresses.ownerOf(address)
    return number === undefined ? undefined : this.#rim[number]
  }
}
