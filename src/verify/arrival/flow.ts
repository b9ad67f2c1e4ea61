/** Traffic that is to arrive: who sends it, and what becomes of it on every way that it may take. */
import type { Node } from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission, Reach } from '../network/index.ts'
import type { PacketSets } from '../packets/index.ts'

/** Packets with which something is opened, and where they are to get to. */
export interface Flow {
  /** Of the senders, where they are all of one. */
  readonly site?: string
  readonly emissions: readonly Emission[]
  /** How it is addressed: to machines, to VIPs, to others in the Internet. */
  readonly by?: 'address' | 'vip' | 'outside'
  /** Nodes where they may arrive; absent: whoever has the address. */
  readonly at?: ReadonlySet<string>
  /** They are to leave for the Internet: what reaches a node outside has arrived. */
  readonly leaves?: boolean
}

/** Packets that do not arrive. */
export interface Loss {
  /** Point that denied them, or node that did not know what to do with them. */
  readonly at: string
  readonly does: 'is stopped' | 'is lost' | 'goes astray'
  readonly packets: DiagramSet
}

/** What of a flow is lost somewhere. @param reach of its emissions, explained */
export function* lossesOf(
  sets: PacketSets,
  reach: Reach,
  flow: Flow,
  isOutside: (node: string) => boolean,
): Iterable<Loss> {
  for (const [point, stopped] of reach.stopped) {
    const packets = sets.where(stopped, (value) => value > 0)
    if (packets !== sets.none) yield { at: point.id, does: 'is stopped', packets }
  }
  for (const nodes of [reach.unrouted, reach.strayed])
    for (const [at, packets] of nodes)
      if (packets !== sets.none && !(flow.leaves && isOutside(at))) yield { at, does: 'is lost', packets }
  for (const [at, packets] of reach.delivered)
    if (packets !== sets.none && flow.at && !flow.at.has(at) && !(flow.leaves && isOutside(at)))
      yield { at, does: 'goes astray', packets }
}

/** What a machine sends: what is for itself does not leave it. */
export const toOthers = (sets: PacketSets, { addresses }: Node): DiagramSet =>
  sets.without(sets.all, sets.addresses('destination', addresses.map(hostPrefix)))

/** What a machine sends honestly: with its own addresses. */
export const honest = (sets: PacketSets, node: Node): DiagramSet =>
  sets.mask(byItself(sets, node), toOthers(sets, node))

/** Packets with a machine's own addresses, those to itself among them. */
export const byItself = (sets: PacketSets, { addresses }: Node): DiagramSet =>
  sets.addresses('source', addresses.map(hostPrefix))
