/**
 * Terms of SMT-LIB 2 as text. What is decided by constants alone is worked out here, so that Z3 never reads what cannot be: `true` and `false`
 * are always written so.
 */

/** A bit vector's constant. */
export const bits = (value: bigint | number, width: number): string => `(_ bv${value} ${width})`

export function and(parts: readonly string[]): string {
  const left = new Set(parts)
  left.delete('true')
  if (left.has('false')) return 'false'
  return left.size < 2 ? ([...left][0] ?? 'true') : `(and ${[...left].join(' ')})`
}

export function or(parts: readonly string[]): string {
  const left = new Set(parts)
  left.delete('false')
  if (left.has('true')) return 'true'
  return left.size < 2 ? ([...left][0] ?? 'false') : `(or ${[...left].join(' ')})`
}

export function not(term: string): string {
  if (term === 'true') return 'false'
  return term === 'false' ? 'true' : `(not ${term})`
}

/** `yes` where a condition holds, else `no`: of any sort. */
export function ite(condition: string, yes: string, no: string): string {
  if (condition === 'true' || yes === no) return yes
  if (condition === 'false') return no
  if (yes === 'true') return or([condition, no])
  if (yes === 'false') return and([not(condition), no])
  if (no === 'false') return and([condition, yes])
  return no === 'true' ? or([not(condition), yes]) : `(ite ${condition} ${yes} ${no})`
}

/** Names for terms, so that what is said twice is written once. */
export class Definitions {
  readonly #prefix: string
  readonly #names = new Map<string, string>()
  readonly #defined = new Map<string, { readonly sort: string; readonly term: string }>()

  /** @param prefix of all names, and of no others in the same script */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The name of a term, or the term itself if it is a word. */
  name(term: string, sort = 'Bool'): string {
    if (!term.includes(' ')) return term
    const known = this.#names.get(term)
    if (known) return known
    const name = `${this.#prefix}${this.#names.size}`
    this.#names.set(term, name)
    this.#defined.set(name, { sort, term })
    return name
  }

  /** What has to be read before a text with such names is. */
  neededFor(text: string): string {
    const names = new RegExp(`\\b${this.#prefix}\\d+\\b`, 'g')
    const lines = new Map<string, string>()
    const visit = (from: string): void => {
      for (const name of from.match(names) ?? []) {
        const defined = this.#defined.get(name)
        if (!defined || lines.has(name)) continue
        visit(defined.term)
        lines.set(name, `(define-fun ${name} () ${defined.sort} ${defined.term})`)
      }
    }
    visit(text)
    return [...lines.values()].join('\n')
  }
}
