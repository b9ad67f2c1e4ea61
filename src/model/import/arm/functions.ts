/**
 * Functions of templates that depend on their arguments alone, by name in lower case. `parameters`, `variables`, `copyIndex` and `if` are
 * evaluated by the scope. Source: "ARM template functions", Microsoft.
 */
import { type Located, type LocatedEntry, plainValue, type SourceRange } from '../../../file/index.ts'
import { isNull, list, map, memberOf, NoValue, scalar } from './value.ts'

export type ArmFunction = (args: readonly Located[], at: SourceRange) => Located

/** Arguments of a call, each taken as what the function needs, or a reason why it is not that. */
class Arguments {
  readonly #name: string
  readonly #args: readonly Located[]
  readonly at: SourceRange

  constructor(name: string, args: readonly Located[], at: SourceRange) {
    this.#name = name
    this.#args = args
    this.at = at
  }

  get length(): number {
    return this.#args.length
  }

  get all(): readonly Located[] {
    return this.#args
  }

  any(index: number): Located {
    return this.#args[index] ?? this.#wrong('one more argument')
  }

  text(index: number): string {
    const arg = this.any(index)
    if (arg.kind === 'scalar' && arg.value !== null) return plainText(arg.value)
    return this.#wrong('text')
  }

  number(index: number, standard?: number): number {
    const arg = standard === undefined ? this.any(index) : this.#args[index]
    if (!arg && standard !== undefined) return standard
    if (arg?.kind === 'scalar' && Number.isSafeInteger(arg.value)) return arg.value as number
    return this.#wrong('a number')
  }

  boolean(index: number): boolean {
    const arg = this.any(index)
    if (arg.kind === 'scalar' && typeof arg.value === 'boolean') return arg.value
    return this.#wrong('true or false')
  }

  list(index: number): readonly Located[] {
    const arg = this.any(index)
    return arg.kind === 'list' ? arg.items : this.#wrong('an array')
  }

  #wrong(wanted: string): never {
    throw new NoValue(this.at, `'${this.#name}' needs ${wanted}`)
  }
}

const plainText = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)

/** Text of a value as `string` and `concat` make it. */
const textOfValue = (value: Located): string =>
  value.kind === 'scalar'
    ? value.value === null
      ? ''
      : plainText(value.value)
    : JSON.stringify(plainValue(value))

const same = (a: Located, b: Located): boolean =>
  JSON.stringify(plainValue(a)) === JSON.stringify(plainValue(b))

