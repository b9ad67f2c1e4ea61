/** Elements that are to carry more than they can, as text and as JSON. */
import { formatRate } from '../../file/index.ts'
import type { Overload } from '../../verify/index.ts'

/** Demands that are named. */
const shown = 3

export function overloadText({ id, kind, towards, load, capacity, unit, parts }: Overload): string {
  const to = towards === undefined ? '' : ` towards ${towards}`
  const share = Math.round((100 * load) / capacity)
  const filled = parts
    .slice(0, shown)
    .map((part) => `${part.demand.name} in ${part.demand.site} ${Math.round((100 * part.load) / load)}%`)
  const more = parts.length > shown ? [`${parts.length - shown} more`] : []
  return `${kind} ${id} is overloaded${to}: ${formatRate(load, unit)}, ${share}% of ${formatRate(capacity, unit)}; filled by ${[...filled, ...more].join(', ')}`
}

export const overloadJson = ({ id, kind, towards, load, capacity, unit, parts }: Overload) => ({
  element: { kind, id },
  towards: towards ?? null,
  unit: unit === 'bits' ? 'bit/s' : 'packets/s',
  load: Math.round(load),
  capacity,
  filledBy: parts.map((part) => ({
    endpoint: part.demand.name,
    site: part.demand.site,
    load: Math.round(part.load),
  })),
})
