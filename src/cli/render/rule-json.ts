/** Rules and points as JSON. */
import { formatIp, formatPortRange, formatPrefix, formatProtocol } from '../../net/index.ts'
import { formatOrigin, type Match, type Point, type Rule, rulesOf } from '../../policy/index.ts'
import { conditionOf } from './condition.ts'

export const ruleJson = ({ id, action, origin, why }: Rule) => ({
  id,
  action,
  origin: formatOrigin(origin),
  /** The line that a person wrote, if there is one. */
  at: origin.kind === 'built-in' ? null : (origin.at ?? null),
  why,
})

export const pointJson = (point: Point) => ({
  id: point.id,
  kind: point.kind,
  node: point.node,
  interfaces: point.interfaces,
  direction: point.direction,
  stateful: point.flow !== undefined,
  behind: (point.behind ?? []).map(formatIp),
  rules: rulesOf(point).map((place) => ({
    tier: place.tier,
    ...ruleJson(place.rule),
    /** It counts and reports what it would deny, and lets it pass. */
    audit: place.audited,
    match: matchJson(place.rule.match),
    condition: conditionOf(place) ?? null,
  })),
})

/** Only the conditions that there are. */
const matchJson = ({ protocol, source, destination, sourcePorts, destinationPorts, ...rest }: Match) => ({
  ...rest,
  ...(protocol === undefined ? {} : { protocol: formatProtocol(protocol) }),
  ...(source && { source: source.map(formatPrefix) }),
  ...(destination && { destination: destination.map(formatPrefix) }),
  ...(sourcePorts && { sourcePorts: sourcePorts.map(formatPortRange) }),
  ...(destinationPorts && { destinationPorts: destinationPorts.map(formatPortRange) }),
})