const table: Record<string, (args: Arguments) => Located> = {
  concat: (args) =>
    args.all.some(({ kind }) => kind === 'list')
      ? list(
          args.at,
          args.all.flatMap((_, index) => args.list(index)),
        )
      : scalar(args.at, args.all.map((_, index) => args.text(index)).join('')),
  format: (args) => scalar(args.at, formatted(args)),
  string: (args) => scalar(args.at, textOfValue(args.any(0))),
  tolower: (args) => scalar(args.at, args.text(0).toLowerCase()),
  toupper: (args) => scalar(args.at, args.text(0).toUpperCase()),
  trim: (args) => scalar(args.at, args.text(0).trim()),
  replace: (args) => scalar(args.at, replaced(args.text(0), args.text(1), args.text(2), args.at)),
  split: (args) => {
    const marks = args.any(1)
    const separators = marks.kind === 'list' ? marks.items.map(textOfValue) : [args.text(1)]
    const parts = separators.reduce(
      (texts, separator) => texts.flatMap((text) => (separator === '' ? [text] : text.split(separator))),
      [args.text(0)],
    )
    return list(
      args.at,
      parts.map((part) => scalar(args.at, part)),
    )
  },
  join: (args) => scalar(args.at, args.list(0).map(textOfValue).join(args.text(1))),
  substring: (args) => {
    const text = args.text(0)
    const start = args.number(1)
    const length = args.number(2, text.length - start)
    if (start < 0 || length < 0 || start + length > text.length)
      throw new NoValue(args.at, "'substring' asks for more than there is")
    return scalar(args.at, text.slice(start, start + length))
  },
  padleft: (args) =>
    scalar(
      args.at,
      args.text(0).padStart(Math.min(args.number(1), 1000), args.length > 2 ? args.text(2) : ' '),
    ),
  startswith: (args) => scalar(args.at, args.text(0).toLowerCase().startsWith(args.text(1).toLowerCase())),
  endswith: (args) => scalar(args.at, args.text(0).toLowerCase().endsWith(args.text(1).toLowerCase())),
  indexof: (args) => scalar(args.at, args.text(0).toLowerCase().indexOf(args.text(1).toLowerCase())),
  lastindexof: (args) => scalar(args.at, args.text(0).toLowerCase().lastIndexOf(args.text(1).toLowerCase())),
  int: (args) => {
    const text = args.text(0).trim()
    if (!/^-?\d{1,15}$/.test(text)) throw new NoValue(args.at, "'int' needs a number")
    return scalar(args.at, Number(text))
  },
  bool: (args) => {
    const text = args.text(0).toLowerCase()
    if (!/^(true|false|0|1)$/.test(text)) throw new NoValue(args.at, "'bool' needs true or false")
    return scalar(args.at, text === 'true' || text === '1')
  },
  array: (args) => (args.any(0).kind === 'list' ? args.any(0) : list(args.at, [args.any(0)])),
  createarray: (args) => list(args.at, args.all),
  createobject: (args) => {
    const entries = new Map<string, LocatedEntry>()
    for (let index = 0; index < args.length; index += 2)
      entries.set(args.text(index), { key: args.at, value: args.any(index + 1) })
    return map(args.at, entries)
  },
  length: (args) => {
    const arg = args.any(0)
    if (arg.kind === 'list') return scalar(args.at, arg.items.length)
    return scalar(args.at, arg.kind === 'map' ? arg.entries.size : args.text(0).length)
  },
  empty: (args) => {
    const arg = args.any(0)
    if (arg.kind === 'scalar') return scalar(args.at, arg.value === null || arg.value === '')
    return scalar(args.at, (arg.kind === 'list' ? arg.items.length : arg.entries.size) === 0)
  },
  contains: (args) => {
    const arg = args.any(0)
    if (arg.kind === 'list')
      return scalar(
        args.at,
        arg.items.some((item) => same(item, args.any(1))),
      )
    if (arg.kind === 'map') return scalar(args.at, memberOf(arg, args.text(1)) !== undefined)
    return scalar(args.at, args.text(0).includes(args.text(1)))
  },
  first: (args) => endOf(args, 0),
  last: (args) => endOf(args, -1),
  skip: (args) => part(args, args.number(1), undefined),
  take: (args) => part(args, 0, Math.max(0, args.number(1))),
  range: (args) => {
    const [start, count] = [args.number(0), args.number(1)]
    if (count < 0 || count > 10_000) throw new NoValue(args.at, "'range' makes 0 to 10,000 numbers")
    return list(
      args.at,
      Array.from({ length: count }, (_, index) => scalar(args.at, start + index)),
    )
  },
  union: (args) => {
    if (args.any(0).kind === 'map') {
      const entries = args.all.flatMap((arg) => (arg.kind === 'map' ? [...arg.entries] : []))
      return map(args.at, new Map(entries))
    }
    const items = new Map(
      args.all
        .flatMap((_, index) => args.list(index))
        .map((item) => [JSON.stringify(plainValue(item)), item] as const)
        .toReversed(),
    )
    return list(args.at, [...items.values()].toReversed())
  },
  intersection: (args) => {
    const others = args.all.slice(1).map((_, index) => new Set(args.list(index + 1).map(keyOf)))
    return list(
      args.at,
      args.list(0).filter((item) => others.every((other) => other.has(keyOf(item)))),
    )
  },
  coalesce: (args) => args.all.find((arg) => !isNull(arg)) ?? scalar(args.at, null),
  json: (args) => {
    const text = args.text(0).trim()
    if (/^(null|true|false|-?\d{1,15})$/.test(text)) return scalar(args.at, JSON.parse(text))
    throw new NoValue(args.at, "'json' is read of null, true, false and numbers alone")
  },
  null: (args) => scalar(args.at, null),
  true: (args) => scalar(args.at, true),
  false: (args) => scalar(args.at, false),
  not: (args) => scalar(args.at, !args.boolean(0)),
  and: (args) => scalar(args.at, args.all.map((_, index) => args.boolean(index)).every(Boolean)),
  or: (args) => scalar(args.at, args.all.map((_, index) => args.boolean(index)).some(Boolean)),
  equals: (args) => scalar(args.at, same(args.any(0), args.any(1))),
  less: (args) => scalar(args.at, compared(args) < 0),
  lessorequals: (args) => scalar(args.at, compared(args) <= 0),
  greater: (args) => scalar(args.at, compared(args) > 0),
  greaterorequals: (args) => scalar(args.at, compared(args) >= 0),
  add: (args) => whole(args, args.number(0) + args.number(1)),
  sub: (args) => whole(args, args.number(0) - args.number(1)),
  mul: (args) => whole(args, args.number(0) * args.number(1)),
  div: (args) => whole(args, Math.trunc(args.number(0) / args.number(1))),
  mod: (args) => whole(args, args.number(0) % args.number(1)),
  min: (args) => whole(args, Math.min(...numbers(args))),
  max: (args) => whole(args, Math.max(...numbers(args))),
  resourceid: (args) => scalar(args.at, resourceId(args)),
}

