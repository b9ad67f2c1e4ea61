/**
 * Values of a template: located, so that what a rule says leads back to the line that says it, and bounded, since a few lines of
 * variables could stand for more than fits into memory.
 */
import type { Located, LocatedEntry, LocatedScalar, SourceRange } from '../../../file/index.ts'

/** A reason why there is no value, with the place of what has none. */
export class NoValue extends Error {
  readonly at: SourceRange
  readonly hint: string | undefined
  constructor(at: SourceRange, message: string, hint?: string) {
    super(message)
    this.at = at
    this.hint = hint
  }
}

/** Values within each other, shared ones counted where they are used; long text counts by its length. */
const maxSize = 200_000
/** Characters of a text that functions make. */
const maxText = 131_072

const sizes = new WeakMap<Located, number>()
export const sizeOf = (value: Located): number => sizes.get(value) ?? 1

export const scalar = (at: SourceRange, value: LocatedScalar['value']): LocatedScalar => {
  if (typeof value === 'string' && value.length > maxText)
    throw new NoValue(at, `makes a text of more than ${maxText} characters`)
  const made: LocatedScalar = { kind: 'scalar', at, value }
  if (typeof value === 'string' && value.length > 64) sizes.set(made, 1 + (value.length >> 6))
  return made
}

export const list = (at: SourceRange, items: readonly Located[]): Located =>
  measured(
    { kind: 'list', at, items },
    items.reduce((sum, item) => sum + sizeOf(item), 1),
  )

export const map = (at: SourceRange, entries: ReadonlyMap<string, LocatedEntry>): Located =>
  measured(
    { kind: 'map', at, entries },
    Array.from(entries.values()).reduce((sum, { value }) => sum + sizeOf(value), 1),
  )

function measured(value: Located, size: number): Located {
  if (size > maxSize) throw new NoValue(value.at, `makes more than ${maxSize} values`)
  sizes.set(value, size)
  return value
}

/** An entry of a mapping; Azure's keys are not case-sensitive. */
export function entryOf(value: Located | undefined, key: string): LocatedEntry | undefined {
  if (value?.kind !== 'map') return undefined
  const exact = value.entries.get(key)
  if (exact) return exact
  const lower = key.toLowerCase()
  for (const [name, entry] of value.entries) if (name.toLowerCase() === lower) return entry
  return undefined
}

export const memberOf = (value: Located | undefined, key: string): Located | undefined =>
  entryOf(value, key)?.value

export const isNull = (value: Located | undefined): boolean =>
  value === undefined || (value.kind === 'scalar' && value.value === null)

/** The text of a scalar that is text. */
export const textOf = (value: Located | undefined): string | undefined =>
  value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
