/**
 * What the data plane told, held against the model: the evaluator is asked about the packet of an event, and so are the decision diagrams that proofs are made of. All three
 * must name the same rule.
 */

import type { Network } from '../model/index.ts'
import {
  judge,
  type Point,
  type Policy,
  pointById,
  type Rule,
  rulesOf,
  rulesOfTier,
  type Tier,
} from '../policy/index.ts'
import { createWorld, type World, WorldState } from '../trace/index.ts'
import { PacketSets, PointDecisions } from '../verify/index.ts'
import { type IpHeaders, readFrame } from '../wire/index.ts'
import { type EventJson, wholeFrame } from './event-json.ts'

export type Held =
  | { readonly kind: 'agrees' }
  /** Which rule decides depends on what came before: a known flow, a limit, a grant, a connection that was translated. */
  | { readonly kind: 'by state' }
  /** Only the machine itself says so. */
  | { readonly kind: 'claimed' }
  | { readonly kind: 'disagrees'; readonly model: ModelAnswer }

/** What the model says instead. */
export interface ModelAnswer {
  readonly by: 'the file' | 'the evaluator' | 'the prover'
  /** `null`: the point is not asked about such a packet, or the file has no such point. */
  readonly verdict: 'allow' | 'deny' | null
  readonly rule: string | null
}

export class ModelCheck {
  readonly #policy: Policy
  readonly #world: World
  readonly #sets = new PacketSets()
  readonly #decisions = new PointDecisions(this.#sets)

  constructor(network: Network, policy: Policy) {
    this.#policy = policy
    this.#world = createWorld(network, policy)
  }

  hold(event: EventJson): Held {
    if (event.claimed) return { kind: 'claimed' }
    const point = pointById(this.#policy, event.point)
    const place = point && rulesOf(point).find(({ rule }) => rule.id === event.rule)
    if (!point || !place) return disagrees('the file', null, null)
    if (dependsOnState(point, place.rule)) return { kind: 'by state' }
    const headers = readFrame(wholeFrame(Buffer.from(event.frame, 'base64'), event.length))
    const decision = judge(point, headers, new WorldState(this.#world).of(point))
    if (decision.verdict === 'pass-by') return disagrees('the evaluator', null, null)
    const said =
      event.event === 'audit' ? decision.audited?.find(({ id }) => id === event.rule) : decision.rule
    const verdict = event.event === 'audit' ? 'allow' : decision.verdict
    if (said?.id !== event.rule || verdict !== event.verdict)
      return disagrees('the evaluator', decision.verdict, decision.rule.id)
    return this.#proven(point, headers.kind === 'ip' ? headers : undefined, decision.rule)
  }

  /** Proofs are about well-formed packets, by their headers alone. */
  #proven(point: Point, headers: IpHeaders | undefined, rule: Rule): Held {
    const beyond = tierOf(point, rule)
    if (!headers || beyond?.kind === 'port' || beyond?.kind === 'shape') return { kind: 'agrees' }
    if (point.tiers.some(({ kind }) => kind === 'translation')) return { kind: 'agrees' }
    const number = this.#sets.valueFor(this.#decisions.of(point), headers)
    const proven = rulesOf(point)[number - 1]?.rule
    if (proven?.id === rule.id) return { kind: 'agrees' }
    return disagrees(
      'the prover',
      proven ? (proven.action === 'deny' ? 'deny' : 'allow') : null,
      proven?.id ?? null,
    )
  }
}

const disagrees = (by: ModelAnswer['by'], verdict: ModelAnswer['verdict'], rule: string | null): Held => ({
  kind: 'disagrees',
  model: { by, verdict, rule },
})

const tierOf = ({ tiers }: Point, rule: Rule): Tier | undefined =>
  tiers.find((tier) => rulesOfTier(tier).includes(rule))

/** A rule of a flow tier decides by what is known, but for the one that denies what is of no flow. */
function dependsOnState(point: Point, rule: Rule): boolean {
  const tier = tierOf(point, rule)
  if (tier?.kind === 'flow') return rule !== tier.noFlow
  return tier?.kind === 'limit' || tier?.kind === 'grants' || tier?.kind === 'translation'
}
