/**
 * Random networks and random packets, prover against evaluator: what each point decides, and by which rule; where packets get to, what stops them,
 * and what they are then; what comes back.
 */

import type { Node } from '../../../src/model/index.ts'
import { hostPrefix } from '../../../src/net/index.ts'
import type { EndpointIn } from '../../../src/policy/index.ts'
import { type World, WorldState, walk } from '../../../src/trace/index.ts'
import type { Diagram } from '../../../src/verify/diagram/index.ts'
import { NetworkReach, terrainOf, translates } from '../../../src/verify/network/index.ts'
import { openings, PacketSets, packetOf } from '../../../src/verify/packets/index.ts'
import { setOf } from '../../../src/verify/packets/one-packet.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { packetIn } from '../../support/packet-in.ts'
import { packetText } from '../../support/packet-text.ts'
import { pick, type Random } from '../../support/random.ts'
import { randomOf, randomWorld, storyOf } from '../../support/random-world.ts'
import { type Borders, borderPacket, bordersOf, nearPacket, wellFormed } from './borders.ts'
import { differenceAt } from './points.ts'
import { type Difference, differenceOf, missingFrom, withFewPorts } from './reach.ts'
import { differenceBack, openingOf } from './way-back.ts'

/** What was looked at. */
export interface Counts {
  networks: number
  /** Packets at single points. */
  atPoints: number
  /** Packets that were sent through a network. */
  sent: number
  /** Of these, those that arrived somewhere, and those that a balancer translated. */
  delivered: number
  translated: number
  /** Openings that arrived, and the answers to them. */
  opened: number
  answers: number
}

const perNetwork = { points: 12, packetsOfPoint: 70, senders: 6, packetsOfSender: 25, openings: 8 }

/** Looks at some networks. Throws at the first disagreement. @param first number of the first, so that parts of a campaign have different ones */
export function campaign(first: number, networks: number): Counts {
  const counts = noCounts()
  for (let number = first; number < first + networks; number++) {
    const random = randomOf(number)
    new Trial(randomWorld(random), random, { counts, story: storyOf(number) }).run()
    counts.networks++
  }
  return counts
}

const noCounts = (): Counts => ({
  networks: 0,
  atPoints: 0,
  sent: 0,
  delivered: 0,
  translated: 0,
  opened: 0,
  answers: 0,
})

interface TrialOptions {
  /** Are added to. */
  readonly counts?: Counts
  /** How to have it again. */
  readonly story?: string
  /** What the prover uses: others, to see whether that is noticed. */
  readonly sets?: PacketSets
  /** The network as the prover sees it; by default, as it is. */
  readonly seen?: World
  /** By default, all nodes. */
  readonly senders?: readonly Node[]
}

/** One network. */
export class Trial {
  readonly #world: World
  readonly #random: Random
  readonly #counts: Counts
  readonly #story: string
  readonly #senders: readonly Node[]
  readonly #sets: PacketSets
  readonly #reach: NetworkReach
  readonly #borders: Borders
  readonly #endpoints: readonly EndpointIn[]

