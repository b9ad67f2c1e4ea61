/** What becomes of all packets of a way: what arrives, as it was sent; what each rule stops; and whether answers come back. */
import { type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import { type Flow, lossesOf } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { asClient, type Proof } from '../invariants/index.ts'
import type { Emission, Reach } from '../network/index.ts'

/** What one rule stops at one point. */
export interface Stop extends RulePlace {
  /** As it came to the point. */
  readonly packets: DiagramSet
  /** Whether it opens something, or answers. */
  readonly way: 'forth' | 'back'
}

/** What no rule stops, and does not arrive: a node has no route for it, or is not its destination. */
export interface Lost {
  readonly node: string
  readonly packets: DiagramSet
}

export interface Fate {
  /** What is sent. */
  readonly sent: readonly Emission[]
  /** What of it arrives on some way, as it is sent. */
  readonly arrives: readonly Emission[]
  readonly stops: readonly Stop[]
  readonly lost: readonly Lost[]
}

/** Of a flow that arrives in part only the rest is looked at for what stops it. */
export function fateOf(proof: Proof, flow: Flow): Fate {
  const { sets } = proof
  const arrives = arrivingOf(proof, flow)
  const reach = proof.from(flow.emissions, { explain: true })
  return { sent: flow.emissions, arrives, ...stopsOf(proof, reach, flow, 'forth'), lost: lostOf() }

  function lostOf(): readonly Lost[] {
    const lost: Lost[] = []
    for (const loss of lossesOf(sets, reach, flow, proof.isOutside))
      if (loss.does === 'is lost') lost.push({ node: loss.at, packets: loss.packets })
    return lost
  }
}

/** What of a flow arrives, as its senders send it. */
export function arrivingOf(proof: Proof, { emissions, at, leaves }: Flow): readonly Emission[] {
  const { sets } = proof
  const sendable = proof.sendable(({ id, kind }) =>
    (at?.has(id) ?? false) || (leaves && (kind === 'internet' || kind === 'isp')) ? sets.all : sets.none,
  )
  return emissions.flatMap(({ node, packets }): Emission[] => {
    const some = sets.mask(sendable.get(node) ?? sets.none, packets)
    return some === sets.none ? [] : [{ node, packets: some }]
  })
}

/** Whether any of the answers comes back to who sent something from a port that clients have, and what stops others. */
export function answeredOf(proof: Proof, emissions: readonly Emission[]) {
  const { sets } = proof
  const clients = emissions.map(({ node, packets }) => ({
    node,
    packets: sets.mask(asClient(proof), packets),
  }))
  const reach = proof.answersTo(clients)
  const senders = new Set(emissions.map(({ node }) => node))
  const home = [...senders].some((node) => {
    const heard = [reach.delivered.get(node) ?? sets.none]
    if (proof.isOutside(node)) heard.push(reach.unrouted.get(node) ?? sets.none)
    return heard.some((some) => some !== sets.none)
  })
  return { home, ...stopsOf(proof, reach, { emissions, leaves: true }, 'back') }
}

function stopsOf(proof: Proof, reach: Reach, flow: Flow, way: Stop['way']): { stops: readonly Stop[] } {
  const { sets } = proof
  const points = new Map<string, Point>(Array.from(reach.stopped.keys(), (point) => [point.id, point]))
  const stops: Stop[] = []
  for (const loss of lossesOf(sets, reach, flow, proof.isOutside)) {
    const point = loss.does === 'is stopped' ? points.get(loss.at) : undefined
    const stopped = point && reach.stopped.get(point)
    if (!point || stopped === undefined) continue
    const places = rulesOf(point)
    for (const value of sets.values(stopped)) {
      const place = places[value - 1]
      if (value === 0 || !place) continue
      stops.push({ ...place, way, packets: sets.where(stopped, (other) => other === value) })
    }
  }
  return { stops }
}
