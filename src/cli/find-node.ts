/** Nodes by what a user calls them. */
import { nearest } from '../file/index.ts'
import { CommandError } from './exit-code.ts'

/**
 * The id that is `name`, or the only one whose last part is. Throws `CommandError` that names near ones.
 * @param ids of all nodes
 */
export function findNode(ids: readonly string[], name: string): string {
  const found = ids.includes(name) ? [name] : ids.filter((id) => id.endsWith(`/${name}`))
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  throw new CommandError(
    `find node '${name}': ${first === undefined ? unknownNode(ids, name) : ambiguous(found)}`,
  )
}

const ambiguous = (found: readonly string[]): string =>
  `there are ${found.length} of that name; say which: ${listing(found)}`

function unknownNode(ids: readonly string[], name: string): string {
  const near = nearNode(ids, name)
  return `the network has no such node; ${near === undefined ? `it has ${listing(ids)}` : `did you mean '${near}'?`}`
}

/** The id, or the id with the last part, that `name` may be a slip of the keyboard of. */
export function nearNode(ids: readonly string[], name: string): string | undefined {
  const last = nearest(name, new Set(ids.map(lastPart)))
  return nearest(name, ids) ?? ids.find((id) => lastPart(id) === last)
}

const lastPart = (id: string): string => id.slice(id.lastIndexOf('/') + 1)

const shown = 8

/** The first few of many, and how many more there are. */
export const listing = (items: readonly string[]): string =>
  items.length > shown
    ? `${items.slice(0, shown).join(', ')}, … and ${items.length - shown} more`
    : items.join(', ')
