/** Judges one invariant: searches for packets that break it, and makes of some of them what a person can look at. */
import { groupBy } from '../../model/index.ts'
import type { Point } from '../../policy/index.ts'
import { judge, rulesOf } from '../../policy/index.ts'
import { WorldState } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { type Flow, lossesOf, replay, replayAnswer, replayErrors } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { type Emission, type Reach, translates } from '../network/index.ts'
import { type Preferred, typicalPacket } from '../packets/index.ts'
import { clientsAndSelves, clientsOf } from './clients.ts'
import type { Exemptions } from './exemptions.ts'
import type {
  Answered,
  Before,
  Breach,
  Invariant,
  NetworkInvariant,
  PassageInvariant,
  PlanInvariant,
  PointInvariant,
  Trial,
} from './invariant.ts'
import { errorOfConnection } from './known-connection.ts'
import type { Limit } from './limit.ts'
import { lostAnswer } from './lost-answer.ts'
import { kindOf, type Origin } from './origin.ts'
import type { Proof } from './proof.ts'
import { findSender } from './sender.ts'
import { shows } from './shows.ts'
import type { Counterexample, Verdict } from './verdict.ts'

type Finding = Omit<Verdict, 'invariant' | 'holds' | 'exceptions'>

/** @param most counterexamples at most @param limit what is looked at; absent: everything */
export function judgeInvariant(
  proof: Proof,
  exemptions: Exemptions,
  invariant: Invariant,
  most: number,
  limit?: Limit,
): Verdict {
  const judging = new Judging(proof, exemptions, invariant.id, most, limit)
  const found = judging.judge(invariant)
  return { invariant, holds: found.places === 0, ...found, exceptions: exemptions.of(invariant.id) }
}

/** Packets that are sent, and what is wrong with where they get to. */
interface Case extends Trial {
  readonly reach: () => Reach
  /** Filters and balancers remember what all of them opened. */
  readonly isJoint?: true
}

/** What is wrong with where all of some packets get to. */
type Whole = Pick<Case, 'reach' | 'breaches'>

class Judging {
  readonly #proof: Proof
  readonly #exemptions: Exemptions
  readonly #id: string
  readonly #most: number
  readonly #counterexamples: Counterexample[] = []
  #places = 0

  readonly #limit: Limit | undefined

  constructor(proof: Proof, exemptions: Exemptions, id: string, most: number, limit?: Limit) {
    this.#limit = limit
    this.#proof = proof
    this.#exemptions = exemptions
    this.#id = id
    this.#most = most
  }

