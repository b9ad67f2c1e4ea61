/** Proves the invariants of a network. */
import type { Network } from '../../model/index.ts'
import type { Point, Policy, RulePlace } from '../../policy/index.ts'
import { rulesOf } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { type Preferred, typicalPacket } from '../packets/index.ts'
import { verdictsOf } from '../points/index.ts'
import { edgeInvariants } from './edge.ts'
import { forwardingInvariants } from './forwarding.ts'
import { infrastructureInvariants } from './infrastructure.ts'
import type { Breach, Invariant, NetworkInvariant, PointInvariant } from './invariant.ts'
import { machineInvariants } from './machines.ts'
import { type Origin, Proof } from './proof.ts'
import { findSender } from './sender.ts'
import { sitesAlike } from './sites-alike.ts'

export const invariants: readonly Invariant[] = [
  ...edgeInvariants,
  ...infrastructureInvariants,
  ...forwardingInvariants,
  ...machineInvariants,
  sitesAlike,
]

/** One packet that breaks an invariant. */
export interface Counterexample {
  /** Where it is found: a node, a node and an interface, or a point. */
  readonly at: string
  /** What it does there; absent: it is not to be there. */
  readonly does?: Breach['does']
  /** Who sends it; absent: whoever gets it there. */
  readonly sender?: string
  /** As it is sent, or as it comes to the point. */
  readonly packet: IpHeaders
  /** The rule that lets it pass, where one point is to blame. */
  readonly rule?: RulePlace
}

export interface Verdict {
  readonly invariant: Invariant
  readonly holds: boolean
  /** The first of each place, at most a few. */
  readonly counterexamples: readonly Counterexample[]
  /** Places where it is broken. */
  readonly places: number
  /** Sentences, of invariants about the plan. */
  readonly remarks: readonly string[]
}

export interface ProofOptions {
  /** Counterexamples of each invariant at most. Default 3. */
  readonly most?: number
  readonly progress?: (done: number, total: number, id: string) => void
  /** The network as packets find it. Default: as its file has it. */
  readonly world?: World
}

export function prove(
  network: Network,
  policy: Policy,
  { most = 3, progress, world }: ProofOptions = {},
): readonly Verdict[] {
  const proof = new Proof(network, policy, world)
  return invariants.map((invariant, index) => {
    progress?.(index, invariants.length, invariant.id)
    return judge(proof, invariant, most)
  })
}

function judge(proof: Proof, invariant: Invariant, most: number): Verdict {
  switch (invariant.kind) {
    case 'network':
      return judgeNetwork(proof, invariant, most)
    case 'point':
      return judgePoints(proof, invariant, most)
    case 'plan': {
      const remarks = invariant.breaches(proof)
      return { invariant, holds: remarks.length === 0, counterexamples: [], places: remarks.length, remarks }
    }
  }
}

function judgeNetwork(proof: Proof, invariant: NetworkInvariant, most: number): Verdict {
  const { sets } = proof
  const counterexamples: Counterexample[] = []
  let places = 0
  for (const origin of invariant.origins(proof)) {
    const about = invariant.about?.(proof, origin)
    const reach =
      about === undefined
        ? proof.reachOf(origin)
        : proof.from(proof.senders(origin).map(({ id }) => ({ node: id, packets: about })))
    for (const { at, packets, does } of invariant.breaches(proof, reach, origin)) {
      if (packets === sets.none) continue
      places++
      if (counterexamples.length < most)
        counterexamples.push({ ...senderOf(proof, invariant, origin, at, about), ...(does && { does }) })
    }
  }
  return { invariant, holds: places === 0, counterexamples, places, remarks: [] }
}

function senderOf(
  proof: Proof,
  invariant: NetworkInvariant,
  origin: Origin,
  at: string,
  about: DiagramSet | undefined,
): Counterexample {
  const breaks = (node: string, packets: DiagramSet): boolean => {
    for (const breach of invariant.breaches(proof, proof.from([{ node, packets }]), origin))
      if (breach.at === at && breach.packets !== proof.sets.none) return true
    return false
  }
  return { at, ...findSender(proof, proof.senders(origin), about ?? proof.sets.all, breaks) }
}

function judgePoints(proof: Proof, invariant: PointInvariant, most: number): Verdict {
  const { sets } = proof
  const counterexamples: Counterexample[] = []
  let places = 0
  for (const point of invariant.points(proof)) {
    const wrong = sets.without(passedBy(proof, point), invariant.permitted(proof, point))
    if (wrong === sets.none) continue
    places++
    if (counterexamples.length >= most) continue
    const packet = typicalPacket(sets, wrong, preferredAt(proof, point))
    const rule = rulesOf(point)[sets.valueFor(proof.decisions.of(point), packet) - 1]
    counterexamples.push({ at: point.id, packet, ...(rule && { rule }) })
  }
  return { invariant, holds: places === 0, counterexamples, places, remarks: [] }
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
  const verdicts = verdictsOf(point)
  return sets.where(decisions.of(point), (value) => value > 0 && verdicts[value - 1] === true)
}