const keyOf = (value: Located): string => JSON.stringify(plainValue(value))

/** Subscription and resource group are not known, and no rule depends on them: an id is used for its last word. */
function resourceId(args: Arguments): string {
  const words = args.all.map((_, index) => args.text(index))
  const type = words.findIndex((word) => word.includes('/') && /^[\w.]+\//.test(word))
  const types = words[type]?.split('/') ?? []
  const names = words.slice(type + 1)
  if (type < 0 || names.length === 0 || names.length !== types.length - 1)
    throw new NoValue(args.at, "'resourceId' needs a type, and a name for each part of it")
  const path = names.map((name, index) => `${types[index + 1]}/${name}`).join('/')
  return `/subscriptions/-/resourceGroups/-/providers/${types[0]}/${path}`
}

function formatted(args: Arguments): string {
  return args
    .text(0)
    .replace(/\{\{|\}\}|\{(\d+)(:[^{}]*)?\}|[{}]/g, (mark, index?: string, form?: string) => {
      if (mark === '{{' || mark === '}}') return mark.charAt(0)
      if (index === undefined || form !== undefined)
        throw new NoValue(args.at, `'format' of '${mark}' is not known here`)
      return textOfValue(args.any(Number(index) + 1))
    })
}

/** A text without end could come of a small one. */
function replaced(text: string, old: string, by: string, at: SourceRange): string {
  if (old === '') throw new NoValue(at, "'replace' needs a text to be replaced")
  if (text.split(old).length * by.length > 1_000_000) throw new NoValue(at, "'replace' makes too long a text")
  return text.replaceAll(old, () => by)
}

function endOf(args: Arguments, at: 0 | -1): Located {
  const arg = args.any(0)
  if (arg.kind !== 'list') return scalar(args.at, args.text(0).at(at) ?? '')
  const item = arg.items.at(at)
  if (!item) throw new NoValue(args.at, 'the array is empty')
  return item
}

function part(args: Arguments, start: number, end: number | undefined): Located {
  const arg = args.any(0)
  return arg.kind === 'list'
    ? list(args.at, arg.items.slice(Math.max(0, start), end))
    : scalar(args.at, args.text(0).slice(Math.max(0, start), end))
}

function compared(args: Arguments): number {
  const [a, b] = [args.any(0), args.any(1)]
  const isNumeric = [a, b].every((one) => one.kind === 'scalar' && typeof one.value === 'number')
  if (isNumeric) return args.number(0) - args.number(1)
  return args.text(0) < args.text(1) ? -1 : args.text(0) > args.text(1) ? 1 : 0
}

const numbers = (args: Arguments): number[] => {
  const items = args.any(0).kind === 'list' ? args.list(0) : args.all
  const taken = new Arguments('min or max', items, args.at)
  return items.slice(0, 10_000).map((_, index) => taken.number(index))
}

function whole(args: Arguments, value: number): Located {
  if (!Number.isSafeInteger(value)) throw new NoValue(args.at, 'the result is not a whole number')
  return scalar(args.at, value)
}

export const functions: ReadonlyMap<string, ArmFunction> = new Map(
  Object.entries(table).map(([name, made]) => [name, (args, at) => made(new Arguments(name, args, at))]),
)

/** As they are written, for suggestions. */
export const functionNames: readonly string[] = [
  'parameters',
  'variables',
  'copyIndex',
  'if',
  ...functions.keys(),
]