  constructor(
    world: World,
    random: Random,
    {
      counts = noCounts(),
      story = '',
      sets = new PacketSets(),
      seen = world,
      senders = world.network.nodes,
    }: TrialOptions = {},
  ) {
    this.#world = world
    this.#random = random
    this.#counts = counts
    this.#story = story
    this.#senders = senders
    this.#sets = sets
    this.#reach = new NetworkReach(sets, terrainOf(sets, seen))
    this.#borders = bordersOf(world.policy.points, world)
    this.#endpoints = world.policy.points.flatMap(({ tiers }) =>
      tiers.flatMap((tier) =>
        tier.kind === 'translation' ? tier.translations.filter((each) => each.kind === 'endpoint-in') : [],
      ),
    )
  }

  /** Throws at the first disagreement. */
  run(): void {
    this.#askPoints()
    this.sendSome()
  }

  /** As {@link run}, through the network alone. */
  sendSome(): void {
    for (let sender = 0; sender < perNetwork.senders; sender++)
      this.#send(pick(this.#senders, this.#random), sender % 2 === 0)
  }

  #askPoints(): void {
    const [sets, random, count] = [this.#sets, this.#random, perNetwork.packetsOfPoint]
    const points = this.#world.policy.points.filter((point) => !translates(point))
    for (let asked = 0; asked < perNetwork.points; asked++) {
      const point = pick(points, random)
      const decisions = this.#reach.decisions
      const differs = differenceAt(point, { sets, decisions, borders: bordersOf([point]), random, count })
      this.#counts.atPoints += count
      if (differs)
        throw new Error(
          `${this.#story}: at ${point.id} rule ${differs.evaluator} decides about ${packetText(differs.packet)}; the prover says ${differs.prover}`,
        )
    }
  }

  /** @param whole look at all that the sender may send, too, and draw packets from what becomes of it */
  #send(sender: Node, whole: boolean): void {
    const [sets, world] = [this.#sets, this.#world]
    const near = Array.from({ length: perNetwork.packetsOfSender }, () => this.#packetOf(sender))
    const packets = (whole ? this.#drawnFromAll(sender, near) : near).filter(
      (packet) => !isOwn(sender, packet),
    )
    const emission = { node: sender.id, packets: setOf(sets, packets) }
    const reach = this.#reach.from([emission], { explain: true })
    const few = withFewPorts(sets, world)
    this.#expectNone(sender, differenceOf(packets, { sets, world, from: sender.id, few, reach }))
    this.#counts.sent += packets.length
    this.#askBack(sender, packets)
  }

  /** Half of the packets are drawn from where the prover says that something gets to, or is stopped. */
  #drawnFromAll(sender: Node, others: readonly IpHeaders[]): readonly IpHeaders[] {
    const [sets, random] = [this.#sets, this.#random]
    const all = this.#reach.from([{ node: sender.id, packets: sets.all }], { explain: true })
    const own = sets.mask(openings(sets), sets.addresses('source', sender.addresses.map(hostPrefix)))
    const isSome = (packets: Diagram) => packets !== sets.none
    const delivered = [...all.delivered.values()].flatMap((packets) => [packets, sets.mask(own, packets)])
    const lost = [...all.stopped.values(), ...all.unrouted.values(), ...all.strayed.values()]
    const ends = [delivered.filter(isSome), lost.filter(isSome)].filter((list) => list.length > 0)
    const drawn = others.map((other) => {
      if (random(4) === 0 || ends.length === 0) return other
      const packet = packetIn(sets, pick(pick(ends, random), random), random, { ends: random(2) === 0 })
      return random(3) === 0 ? nearPacket(packet, this.#borders, random) : packet
    })
    for (const packet of drawn)
      if (!isOwn(sender, packet))
        this.#expectNone(sender, missingFrom(all, sets, this.#world, sender.id, packet))
    return drawn
  }

  #packetOf({ addresses }: Node): IpHeaders {
    const packet = this.#random(4) > 0 ? borderPacket(this.#borders, this.#random) : this.#toEndpoint()
    const own = addresses.filter(({ family }) => family === packet.family)
    return own.length > 0 && this.#random(3) > 0 ? { ...packet, source: pick(own, this.#random) } : packet
  }

  /** An opening to a VIP. */
  #toEndpoint(): IpHeaders {
    const { vip, protocol, port } = pick(this.#endpoints, this.#random)
    const packet = borderPacket(this.#borders, this.#random)
    const source = pick(this.#borders.addresses[vip.family], this.#random)
    const ends = { family: vip.family, source, destination: vip, sourcePort: 1024 + this.#random(64_000) }
    return wellFormed({ ...packet, ...ends, protocol, destinationPort: port, tcpFlags: 0x02 })
  }

  #askBack(sender: Node, packets: readonly IpHeaders[]): void {
    const [sets, world, reach, counts] = [this.#sets, this.#world, this.#reach, this.#counts]
    let left = perNetwork.openings
    for (const packet of packets) {
      const paths = walk(world, new WorldState(), sender.id, packet)
      if (paths.some((path) => isTranslated(packet, path.packet))) counts.translated++
      if (!paths.some(({ end }) => end.kind === 'delivered')) continue
      counts.delivered++
      const opening = openingOf(sender.id, packet)
      if (!opening || left-- <= 0) continue
      const { answers, difference } = differenceBack(opening, packet, { sets, world, reach })
      this.#expectNone(sender, difference)
      counts.opened++
      counts.answers += answers
    }
  }

  #expectNone({ id }: Node, difference: Difference | undefined): void {
    if (!difference) return
    const { where, packet, only } = difference
    const shown = typeof packet === 'number' ? packetOf(this.#sets, packet) : packet
    throw new Error(
      `${this.#story}: of what ${id} sends, ${packetText(shown)} is ${where} by the ${only} alone`,
    )
  }
}

/** A machine that addresses itself does not send: its filters would see a flow from both sides. */
const isOwn = (
  { addresses, publicAddresses }: Node,
  { destination: { family, value } }: IpHeaders,
): boolean => [...addresses, ...publicAddresses].some((own) => own.family === family && own.value === value)

const isTranslated = (before: IpHeaders, after: IpHeaders): boolean =>
  before.source.value !== after.source.value || before.destination.value !== after.destination.value
