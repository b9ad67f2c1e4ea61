/**
 * What Z3 is asked of a network: whether the prover says of all that a node sends what the ways of the network say. Where it is delivered, where it
 * strays, where it has no route, and by which rule of which point it is stopped; and that no way is longer than is looked at.
 */
import type { World } from '../../../src/trace/index.ts'
import type { Diagram } from '../../../src/verify/diagram/index.ts'
import type { Reach } from '../../../src/verify/network/index.ts'
import type { PacketSets } from '../../../src/verify/packets/index.ts'
import { askForPacket, packetFrom, preamble } from '../../../src/verify/testing/smt/packets.ts'
import { type DiagramTerms, diagramTerms } from '../../../src/verify/testing/smt/sets.ts'
import { and, or } from '../../../src/verify/testing/smt/terms.ts'
import type { Z3 } from '../../../src/verify/testing/smt/z3.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { NetworkTerms, Ways } from './ways.ts'

/** Hops that are followed at first, more each time that some packet goes further, and at most. */
const hops = { first: 8, more: 4, most: 24 }

/** Simplifications between searches cost more than these searches. */
const tactic =
  '(then simplify bit-blast (using-params sat :simplify.delay 1000000 :subsumption false :probing false :scc false :asymm_branch false))'

/** Two that are to be equal for every packet. */
interface Question {
  /** As in the campaign: `delivered west/host1`, `stopped west/lb1/external/in`. */
  readonly where: string
  readonly ways: string
  readonly said: string
}

export interface Disagreement {
  readonly where: string
  /** As it is there. */
  readonly packet: IpHeaders
}

export interface Answer {
  /** Equalities that Z3 was asked for. What neither side says of any packet is not asked. */
  readonly asked: number
  /** Packets that some may have been before they were translated. */
  readonly translated: number
  /** Absent: there is none, of all packets. */
  readonly disagreement?: Disagreement
}

/** What the prover says of a kind of end at a place. */
export function saidOf(reach: Reach, where: string): Diagram | undefined {
  const [kind, place] = where.split(' ') as ['delivered' | 'strayed' | 'unrouted' | 'stopped', string]
  if (kind !== 'stopped') return reach[kind].get(place)
  for (const [{ id }, stopped] of reach.stopped) if (id === place) return stopped
  return undefined
}

export class Questions {
  readonly #z3: Z3
  readonly #world: World
  readonly #sets: PacketSets
  readonly #terms: NetworkTerms

  /** @param sets of the prover that is asked about */
  constructor(z3: Z3, world: World, sets: PacketSets) {
    this.#z3 = z3
    this.#world = world
    this.#sets = sets
    this.#terms = new NetworkTerms(world)
  }

  /**
   * @param sender of packets
   * @param reach what the prover says of everything that it may send, with what stopped it
   * @param among packets that are asked about; by default, all
   */
  async ask(sender: string, reach: Reach, among: Diagram = this.#sets.all): Promise<Answer> {
    for (let longest = hops.first; ; longest += hops.more) {
      const ways = new Ways(this.#world, this.#terms, sender, longest)
      const answer = await this.#compare(ways, reach, among)
      if (!answer.disagreement || longest >= hops.most) return answer
      const [further] = await this.#z3.run(this.#script([ways.goOn()], 'wellFormed'))
      if (further === 'unsat') return answer
    }
  }

  async #compare(ways: Ways, reach: Reach, among: Diagram): Promise<Answer> {
    const diagrams = diagramTerms(this.#sets)
    const questions = this.#questions(ways, reach, diagrams)
    const asked = questions.map(({ ways: one, said }) => `(distinct ${one} ${said})`)
    const script = this.#script(asked, and(['wellFormed', diagrams.set(among)]), diagrams)
    const counts = { asked: asked.length, translated: ways.translated }
    const [answer] = await this.#z3.run(script)
    if (answer === 'unsat') return counts
    if (answer !== 'sat') throw new Error(`compare sets of packets: Z3 says ${answer}`)
    const values = await this.#z3.run(
      `${script}\n(get-value (${asked.map((_, index) => nameOf(index)).join(' ')}))\n${askForPacket}`,
    )
    const at = asked.findIndex((_, index) => values.some((line) => line.includes(`(${nameOf(index)} true)`)))
    const { where } = questions[at] as Question
    return { ...counts, disagreement: { where, packet: packetFrom(values) } }
  }

  #questions(ways: Ways, reach: Reach, { set, value }: DiagramTerms): readonly Question[] {
    const said = (where: string) => saidOf(reach, where) ?? this.#sets.none
    return [
      { where: 'under way', ways: ways.goOn(), said: 'false' },
      ...this.#world.network.nodes.flatMap(({ id }) =>
        (['delivered', 'strayed', 'unrouted'] as const).map((kind) => {
          const where = `${kind} ${id}`
          return { where, ways: ways[kind](id), said: set(said(where)) }
        }),
      ),
      ...this.#world.policy.points.map((point) => {
        const where = `stopped ${point.id}`
        return { where, ways: ways.stopped(point), said: value(said(where)) }
      }),
    ].filter((each) => each.ways !== each.said)
  }

  /** Whether any of some conditions holds for a packet. @param assumed of all packets */
  #script(asked: readonly string[], assumed: string, diagrams?: DiagramTerms): string {
    const terms = `${assumed} ${asked.join(' ')}`
    return [
      preamble,
      this.#terms.definitions.neededFor(terms),
      diagrams?.neededFor(terms) ?? '',
      ...asked.map((term, index) => `(define-fun ${nameOf(index)} () Bool ${term})`),
      `(assert ${assumed})`,
      `(assert ${or(asked.map((_, index) => nameOf(index)))})`,
      `(check-sat-using ${tactic})`,
    ].join('\n')
  }
}

const nameOf = (index: number): string => `asked${index}`