  judge(invariant: Invariant): Finding {
    switch (invariant.kind) {
      case 'network':
        return this.#cases(this.#networkCases(invariant))
      case 'arrival':
        return this.#cases(
          Array.from(invariant.flows(this.#proof, this.#limit), (flow) => this.#arrival(flow)),
        )
      case 'expectation': {
        const { verdict } = invariant.expectation
        if (verdict === 'allow')
          return this.#cases(Array.from(invariant.flows(this.#proof), (flow) => this.#arrival(flow)))
        const absences = invariant.absences(this.#proof)
        return this.#cases(
          Array.from(absences, (absence) => ({
            ...absence,
            ...this.#plain(this.#limited(absence.emissions)),
          })),
        )
      }
      case 'answers':
        return this.#cases(this.#answers(invariant.origins(this.#proof)))
      case 'errors':
        return this.#cases(
          Array.from(invariant.trials(this.#proof, this.#limit), (trial) => ({
            ...trial,
            isJoint: true,
            reach: () => trial.follow(trial.emissions),
          })),
        )
      case 'point':
        return this.#points(invariant)
      case 'passage':
        return this.#passages(invariant)
      case 'plan':
        return this.#plan(invariant)
    }
  }

  /** By origin, if something is wrong with what all of a kind send at once. */
  #networkCases(invariant: NetworkInvariant): readonly Case[] {
    if (invariant.isKeptByLast?.(this.#proof)) return []
    const origins = invariant.origins(this.#proof)
    const caseOf = (origin: Origin) => this.#networkCase(invariant, origin)
    if (!this.#limit || invariant.about) return origins.map(caseOf)
    const kinds = [...groupBy(origins, kindOf).values()]
    const reaches = () => kinds.map((alike) => this.#jointly(invariant, alike).reach())
    if (invariant.suspects && !invariant.suspects(this.#proof, reaches())) return []
    return kinds.flatMap((alike): readonly Case[] =>
      alike.length > 1 && this.#holdOf(this.#jointly(invariant, alike)) ? [] : alike.map(caseOf),
    )
  }

  #networkCase(invariant: NetworkInvariant, origin: Origin): Case {
    const proof = this.#proof
    const about = invariant.about?.(proof, origin)
    const emissions = this.#limited(proof.emissions(origin, about))
    const isWhole = about === undefined && this.#limit === undefined
    const shared = isWhole && { reach: () => proof.reachOf(origin) }
    return {
      ...this.#plain(emissions),
      ...shared,
      breaches: (reach) => invariant.breaches(proof, reach, origin),
    }
  }

  /** Of several sites: what each says of the one origin it says of all. */
  #jointly(invariant: NetworkInvariant, origins: readonly Origin[]): Whole {
    const proof = this.#proof
    const [first] = origins as [Origin]
    const { reach } = this.#plain(this.#limited(origins.flatMap((origin) => proof.emissions(origin))))
    return { reach, breaches: (found) => invariant.breaches(proof, found, first) }
  }

  /** Of what is sent, that which is looked at. */
  #limited(emissions: readonly Emission[]): readonly Emission[] {
    const limit = this.#limit
    if (!limit) return emissions
    const { sets } = this.#proof
    return emissions
      .map(({ node, packets }) => ({ node, packets: sets.mask(limit.packetsOf(node), packets) }))
      .filter(({ packets }) => packets !== sets.none)
  }

  #touched(points: readonly Point[]): readonly Point[] {
    const limit = this.#limit
    return limit ? points.filter((point) => limit.touches(point)) : points
  }

  #plain(emissions: readonly Emission[]): Omit<Case, 'breaches'> {
    const follow = (some: readonly Emission[]): Reach => this.#proof.from(some)
    return { emissions, follow, reach: () => this.#proof.reachFrom(emissions) }
  }

  #arrival(flow: Flow): Case {
    const emissions = this.#limited(flow.emissions)
    const { sets, isOutside } = this.#proof
    const follow = (some: readonly Emission[]): Reach => this.#proof.from(some, { explain: true })
    return {
      emissions,
      follow,
      reach: () => follow(emissions),
      *breaches(reach) {
        yield* lossesOf(sets, reach, { ...flow, emissions }, isOutside)
      },
    }
  }

  /** None, if no answer to anything is lost, what machines send to themselves among it. */
  #answers(origins: readonly Origin[]): readonly Case[] {
    const proof = this.#proof
    const { sets, isOutside } = proof
    const opened = (clients: typeof clientsOf): readonly Emission[] =>
      this.#limited(origins.flatMap((origin) => clients(proof, origin)))
    const caseOf = (emissions: readonly Emission[]): Case => ({
      emissions,
      isJoint: true,
      follow: (some) => proof.answersTo(some),
      reach: () => proof.answersTo(emissions),
      *breaches(reach) {
        for (const { at, packets } of lossesOf(sets, reach, { emissions, leaves: true }, isOutside))
          yield { at, packets, does: 'has its answer lost' }
      },
    })
    return this.#holdOf(caseOf(opened(clientsAndSelves))) ? [] : [caseOf(opened(clientsOf))]
  }

  #cases(cases: Iterable<Case>): Finding {
    for (const one of cases) {
      if (this.#limit && one.emissions.length === 0) continue
      for (const breach of this.#counting(one, one.reach())) {
        // Later ones are only counted.
        const isAsked = this.#places === 0 || this.#counterexamples.length < this.#most
        const example = isAsked ? this.#example(one, breach) : undefined
        if (isAsked && !example) continue
        this.#places++
        if (example && this.#counterexamples.length < this.#most) this.#counterexamples.push(example)
      }
    }
    return { counterexamples: this.#counterexamples, places: this.#places, remarks: [] }
  }

  /** Whether nothing is wrong with any of some packets. */
  #holdOf(all: Whole): boolean {
    for (const _ of this.#counting(all, all.reach())) return false
    return true
  }

  /** Breaches that no exception covers. */
  *#counting({ breaches }: Pick<Trial, 'breaches'>, reach: Reach): Iterable<Breach> {
    const { none } = this.#proof.sets
    for (const breach of breaches(reach)) {
      if (breach.packets === none) continue
      const packets = this.#exemptions.counting(this.#id, breach.at, breach.packets)
      if (packets !== none) yield { ...breach, packets }
    }
  }

  /** An error about a connection, and what opened that. */
  #knownExample(one: Trial & { readonly before: Before }, at: string): Counterexample {
    const breaks = (trial: Trial, reach: Reach): boolean => {
      for (const other of this.#counting(trial, reach)) if (other.at === at) return true
      return false
    }
    const { played, ...found } = errorOfConnection(this.#proof, one, at, breaks)
    if (!played) return { at, ...found }
    return { at, ...found, after: played.opened, ...(played.rule && { rule: played.rule }) }
  }

  /** `undefined`: it takes what several senders opened, of which each alone does nothing wrong. */
  #example(one: Case, breach: Breach): Counterexample | undefined {
    const { at, does } = breach
    const proof = this.#proof
    const { before } = one
    if (before) return this.#knownExample({ ...one, before }, at)
    const breaks = (node: string, packets: DiagramSet): boolean => {
      for (const other of this.#counting(one, one.follow([{ node, packets }])))
        if (other.at === at) return true
      return false
    }
    const found = findSender(proof, one.emissions, breaks)
    if (!found) return one.isJoint ? undefined : this.#elsewhere(one, breach)
    const sent = one.emissions.find((emission) => emission.node === found.sender)?.packets ?? proof.sets.none
    const among = (packet: IpHeaders): boolean => proof.sets.holds(sent, packet)
    const played =
      does === 'has its answer lost'
        ? replayAnswer(proof.world, found.sender, found.packet, among, at)
        : does === 'has errors about it lost' || does === 'has errors about its answer lost'
          ? replayErrors(proof.world, found.sender, found.packet, among, at)
          : replay(proof.world, found.sender, found.packet, among, shows(proof.world, breach))
    return {
      at,
      ...found,
      ...(played && { packet: played.packet, ...(played.rule && { rule: played.rule }) }),
      ...(does && { does }),
    }
  }

  /**
   * What one sender breaks at another place: of ways that are compared, where they part may be seen sooner with all packets than with some. If none does alone,
   * a packet as it is where they part.
   */
  #elsewhere(one: Case, { at, packets, does }: Breach): Counterexample | undefined {
    for (const emission of one.emissions)
      for (const breach of this.#counting(one, one.follow([emission])))
        if (breach.at !== at) return this.#example({ ...one, emissions: [emission] }, breach)
    return { at, packet: typicalPacket(this.#proof.sets, packets), ...(does && { does }) }
  }

  #points(invariant: PointInvariant): Finding {
    const proof = this.#proof
    const { sets } = proof
    for (const point of this.#touched(invariant.points(proof))) {
      const passed = passedBy(proof, point)
      this.#pointBreach(point, sets.without(passed, invariant.permitted(proof, point)))
      if (!invariant.demanded) continue
      const scope = proof.decisions.scopeOf(point)
      const demanded = sets.mask(scope, invariant.demanded(proof, point))
      this.#pointBreach(point, sets.without(demanded, passed), 'is stopped')
    }
    return { counterexamples: this.#counterexamples, places: this.#places, remarks: [] }
  }

  #passages(invariant: PassageInvariant): Finding {
    for (const point of this.#touched(invariant.points(this.#proof)))
      for (const breach of invariant.breaches(this.#proof, point))
        this.#pointBreach(point, breach.packets, breach.does, breach.answering)
    return { counterexamples: this.#counterexamples, places: this.#places, remarks: [] }
  }

  #pointBreach(point: Point, packets: DiagramSet, does?: Breach['does'], answering?: Answered): void {
    const proof = this.#proof
    const { sets } = proof
    if (packets === sets.none) return
    const wrong = this.#exemptions.counting(this.#id, point.id, packets)
    if (wrong === sets.none) return
    this.#places++
    if (this.#counterexamples.length >= this.#most) return
    const lost = answering && lostAnswer(proof, point, wrong, answering)
    const packet = lost?.packet ?? typicalPacket(sets, wrong, preferredAt(proof, point))
    if (translates(point)) {
      const decision = lost?.decision ?? judge(point, packet, new WorldState().of(point))
      const decided = 'rule' in decision ? decision.rule : undefined
      const rule = rulesOf(point).find((place) => place.rule === decided)
      const isLed = does === 'is stopped' && decision.verdict === 'allow'
      const doing = isLed ? 'goes astray' : does
      this.#counterexamples.push({
        at: point.id,
        packet,
        ...(rule && { rule }),
        ...(doing && { does: doing }),
        ...(lost && { after: [lost.after] }),
      })
      return
    }
    const rule = rulesOf(point)[sets.valueFor(proof.decisions.of(point), packet) - 1]
    this.#counterexamples.push({ at: point.id, packet, ...(rule && { rule }), ...(does && { does }) })
  }

  #plan(invariant: PlanInvariant): Finding {
    const remarks = invariant
      .breaches(this.#proof, this.#limit)
      .filter(({ at }) => this.#exemptions.counts(this.#id, at))
      .map(({ text }) => text)
    return { counterexamples: [], places: remarks.length, remarks }
  }
}

/** Between machines that there are; at a machine's own filter to that machine or from it. */
function preferredAt({ network }: Proof, { behind = [], flow }: Point): Preferred {
  const all = network.nodes.flatMap(({ addresses }) => addresses)
  return flow?.heading === 'from-local'
    ? { source: [...behind, ...all], destination: all }
    : { source: all, destination: [...behind, ...all] }
}

/** What a point is asked about and lets pass, of packets that are of no flow. */
function passedBy({ sets, decisions }: Proof, point: Point): DiagramSet {
  const verdicts = decisions.verdictsOf(point)
  return sets.where(decisions.of(point), (value) => value > 0 && verdicts[value - 1] === true)
}
