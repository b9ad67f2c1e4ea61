/** Rules and points as JSON. */

import type { RuleHits } from '../../lab/index.ts'
import { formatIp, formatPortRange, formatPrefix, formatProtocol } from '../../net/index.ts'
import {
  formatOrigin,
  type Match,
  type Point,
  type Rule,
  type RulePlace,
  rulesOf,
} from '../../policy/index.ts'
import type { Shadowed } from '../../verify/index.ts'
import type { Hits } from '../hits.ts'
import { conditionOf } from './condition.ts'

export const ruleJson = ({ id, action, origin, why }: Rule) => ({
  id,
  action,
  origin: formatOrigin(origin),
  /** The line that a person wrote, if there is one. */
  at: origin.kind === 'built-in' ? null : (origin.at ?? null),
  why,
})

/** What is known of rules beyond the file. */
export interface Extras {
  readonly hits?: Hits | undefined
  readonly shadows?: ReadonlyMap<Rule, Shadowed> | undefined
  /** Absent: all. */
  readonly isListed?: (place: RulePlace) => boolean
}

export const pointJson = (point: Point, { hits, shadows, isListed = () => true }: Extras = {}) => ({
  id: point.id,
  kind: point.kind,
  node: point.node,
  interfaces: point.interfaces,
  direction: point.direction,
  stateful: point.flow !== undefined,
  behind: (point.behind ?? []).map(formatIp),
  rules: rulesOf(point)
    .filter(isListed)
    .map((place) => ({
      tier: place.tier,
      ...ruleJson(place.rule),
      /** It counts and reports what it would deny, and lets it pass. */
      audit: place.audited,
      match: matchJson(place.rule.match),
      condition: conditionOf(place) ?? null,
      ...(hits && { hits: hitsJson(hits.of(place)) }),
      ...(shadows && { shadowed: shadowJson(shadows.get(place.rule)) }),
    })),
})

const hitsJson = (hits: RuleHits | undefined) =>
  hits ? { packets: hits.packets, bytes: hits.bytes, lastHit: hits.lastHit } : null

const shadowJson = (shadowed: Shadowed | undefined) =>
  shadowed
    ? {
        reason: shadowed.reason,
        by: shadowed.by.map(({ tier, rule }) => ({ tier, id: rule.id, origin: formatOrigin(rule.origin) })),
      }
    : null

/** Only the conditions that there are. */
const matchJson = ({ protocol, source, destination, sourcePorts, destinationPorts, ...rest }: Match) => ({
  ...rest,
  ...(protocol === undefined ? {} : { protocol: formatProtocol(protocol) }),
  ...(source && { source: source.map(formatPrefix) }),
  ...(destination && { destination: destination.map(formatPrefix) }),
  ...(sourcePorts && { sourcePorts: sourcePorts.map(formatPortRange) }),
  ...(destinationPorts && { destinationPorts: destinationPorts.map(formatPortRange) }),
})
