/** Tells the two points of each stateful filter of one another's rules, by which flows are judged again (`FlowUse.opposite`). */
import type { FlowUse, Point } from './point.ts'
import { openingRules } from './track.ts'

/** Call last, when the points' tiers are what they shall be. */
export function linkFlows(points: readonly Point[]): readonly Point[] {
  const key = ({ table, heading }: FlowUse) => `${heading} ${table}`
  const byUse = new Map<string, Point>()
  for (const point of points) if (point.flow) byUse.set(key(point.flow), point)
  return points.map((point) => {
    if (!point.flow) return point
    const heading = point.flow.heading === 'to-local' ? 'from-local' : 'to-local'
    const other = byUse.get(key({ table: point.flow.table, heading }))
    if (!other) return point
    const sets = [...new Set([...(point.sets ?? []), ...(other.sets ?? [])])]
    return {
      ...point,
      flow: { ...point.flow, opposite: openingRules(other) },
      ...(sets.length > 0 && { sets }),
    }
  })
}
