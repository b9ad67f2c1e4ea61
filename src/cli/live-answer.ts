/** What a running network did with a packet, held against what the network file says: that it runs otherwise is an answer too. */
import { type GrantText, grantsByNode, type LiveTraceResult } from '../lab/index.ts'
import type { Network } from '../model/index.ts'
import { parseIp } from '../net/index.ts'
import type { GrantedPath, Policy } from '../policy/index.ts'
import type { Conversation } from '../trace/index.ts'
import { notInForce } from './standing.ts'

/** As the network told it, but `predicted`, `agrees` and `differences` are those of the file. */
export interface LiveAnswer extends Omit<LiveTraceResult, 'fingerprint'> {
  /** The file is what runs. If it is not, nothing agrees. */
  readonly inForce: boolean
  /** Why it is not, and what mends that; null: it is. */
  readonly standing: string | null
}

/** @param conversation what the file says, with the grants of the running network */
export function liveAnswer(
  network: Network,
  policy: Policy,
  conversation: Conversation,
  { fingerprint, ...result }: LiveTraceResult,
): LiveAnswer {
  const standing = notInForce(network, policy, { ...result, fingerprint }) ?? null
  const { outcome } = conversation
  if (standing === null && outcome === result.predicted) return { ...result, inForce: true, standing }
  const rules = new Set(
    conversation.judged.flatMap(({ point, decision }) =>
      decision.verdict === 'pass-by'
        ? []
        : [...(decision.audited ?? []), decision.rule].map((rule) => `${point.id} ${rule.id}`),
    ),
  )
  const steps = result.steps.map((step) => ({
    ...step,
    predicted: rules.has(`${step.event.point} ${step.event.rule}`),
  }))
  const differences = [
    ...(outcome === result.observed
      ? []
      : [`the outcome is ${result.observed}, by ${network.file} it is ${outcome}`]),
    ...steps
      .filter(({ predicted }) => !predicted)
      .map(
        ({ event }) =>
          `${event.rule} decided at ${event.point}, which the prediction by ${network.file} does not say`,
      ),
  ]
  return {
    ...result,
    predicted: outcome,
    agrees: false,
    differences,
    steps,
    inForce: standing === null,
    standing,
  }
}

/** Grants that a running network told of, as part of a world. */
export const toldGrants = (grants: readonly GrantText[]): ReadonlyMap<string, readonly GrantedPath[]> =>
  grantsByNode(
    grants.flatMap((grant) => {
      const [source, destination] = [parseIp(grant.source), parseIp(grant.destination)]
      return source && destination ? [{ ...grant, source, destination }] : []
    }),
  )
