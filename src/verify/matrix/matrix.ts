/**
 * Who reaches what, for all packets: a cell says whether everything that a group may open at an offer arrives, some of it, or nothing. Cells are
 * those of plans: what each sender may send to each target that arrives there, by some way.
 */
import type { Network, Node, Service } from '../../model/index.ts'
import { type Family, hostPrefix } from '../../net/index.ts'
import type { Policy, RulePlace } from '../../policy/index.ts'
import type { Path } from '../../trace/index.ts'
import { replay } from '../arrival/index.ts'
import { Cells, isOutside } from '../change/cells.ts'
import { createShared, Side } from '../change/side.ts'
import type { Traffic } from '../change/traffic.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { byInternetOf } from '../invariants/places.ts'
import { type PacketSets, typicalPacket } from '../packets/index.ts'
import { openedTraffic } from '../why/opened-traffic.ts'
import { type Group, groupsOf, type Offer, type OfferedAt, offersOf } from './groups.ts'

export type { Group, Offer } from './groups.ts'

/** `site`: everything within a site, and nothing from one to another. */
export type Reached = 'all' | 'site' | 'some' | 'none'

export interface Cell {
  readonly reached: Reached
  /** Of `some`: what arrives from somebody to somebody. */
  readonly traffic: readonly Traffic[]
  /** Pairs of those that send and those that offer; none: the cell says nothing. */
  readonly pairs: number
  /** The rule that lets one of the packets arrive, or stops one if nothing does; absent unless asked for, or if no point is asked. */
  readonly rule?: RulePlace
}

export interface Matrix {
  readonly groups: readonly Group[]
  readonly offers: readonly Offer[]
  /** By offer, then by group; absent: nobody of the group could ask, since it is the one that offers. */
  readonly cells: readonly (readonly (Cell | undefined)[])[]
}

export interface MatrixOptions {
  /** Only services of this tenant. */
  readonly tenant?: string
  /** Say of each cell which rule decides about a packet of it. */
  readonly explain?: boolean
  readonly isGroup?: (group: Group) => boolean
  readonly isOffer?: (offer: Offer) => boolean
  readonly progress?: (phase: 'why' | 'matrix', done: number, total: number) => void
}

export function matrixOf(
  network: Network,
  policy: Policy,
  {
    tenant,
    explain = false,
    isGroup = () => true,
    isOffer = () => true,
    progress = () => {},
  }: MatrixOptions = {},
): Matrix {
  progress('why', 0, 1)
  const shared = createShared()
  const side = new Side(network, policy, shared)
  const services: readonly Service[] = network.services.filter(
    (each) => tenant === undefined || each.tenant === tenant,
  )
  const filler = new Filler(shared.sets, side, new Cells(shared, { old: side, next: side }))
  const groups = groupsOf(network, services).filter(isGroup)
  const offers = offersOf(network, services, shared.sets).filter(isOffer)
  const cells = offers.map((offer, index) => {
    progress('matrix', index, offers.length)
    return groups.map((group) => filler.cell(group, offer, explain))
  })
  return { groups, offers, cells }
}

/** Senders of one service and site that may send the same. */
interface Row {
  readonly nodes: readonly Node[]
  readonly source: 'own' | 'any'
}

/** Packets of one sender to one target. */
interface Sample {
  readonly sender: Node
  readonly source: Row['source']
  readonly target: OfferedAt
  readonly arrives: boolean
  readonly packets: DiagramSet
}

type Amount = 'all' | 'some' | 'none'

class Filler {
  readonly #sets: PacketSets
  readonly #side: Side
  readonly #cells: Cells
  readonly #rows = new Map<Group, readonly Row[]>()
  readonly #amounts = new Map<string, Amount>()
  readonly #honest: DiagramSet

  constructor(sets: PacketSets, side: Side, cells: Cells) {
    this.#sets = sets
    this.#side = side
    this.#cells = cells
    this.#honest = byInternetOf(sets, side.network)
  }

