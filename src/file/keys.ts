/**
 * Finds keys that the schema does not know, and lists where it wants mappings, everywhere at once: the schema library
 * stops at the first unknown key of a mapping, and takes lists for mappings.
 */
import type { DiagnosticLog } from './diagnostic/diagnostic.ts'
import { shortened } from './form-mistake.ts'
import { nearest, suggestion } from './suggestion.ts'
import type { Located, LocatedEntry, LocatedMap, Path } from './syntax/located.ts'

/** What is used here of a schema of the library. */
interface Shape {
  readonly type: string
  readonly entries?: Readonly<Record<string, Shape>>
  readonly wrapped?: Shape
  readonly value?: Shape
  readonly item?: Shape
}

export interface KeyMistake {
  readonly map: LocatedMap
  readonly path: Path
  /** The key to be left out. */
  readonly key: string
  /** The known key that stands there in a wrong way, or that the user meant: it is not missing. */
  readonly meant: string | undefined
}

/** Names that would be lost or worse as keys of an object in JavaScript; the schema library passes over them. */
const unsafe = new Set(['__proto__', 'constructor', 'prototype'])

/** The mistakes, which are in the log too. */
export function keyMistakes(root: Located, schema: unknown, log: DiagnosticLog): KeyMistake[] {
  const mistakes: KeyMistake[] = []
  const seen = new Map<Located, Set<Shape>>()
  visit(root, schema as Shape, [])
  return mistakes

  function visit(located: Located, shape: Shape, path: Path): void {
    const shapes = seen.get(located) ?? new Set()
    if (shapes.has(shape)) return
    seen.set(located, shapes.add(shape))
    if (located.kind === 'list' && shape.item) {
      for (const [index, item] of located.items.entries()) visit(item, shape.item, [...path, index])
    } else if (located.kind === 'map') {
      for (const [key, entry] of located.entries) {
        if (shape.type === 'record' && shape.value) visitName(located, key, entry, shape.value, path)
        else if (shape.entries) visitKey(located, key, entry, shape.entries, path)
      }
    }
  }

  function visitName(map: LocatedMap, key: string, entry: LocatedEntry, shape: Shape, path: Path): void {
    if (unsafe.has(key)) {
      log.report('GL1012', entry.key, `'${key}' cannot be used as a name`, { hint: 'choose another name' })
      mistakes.push({ map, path, key, meant: undefined })
    } else visitValue(map, key, entry, shape, path)
  }

  function visitKey(
    map: LocatedMap,
    key: string,
    entry: LocatedEntry,
    entries: Readonly<Record<string, Shape>>,
    path: Path,
  ): void {
    const known = Object.hasOwn(entries, key) ? entries[key] : undefined
    if (known) {
      visitValue(map, key, entry, known, path)
      return
    }
    const missing = Object.keys(entries).filter((name) => !map.entries.has(name))
    const meant = nearest(key, missing)
    const hint = meant
      ? `did you mean '${meant}'?`
      : suggestion(key, missing, 'keys that may still be given here')
    log.report('GL1008', entry.key, `unknown key '${shortened(key)}'`, { hint })
    mistakes.push({ map, path, key, meant })
  }

  function visitValue(map: LocatedMap, key: string, entry: LocatedEntry, given: Shape, path: Path): void {
    const shape = given.type === 'optional' && given.wrapped ? given.wrapped : given
    if (entry.value.kind === 'list' && (shape.entries || shape.type === 'record')) {
      log.report('GL1010', entry.key, `'${key}' must be a mapping, not a list`, {
        hint: 'write `name: value` lines without hyphens',
      })
      mistakes.push({ map, path, key, meant: key })
    } else visit(entry.value, shape, [...path, key])
  }
}
