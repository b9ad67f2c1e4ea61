/** Points that say the same in two networks, as one object: what is known of one is known of the other. */
import { digestOf, meaningsOf, type Point, type Policy } from '../../policy/index.ts'

/** The policy with each point that says the same as one of `known` replaced by that. Where it was written is then that of `known`. */
export function withKnownPoints(policy: Policy, known: Policy): Policy {
  const points = new Map(known.points.map((point) => [point.id, point]))
  return {
    points: policy.points.map((point) => {
      const other = points.get(point.id)
      return other && isSame(point, other) ? other : point
    }),
  }
}

function isSame(one: Point, other: Point): boolean {
  const [a, b] = [meaningsOf(one), meaningsOf(other)]
  return (
    frameOf(one) === frameOf(other) &&
    a.length === b.length &&
    a.every(({ rule, meaning }, index) => rule.id === b[index]?.rule.id && meaning === b[index]?.meaning)
  )
}

/** What of a point is no rule. */
const frameOf = ({ node, kind, direction, interfaces, scope = {}, flow, tiers }: Point): string =>
  [
    node,
    kind,
    direction,
    interfaces.join(' '),
    digestOf(scope),
    flow ? `${flow.table} ${flow.heading}` : '',
    ...tiers.map((tier) => `${tier.kind} ${tier.name} ${tier.kind === 'grants' ? digestOf(tier.match) : ''}`),
  ].join('\n')