  cell(group: Group, offer: Offer, explain: boolean): Cell | undefined {
    let sample: Sample | undefined
    const near = new Set<Amount>()
    const far = new Set<Amount>()
    const arrives = new Set<DiagramSet>()
    let pairs = 0
    for (const { nodes, source } of this.#rowsOf(group)) {
      const [first] = nodes as [Node]
      for (const target of offer.targets) {
        if (!isMeant(first, target, offer) || (nodes.length === 1 && target.node === first)) continue
        const wanted = this.#wanted(first, target, offer, source)
        if (wanted === this.#sets.none) continue
        const sender = nodes.find((node) => node !== target.node) ?? first
        const some = this.#sets.mask(this.#cells.cell(this.#side, sender.id, source, target.key), wanted)
        const amount = this.#amount(some, wanted)
        const isNear = first.site === undefined || target.site === undefined || target.site === first.site
        ;(isNear ? near : far).add(amount)
        const isSome = some !== this.#sets.none
        if (isSome) arrives.add(some)
        if (!sample || (isSome && !sample.arrives))
          sample = { sender, source, target, arrives: isSome, packets: isSome ? some : wanted }
        pairs += nodes.length
      }
    }
    if (pairs === 0) return undefined
    const reached = reachedOf(near, far)
    const traffic = reached === 'some' ? openedTraffic(this.#sets, this.#sets.union([...arrives])) : []
    const rule = explain && sample ? this.#ruleOf(sample) : undefined
    return { reached, traffic, pairs, ...(rule && { rule }) }
  }

  #ruleOf({ sender, source, target, arrives, packets }: Sample): RulePlace | undefined {
    const sets = this.#sets
    const to = this.#side.targets.get(target.key)?.addresses
    const own = sender.addresses
    const addressed = sets.allOf([
      packets,
      source === 'own' && sets.addresses('source', own.map(hostPrefix)),
      to && sets.addresses('destination', to.map(hostPrefix)),
    ])
    if (sets.mask(sets.all, addressed) === sets.none) return undefined
    const { network, world } = this.#side
    const outside = network.nodes.filter(isOutside).flatMap(({ addresses }) => addresses)
    const packet = typicalPacket(sets, addressed, { source: own, destination: to ?? outside })
    const isShown = ({ end }: Path): boolean => (end.kind === 'denied') !== arrives
    return replay(world, sender.id, packet, (other) => sets.holds(addressed, other), isShown)?.rule
  }

  #rowsOf(group: Group): readonly Row[] {
    const known = this.#rows.get(group)
    if (known) return known
    const found = new Map<string, Row & { readonly nodes: Node[] }>()
    for (const node of group.nodes) {
      const source = isOutside(node) ? 'any' : 'own'
      const key = `${node.site} ${node.vm?.service} ${this.#cells.rowKey(this.#side, node.id, source)}`
      const row = found.get(key)
      if (row) row.nodes.push(node)
      else found.set(key, { nodes: [node], source })
    }
    const rows = [...found.values()]
    this.#rows.set(group, rows)
    return rows
  }

  /** What a sender may open at a target, of the families that both have. */
  #wanted(sender: Node, target: OfferedAt, offer: Offer, source: Row['source']): DiagramSet {
    const wanted = target.wanted ?? offer.wanted
    const sets = this.#sets
    const own = new Set(sender.addresses.map(({ family }) => family))
    const there = this.#side.targets.get(target.key)?.addresses
    const families = ([4, 6] as const).filter(
      (family: Family) => own.has(family) && (there?.some((address) => address.family === family) ?? true),
    )
    const ofFamilies = sets.mask(sets.union(families.map((family) => sets.family(family))), wanted)
    return source === 'any' ? sets.mask(this.#honest, ofFamilies) : ofFamilies
  }

  #amount(some: DiagramSet, wanted: DiagramSet): Amount {
    if (some === this.#sets.none) return 'none'
    if (some === wanted) return 'all'
    const key = `${some} ${wanted}`
    const known =
      this.#amounts.get(key) ?? (this.#sets.without(wanted, some) === this.#sets.none ? 'all' : 'some')
    this.#amounts.set(key, known)
    return known
  }
}

/** A host has its services for its own VMs; others are asked by whoever is not meant to. */
function isMeant(sender: Node, target: OfferedAt, { relation, kind }: Offer): boolean {
  if (kind === 'internet' && isOutside(sender)) return false
  if (kind === 'host-service' && sender.kind === 'host') return false
  if (relation === undefined) return true
  return (sender.vm?.service === target.service) === (relation === 'own')
}

function reachedOf(near: ReadonlySet<Amount>, far: ReadonlySet<Amount>): Reached {
  const one = (amounts: ReadonlySet<Amount>): Amount | undefined => {
    const [first, second] = amounts
    return second === undefined ? first : 'some'
  }
  const [here, there] = [one(near), one(far)]
  if (here === undefined || there === undefined || here === there) return here ?? there ?? 'none'
  return here === 'all' && there === 'none' ? 'site' : 'some'
}
