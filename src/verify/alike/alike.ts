/** The rim of a network, and those of its machines that stand for all. */
import type { Node } from '../../model/index.ts'
import type { World } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { PacketSets } from '../packets/index.ts'
import type { PointDecisions } from '../points/index.ts'
import { ColumnBuilder, rimOf } from './columns.ts'
import { type Sample, sampleOf } from './sample.ts'
import { addressesOf, areVouchedFor } from './vouching.ts'

export class Alike {
  readonly #world: World
  readonly #rim: readonly Node[]
  readonly #sample: Sample
  #anybody: DiagramSet | undefined
  #apart: ReadonlySet<string> | undefined

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
    const columns = builder.build()
    const sample = columns && sampleOf(columns, builder.addresses)
    return sample && sample.left.size > 0 ? new Alike(world, rim, sample) : undefined
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

  /** One of each class that is none of some machines, where there is one. */
  othersThan(machines: ReadonlySet<string>): readonly Node[] {
    return this.#sample.classes.flatMap((list) => list.find(({ id }) => !machines.has(id)) ?? [])
  }
}
