/**
 * Evaluates what a template says, as far as the file alone decides it: parameters that have a value, variables, loops, and functions of
 * these. Everything else ends in a {@link NoValue}; nothing is guessed. Values are evaluated when they are asked for.
 */
import { type Located, type LocatedEntry, type SourceRange, suggestion } from '../../../file/index.ts'
import { type Expression, isExpression, literalText, parseExpression } from './expression.ts'
import { functionNames, functions } from './functions.ts'
import { entryOf, isNull, list, map, memberOf, NoValue, scalar, sizeOf } from './value.ts'

/** Places within loops, by name in lower case; the innermost loop of a resource has the empty name too. */
export type Loops = ReadonlyMap<string, number>
export const noLoops: Loops = new Map()

/** A value of a parameter from outside the template. */
export type Given = (name: string) => Located | undefined

/** ARM's own limit is 800. */
const maxLoop = 10_000
/** Expressions and values of one file. */
const maxSteps = 2_000_000
const maxDepth = 100

/** Shared by all scopes of a file. */
export class Budget {
  #steps = maxSteps
  spend(at: SourceRange, steps = 1): void {
    this.#steps -= steps
    if (this.#steps < 0) throw new NoValue(at, 'needs too long to be evaluated')
  }
}

export class Scope {
  readonly #template: Located
  readonly #given: Given
  readonly #budget: Budget
  readonly #known = new Map<string, Located>()
  readonly #open = new Set<string>()
  #variables: ReadonlyMap<string, VariableSource> | undefined
  #depth = 0

  /** @param given what a parameter file, or the template around this one, says of parameters */
  constructor(template: Located, given: Given, budget: Budget) {
    this.#template = template
    this.#given = given
    this.#budget = budget
  }

