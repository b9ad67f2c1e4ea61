/** Z3 against the prover over random networks: of each, all that some of its nodes send. */
import type { Diagram } from '../../../src/verify/diagram/index.ts'
import { NetworkReach, terrainOf } from '../../../src/verify/network/index.ts'
import { PacketSets } from '../../../src/verify/packets/index.ts'
import type { Z3 } from '../../../src/verify/testing/smt/z3.ts'
import { packetText } from '../../support/packet-text.ts'
import { pick } from '../../support/random.ts'
import { randomOf, randomWorld, storyOf } from '../../support/random-world.ts'
import { Questions } from './questions.ts'

/** What was proven. */
export interface Counts {
  networks: number
  /** Nodes whose packets were followed. */
  senders: number
  /** Sets of packets that are equal. */
  equalities: number
  /** Of these, those that hold packets: where something arrives, is lost, or is stopped. */
  delivered: number
  lost: number
  stopped: number
  /** Packets before balancers translated them. */
  translated: number
}

interface Options {
  /** Number of the first. */
  readonly first: number
  readonly networks: number
  /** One of each machine, in one site: then the Internet is asked about, and another node; else one of all. */
  readonly tiny: boolean
}

/** Asks about some networks. Throws at the first disagreement. */
export async function campaign(z3: Z3, { first, networks, tiny }: Options): Promise<Counts> {
  const counts = { networks: 0, senders: 0, equalities: 0, delivered: 0, lost: 0, stopped: 0, translated: 0 }
  for (let number = first; number < first + networks; number++) {
    const random = randomOf(number)
    const world = randomWorld(random, { tiny })
    const sets = new PacketSets()
    const prover = new NetworkReach(sets, terrainOf(sets, world))
    const questions = new Questions(z3, world, sets)
    const [internet, ...others] = world.network.nodes.map(({ id }) => id) as [string, ...string[]]
    for (const sender of tiny ? [internet, pick(others, random)] : [pick([internet, ...others], random)]) {
      const reach = prover.from([{ node: sender, packets: sets.all }], { explain: true })
      const { asked, translated, disagreement } = await questions.ask(sender, reach)
      if (disagreement) {
        const { where, packet } = disagreement
        throw new Error(
          `${storyOf(number)}: of what ${sender} sends, ${packetText(packet)} is ${where} by Z3 or by the prover alone`,
        )
      }
      const some = (found: Iterable<Diagram>) => [...found].filter((set) => set !== sets.none).length
      counts.senders++
      counts.equalities += asked
      counts.translated += translated
      counts.delivered += some(reach.delivered.values())
      counts.lost += some(reach.unrouted.values()) + some(reach.strayed.values())
      counts.stopped += some(reach.stopped.values())
    }
    counts.networks++
  }
  return counts
}
