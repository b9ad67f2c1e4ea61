/**
 * Why somebody can, or cannot, reach somebody: for all packets what arrives and what is stopped where, and the smallest sets of changes that
 * would turn the answer.
 */
import type { Network, TrafficClass } from '../../model/index.ts'
import { lineOf, type Policy, type RulePlace } from '../../policy/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { Flow } from '../arrival/index.ts'
import type { Traffic } from '../change/traffic.ts'
import { Proof } from '../invariants/index.ts'
import type { Edit } from './edit.ts'
import { type Example, exampleOf, isClosed, openedExample, typicalOf } from './example.ts'
import { answeredOf, type Fate, fateOf, type Stop } from './fate.ts'
import { openedTraffic } from './opened-traffic.ts'
import { subjectOf } from './subject.ts'
import { Turn } from './turning.ts'
import { type Way, waysOf } from './ways.ts'

export type Amount = 'all' | 'some' | 'none'

/** What one rule stops, wherever it stands. */
export interface Stopping {
  /** At the first of its points. */
  readonly place: RulePlace
  readonly points: readonly string[]
  /** Whether it opens something, or answers. */
  readonly way: Stop['way']
  /** As it came there. */
  readonly traffic: readonly Traffic[]
  /** One of them, as it came there. */
  readonly packet: IpHeaders
}

export interface WayAnswer extends Pick<Way, 'kind' | 'endpoint'> {
  /** How much of what is sent arrives. */
  readonly amount: Amount
  /** What arrives, as it is sent. */
  readonly arrives: readonly Traffic[]
  /** Whether answers come back to anybody; absent if nothing arrives. */
  readonly answered?: boolean
  readonly example?: Example
  readonly stops: readonly Stopping[]
  /** Nodes that have no route for some of it. */
  readonly lost: readonly string[]
}

/** Changes that together turn the answer. */
export interface ChangeSet {
  readonly edits: readonly Edit[]
  /** To open: a packet that arrives with them, and is answered. Absent: the evaluator confirmed none that was tried. */
  readonly example?: Example
  /** The evaluator has confirmed it, with packets. */
  readonly confirmed: boolean
}

export interface Why {
  /** Whether something arrives and is answered. */
  readonly reaches: boolean
  readonly ways: readonly WayAnswer[]
  /** Smallest first; those that the user can make before others. */
  readonly changes: readonly ChangeSet[]
  /** Changes up to which every set was looked at. */
  readonly looked: number
}

export type WhyPhase = 'why' | 'why-changes'

export function whyOf(
  network: Network,
  policy: Policy,
  classes: readonly TrafficClass[],
  progress: (phase: WhyPhase) => void = () => {},
): Why {
  progress('why')
  const proof = new Proof(network, policy)
  const found = waysOf(proof, classes).map((way) => wayAnswer(proof, way))
  const ways = found.map(({ answer }) => answer)
  const reaches = ways.some(({ amount, answered }) => amount !== 'none' && answered !== false)
  progress('why-changes')
  const turn = new Turn(proof, subjectOf(network, classes))
  const { sets, looked } = reaches ? turn.toClose() : turn.toOpen()
  const arrived = found.flatMap(({ examples }) => examples)
  const changes = sets.map((edits): ChangeSet => {
    const edited = turn.with(edits)
    if (reaches) return { edits, confirmed: arrived.length > 0 && isClosed(edited, arrived) }
    const example = openedExample(proof.with(edited.network, edited.policy), classes)
    return { edits, confirmed: example !== undefined, ...(example && { example }) }
  })
  return { reaches, ways, changes, looked }
}

interface Played {
  readonly example: Example
  readonly flow: Flow
}

function wayAnswer(proof: Proof, { kind, endpoint, flows }: Way) {
  const fates = flows.map((flow) => fateOf(proof, flow))
  const examples = flows.flatMap((flow, index): Played[] => {
    const { arrives } = fates[index] as Fate
    const example = arrives.length > 0 ? exampleOf(proof, flow, arrives) : undefined
    return example ? [{ example, flow }] : []
  })
  const arrives = fates.flatMap((fate) => fate.arrives)
  const back = arrives.length > 0 ? answeredOf(proof, arrives) : undefined
  const answer: WayAnswer = {
    kind,
    ...(endpoint !== undefined && { endpoint }),
    amount: amountOf(fates),
    arrives: openedTraffic(proof.sets, proof.sets.union(arrives.map(({ packets }) => packets))),
    ...(back && { answered: back.home }),
    ...(examples[0] && { example: examples[0].example }),
    stops: gathered(proof, flows[0]?.emissions[0]?.node ?? '', [
      ...fates.flatMap(({ stops }) => stops),
      ...(back?.stops ?? []),
    ]),
    lost: [...new Set(fates.flatMap(({ lost }) => lost.map(({ node }) => node)))],
  }
  return { answer, examples }
}

function amountOf(fates: readonly Fate[]): Amount {
  if (fates.every(({ arrives }) => arrives.length === 0)) return 'none'
  const isAll = ({ sent, arrives }: Fate): boolean =>
    sent.length === arrives.length && sent.every(({ packets }, index) => packets === arrives[index]?.packets)
  return fates.every(isAll) ? 'all' : 'some'
}

/** What rules of one line stop at several points is one; what stops TCP comes first. */
function gathered(proof: Proof, sender: string, stops: readonly Stop[]): readonly Stopping[] {
  const { sets } = proof
  const groups = new Map<string, Stop[]>()
  for (const stop of stops) {
    const { point, tier, rule, way } = stop
    const line = lineOf(rule.origin)
    const key = `${way} ${point.kind} ${point.flow?.heading} ${tier} ${rule.id} ${line ? `${line.file}:${line.line}` : ''}`
    const list = groups.get(key)
    if (list) list.push(stop)
    else groups.set(key, [stop])
  }
  return Array.from(groups.values(), (list): Stopping => {
    const [first] = list as [Stop]
    const { point, tier, rule, audited, way, packets } = first
    return {
      place: { point, tier, rule, audited },
      points: [...new Set(list.map((stop) => stop.point.id))],
      way,
      traffic: openedTraffic(sets, sets.union(list.map((stop) => stop.packets))),
      packet: typicalOf(proof, sender, packets),
    }
  }).sort((a, b) => weight(b) - weight(a))
}

const weight = ({ traffic, way }: Stopping): number =>
  (way === 'forth' ? 4 : 0) +
  (traffic.some(({ protocol }) => protocol === 'tcp' || protocol === 'any') ? 2 : 0) +
  (traffic.some(({ protocol }) => protocol === 'udp') ? 1 : 0)
