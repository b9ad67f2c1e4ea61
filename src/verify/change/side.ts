/** One of the two networks that are compared: its world, and what each of its nodes may send that arrives. */
import { type Network, type Node, nodeById, Sameness, vmsOfHost } from '../../model/index.ts'
import { type Policy, withKnownPoints } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import { Passages, sendable } from '../network/index.ts'
import { level, PacketSets } from '../packets/index.ts'
import { type TargetAddresses, targetsOf } from './target.ts'

export class Side {
  readonly network: Network
  readonly policy: Policy
  readonly world: World
  readonly targets: ReadonlyMap<string, TargetAddresses>
  readonly #sets: PacketSets
  readonly #sendable: ReadonlyMap<string, DiagramSet>

  /** @param known of the other side: what says the same there is worked out once */
  constructor(network: Network, policy: Policy, shared: Shared, known?: Policy) {
    this.network = network
    this.policy = policy
    this.world = createWorld(network, policy)
    this.targets = targetsOf(network)
    this.#sets = shared.sets
    const world = known
      ? { ...this.world, policy: withKnownPoints(policy, known, shared.sameness) }
      : this.world
    this.#sendable = sendable(shared.sets, world, {
      passages: shared.passages,
      chosen: ({ node }) => shared.choices.of(node),
    })
  }

  node(id: string): Node | undefined {
    return nodeById(this.network, id)
  }

  vmsOf(host: string): readonly Node[] {
    return vmsOfHost(this.network, host)
  }

  /** What a node may send that arrives, with any source. */
  sentBy(id: string): DiagramSet {
    return this.#sendable.get(id) ?? this.#sets.none
  }
}

/** What both sides have in common, so that their sets can be compared. */
export interface Shared {
  /** Of the later side's policy and the earlier one's. */
  readonly sameness: Sameness
  readonly sets: PacketSets
  readonly passages: Passages
  readonly choices: Choices
}

/** For two networks that nothing is known of. */
export function createShared(): Shared {
  const sets = new PacketSets()
  return { sets, passages: new Passages(sets), choices: new Choices(sets), sameness: new Sameness() }
}

/** Numbers of machines that balancers choose: one that both networks have is the same choice in both. */
export class Choices {
  readonly #sets: PacketSets
  readonly #made = new Map<string, DiagramSet>()

  constructor(sets: PacketSets) {
    this.#sets = sets
  }

  /** Packets for which this machine is chosen. */
  of(node: string): DiagramSet {
    const known = this.#made.get(node)
    if (known !== undefined) return known
    const number = this.#made.size
    const made = this.#sets.cut(level.choice, [[number, number]], everything) as DiagramSet
    this.#made.set(node, made)
    return made
  }
}
