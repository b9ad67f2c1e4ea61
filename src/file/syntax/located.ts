/** A YAML document as plain values that remember where they stand. Aliases are expanded, keys are text. */
import type { SourceRange } from '../source.ts'

export type Located = LocatedMap | LocatedList | LocatedScalar

export interface LocatedMap {
  readonly kind: 'map'
  readonly at: SourceRange
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

export interface LocatedEntry {
  readonly key: SourceRange
  readonly value: Located
}

export interface LocatedList {
  readonly kind: 'list'
  readonly at: SourceRange
  readonly items: readonly Located[]
}

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly at: SourceRange
  readonly value: string | number | boolean | bigint | null
}

/** Steps from the root: keys and list indices. */
export type Path = readonly (string | number)[]

/** The plain value; keys for which `keep` is false are left out. */
export function plainValue(
  located: Located,
  keep: (map: LocatedMap, key: string) => boolean = () => true,
): unknown {
  if (located.kind === 'scalar') return located.value
  if (located.kind === 'list') return located.items.map((item) => plainValue(item, keep))
  const kept = Array.from(located.entries).filter(([key]) => keep(located, key))
  return Object.fromEntries(kept.map(([key, { value }]) => [key, plainValue(value, keep)]))
}

/** The value at a path; the nearest one above it where the path leads to nothing. */
export function valueAt(root: Located, path: Path): Located {
  let here = root
  for (const step of path) {
    const next =
      here.kind === 'map'
        ? here.entries.get(String(step))?.value
        : here.kind === 'list'
          ? here.items[Number(step)]
          : undefined
    if (!next) return here
    here = next
  }
  return here
}

/** Where the key at the end of a path stands; for a list item or a path that leads to nothing, as {@link valueAt}. */
export function keyAt(root: Located, path: Path): SourceRange {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  const entry = parent.kind === 'map' ? parent.entries.get(String(last)) : undefined
  return entry?.key ?? valueAt(root, path).at
}