  /** A value with all expressions in it evaluated. */
  value(written: Located, loops: Loops = noLoops): Located {
    if (written.kind === 'scalar') {
      this.#budget.spend(written.at)
      return typeof written.value === 'string' ? this.#text(written.value, written.at, loops) : written
    }
    return this.#deeper(written.at, () => {
      if (written.kind === 'list')
        return list(
          written.at,
          written.items.map((item) => this.value(item, loops)),
        )
      const entries = new Map<string, LocatedEntry>()
      for (const [name, entry] of this.entries(written, loops))
        entries.set(name, { key: entry.key, value: entry.value() })
      return map(written.at, entries)
    })
  }

  /** Entries of a mapping, each to be evaluated when it is wanted, those included that a `copy` list makes. */
  entries(
    written: Located,
    loops: Loops = noLoops,
  ): ReadonlyMap<string, { readonly key: SourceRange; value(): Located }> {
    const found = new Map<string, { readonly key: SourceRange; value(): Located }>()
    if (written.kind !== 'map') return found
    for (const [name, { key, value }] of written.entries) {
      if (name.toLowerCase() === 'copy' && value.kind === 'list')
        for (const one of value.items) {
          const target = this.#loopName(one, loops)
          found.set(target, { key: one.at, value: () => this.#repeated(one, target, loops) })
        }
      else found.set(this.#name(name, key, loops), { key, value: () => this.value(value, loops) })
    }
    return found
  }

  /** How often a loop runs. */
  count(copy: Located, loops: Loops = noLoops): number {
    const written = memberOf(copy, 'count')
    if (!written) throw new NoValue(copy.at, "a loop lacks 'count'")
    const { value } = this.value(written, loops) as { value?: unknown }
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxLoop) return value
    throw new NoValue(written.at, `the count of a loop is not a number from 0 to ${maxLoop}`)
  }

  #name(name: string, at: SourceRange, loops: Loops): string {
    if (!isExpression(name)) return literalText(name)
    const evaluated = this.#text(name, at, loops)
    if (evaluated.kind === 'scalar' && typeof evaluated.value === 'string') return evaluated.value
    throw new NoValue(at, `the key '${name}' is not text`)
  }

  #loopName(copy: Located, loops: Loops): string {
    const name = memberOf(copy, 'name')
    const evaluated = name && this.value(name, loops)
    if (evaluated?.kind === 'scalar' && typeof evaluated.value === 'string') return evaluated.value
    throw new NoValue(copy.at, "a loop lacks 'name'")
  }

  #repeated(copy: Located, name: string, loops: Loops): Located {
    const input = memberOf(copy, 'input')
    if (!input) throw new NoValue(copy.at, `the loop '${name}' lacks 'input'`)
    const items = Array.from({ length: this.count(copy, loops) }, (_, index) =>
      this.value(input, new Map([...loops, [name.toLowerCase(), index]])),
    )
    return list(copy.at, items)
  }

  #text(text: string, at: SourceRange, loops: Loops): Located {
    if (!isExpression(text)) return scalar(at, literalText(text))
    this.#budget.spend(at, text.length >> 3)
    let expression: Expression
    try {
      expression = parseExpression(text)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new NoValue(at, `the expression cannot be read: ${error.message}`)
    }
    return this.#evaluate(expression, at, loops)
  }

  #evaluate(expression: Expression, at: SourceRange, loops: Loops): Located {
    this.#budget.spend(at)
    switch (expression.kind) {
      case 'literal':
        return scalar(at, expression.value)
      case 'member':
        return this.#deeper(at, () => this.#member(expression, at, loops))
      case 'call':
        return this.#deeper(at, () => this.#call(expression, at, loops))
    }
  }

  #member({ of, key, safe }: Expression & { kind: 'member' }, at: SourceRange, loops: Loops): Located {
    const part = this.#partOfVariable({ kind: 'member', of, key, safe }, at)
    if (part) return this.value(part)
    const holder = this.#evaluate(of, at, loops)
    const { value } = this.#evaluate(key, at, loops) as { value?: unknown }
    if (holder.kind === 'map') this.#budget.spend(at, holder.entries.size >> 3)
    const found =
      holder.kind === 'list'
        ? typeof value === 'number'
          ? holder.items[value]
          : undefined
        : memberOf(holder, String(value))
    if (found) return found
    if (safe) return scalar(at, null)
    throw new NoValue(at, `there is no '${value}' in what the expression names`)
  }

  /** A part of a variable that is written as objects and lists: what its other parts are need not be known. */
  #partOfVariable(expression: Expression, at: SourceRange): Located | undefined {
    if (expression.kind === 'member') {
      const { of, key } = expression
      const holder = key.kind === 'literal' ? this.#partOfVariable(of, at) : undefined
      if (key.kind !== 'literal' || !holder) return undefined
      if (holder.kind === 'list') return holder.items[Number(key.value)]
      if (holder.kind === 'map') this.#budget.spend(at, holder.entries.size >> 3)
      // A loop, or a key that is an expression, makes others.
      const isPlain =
        holder.kind === 'map' && ![...holder.entries.keys()].some((name) => /^(\[.*|copy)$/i.test(name))
      return isPlain ? memberOf(holder, String(key.value)) : undefined
    }
    const [name] = expression.kind === 'call' && expression.name === 'variables' ? expression.args : []
    if (name?.kind !== 'literal' || name.value === 'copy') return undefined
    return memberOf(memberOf(this.#template, 'variables'), String(name.value))
  }

  #call({ name, args }: Expression & { kind: 'call' }, at: SourceRange, loops: Loops): Located {
    const argument = (index: number): Located => {
      const written = args[index]
      if (!written) throw new NoValue(at, `'${name}' lacks an argument`)
      return this.#evaluate(written, at, loops)
    }
    switch (name) {
      case 'parameters':
        return this.#named('parameter', argument(0), at)
      case 'variables':
        return this.#named('variable', argument(0), at)
      case 'copyindex':
        return this.#copyIndex(
          args.map((_, index) => argument(index)),
          at,
          loops,
        )
      case 'if': {
        const { value } = argument(0) as { value?: unknown }
        if (typeof value !== 'boolean' || args.length !== 3)
          throw new NoValue(at, "'if' needs true or false, and two values")
        return argument(value ? 1 : 2)
      }
    }
    const made = functions.get(name)
    if (made) {
      const values = args.map((_, index) => argument(index))
      for (const value of values) this.#budget.spend(at, sizeOf(value))
      return made(values, at)
    }
    throw new NoValue(
      at,
      `what '${name}' gives is not known here`,
      suggestion(name, functionNames, 'functions of what the file says are') ??
        'write the value, or give a parameter a default value',
    )
  }

  #copyIndex(args: readonly Located[], at: SourceRange, loops: Loops): Located {
    const values = args.map((arg) => (arg.kind === 'scalar' ? arg.value : undefined))
    const name = typeof values[0] === 'string' ? values.shift() : ''
    const offset = values[0] ?? 0
    const index = loops.get(String(name).toLowerCase())
    if (index === undefined || typeof offset !== 'number')
      throw new NoValue(at, `'copyIndex' stands in no loop${name ? ` '${name}'` : ''}`)
    return scalar(at, index + offset)
  }

  #named(kind: 'parameter' | 'variable', named: Located, at: SourceRange): Located {
    const name = named.kind === 'scalar' ? String(named.value) : ''
    const key = `${kind} ${name.toLowerCase()}`
    const known = this.#known.get(key)
    if (known) return known
    if (this.#open.has(key)) throw new NoValue(at, `${kind} '${name}' depends on itself`)
    this.#open.add(key)
    try {
      const value = kind === 'parameter' ? this.#parameter(name, at) : this.#variable(name, at)
      this.#known.set(key, value)
      return value
    } finally {
      this.#open.delete(key)
    }
  }

  #parameter(name: string, at: SourceRange): Located {
    const declared = entryOf(memberOf(this.#template, 'parameters'), name)
    if (!declared) throw new NoValue(at, `there is no parameter '${name}'`)
    const given = this.#given(name)
    if (given) return given
    const standard = memberOf(declared.value, 'defaultValue')
    if (standard) return this.value(standard)
    if (memberOf(declared.value, 'nullable')) return scalar(at, null)
    throw new NoValue(
      at,
      `parameter '${name}' has no value`,
      'give it a defaultValue, or name a parameter file that has it',
    )
  }

  #variable(name: string, at: SourceRange): Located {
    this.#variables ??= this.#findVariables()
    const source = this.#variables.get(name.toLowerCase())
    if (!source) throw new NoValue(at, `there is no variable '${name}'`)
    return source()
  }

  #findVariables(): ReadonlyMap<string, VariableSource> {
    const found = new Map<string, VariableSource>()
    const written = memberOf(this.#template, 'variables')
    if (written) for (const [name, { value }] of this.entries(written)) found.set(name.toLowerCase(), value)
    return found
  }

  #deeper<T>(at: SourceRange, work: () => T): T {
    if (this.#depth >= maxDepth) throw new NoValue(at, 'is nested too deeply')
    this.#depth++
    try {
      return work()
    } finally {
      this.#depth--
    }
  }
}

type VariableSource = () => Located

/** Whether a condition holds; absent: it does. */
export function holds(scope: Scope, condition: Located | undefined, loops: Loops): boolean {
  if (condition === undefined) return true
  const value = scope.value(condition, loops)
  if (isNull(value) || value.kind !== 'scalar')
    throw new NoValue(condition.at, 'a condition is neither true nor false')
  if (typeof value.value === 'boolean') return value.value
  if (/^(true|false)$/i.test(String(value.value))) return String(value.value).toLowerCase() === 'true'
  throw new NoValue(condition.at, 'a condition is neither true nor false')
}
