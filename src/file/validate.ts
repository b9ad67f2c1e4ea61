/**
 * Checks a located document against the schema. What has the right form is given on even where other parts have
 * not, so that mistakes of meaning are found in the same run.
 */
import * as v from 'valibot'
import type { DiagnosticLog } from './diagnostic/diagnostic.ts'
import { formMistake } from './form-mistake.ts'
import { type KeyMistake, keyMistakes } from './keys.ts'
import { NetworkFile, PartialNetworkFile } from './schema/network-file.ts'
import { keyAt, type Located, type Path, plainValue, valueAt } from './syntax/located.ts'

export interface ValidatedFile {
  readonly file: NetworkFile
  /** True if something of an entry was left out because of its form, e.g. `services`, `shop`. */
  isIncomplete(section: 'templates' | 'sites' | 'services', name: string): boolean
}

/** `undefined` if too little is left to look at; the reasons are in the log. */
export function validateNetworkFile(root: Located, log: DiagnosticLog): ValidatedFile | undefined {
  if (root.kind === 'list') {
    log.report('GL1010', root.at, 'the network file must be a mapping, not a list', {
      hint: 'begin with `network: name`',
    })
    return undefined
  }
  const mistakes = keyMistakes(root, NetworkFile, log)
  const { plain, meant } = plainWithout(root, mistakes)
  const incomplete = new Set(mistakes.map(({ path, key }) => `${path[0]} ${path[1] ?? key}`))
  const isIncomplete = (section: string, name: string) => incomplete.has(`${section} ${name}`)
  const result = v.safeParse(NetworkFile, plain)
  if (result.success) return { file: result.output, isIncomplete }
  const paths = result.issues.map((issue): Path => {
    const path = (issue.path ?? []).map(({ key }) => key as string | number)
    incomplete.add(`${path[0]} ${path[1]}`)
    reportIssue(issue, path, root, meant, log)
    return path
  })
  const rest = paths.every((path) => leaveOut(plain, path))
    ? v.safeParse(PartialNetworkFile, plain)
    : undefined
  if (!rest?.success) return undefined
  return { file: rest.output, isIncomplete }
}

/** The plain value without the keys that are wrong, and the keys that were meant by them, by mapping. */
export function plainWithout(
  root: Located,
  mistakes: readonly KeyMistake[],
): { readonly plain: unknown; readonly meant: ReadonlyMap<Located, ReadonlySet<string>> } {
  const leftOut = gather(mistakes, ({ key }) => key)
  const meant = gather(mistakes, (mistake) => mistake.meant)
  return { plain: plainValue(root, (map, key) => !leftOut.get(map)?.has(key)), meant }
}

function gather(
  mistakes: readonly KeyMistake[],
  word: (mistake: KeyMistake) => string | undefined,
): Map<Located, Set<string>> {
  const words = new Map<Located, Set<string>>()
  for (const mistake of mistakes) {
    const found = word(mistake)
    if (found !== undefined) words.set(mistake.map, (words.get(mistake.map) ?? new Set()).add(found))
  }
  return words
}

/** @param whole how the file as a whole is called */
export function reportIssue(
  issue: v.BaseIssue<unknown>,
  path: Path,
  root: Located,
  meant: ReadonlyMap<Located, ReadonlySet<string>>,
  log: DiagnosticLog,
  whole = 'the network file',
): void {
  const key = path.at(-1)
  const ofKey = issue.path?.at(-1)?.origin === 'key'
  if (ofKey && issue.received === 'undefined') {
    const parent = path.slice(0, -1)
    if (meant.get(valueAt(root, parent))?.has(String(key))) return
    const owner = parent.length === 0 ? whole : subjectOf(parent)
    log.report('GL1009', keyAt(root, parent), `${owner} lacks '${key}'`, { hint: `add '${key}:' below it` })
    return
  }
  const { code, message, hint } = formMistake(issue, path.length === 0 ? whole : subjectOf(path))
  const located = valueAt(root, path)
  const isContainer = located.kind !== 'scalar' || located.value === null
  log.report(code, ofKey || isContainer ? keyAt(root, path) : located.at, message, { hint })
}

/** `'port'`; for an item of a list, the list's name. */
function subjectOf(path: Path): string {
  const named = path.filter((step) => typeof step === 'string')
  if (named.length === 0) return 'the network file'
  return typeof path.at(-1) === 'number' ? `an entry of '${named.at(-1)}'` : `'${named.at(-1)}'`
}

/** Places that hold entries by name; an entry that is wrong is left out as a whole. `*` stands for a name. */
const recordPaths = [
  ['templates', '*', 'capacity'],
  ['templates', '*', 'availability'],
  ['sites', '*', 'capacity'],
  ['sites', '*', 'availability'],
  ['services', '*', 'demand'],
  ['templates'],
  ['sites'],
  ['services', '*', 'roles', '*', 'public'],
  ['services', '*', 'roles', '*', 'internal'],
  ['services', '*', 'roles'],
  ['services', '*', 'vips'],
  ['services'],
  ['groups'],
  ['tags'],
]

/** Removes the smallest named entry around a path; false if there is none, so that nothing useful would be left. */
function leaveOut(plain: unknown, path: Path): boolean {
  if (path[0] === 'network' || path[0] === 'zone') {
    Object.assign(plain as object, { [path[0]]: path[0] === 'zone' ? 'zone.example' : 'network' })
    return true
  }
  // An entry of these lists is known by its place, so that none can be left out alone.
  if (path[0] === 'expect' || path[0] === 'exceptions')
    return Reflect.deleteProperty(plain as object, path[0])
  const record = recordPaths.find(
    (steps) => steps.length < path.length && steps.every((step, i) => step === '*' || step === path[i]),
  )
  if (!record) return false
  let holder: unknown = plain
  for (const step of path.slice(0, record.length))
    holder = (holder as Record<string, unknown> | undefined)?.[step]
  if (typeof holder === 'object' && holder !== null)
    delete (holder as Record<string, unknown>)[String(path[record.length])]
  return true
}
