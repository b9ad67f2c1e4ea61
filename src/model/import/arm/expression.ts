/**
 * The expression language of ARM templates: text that begins with `[` and ends with `]` is an expression, `[[` stands for a bracket.
 * Source: "Syntax and expressions in Azure Resource Manager templates", Microsoft.
 */

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  /** `name` in lower case: functions are not case-sensitive. `namespace.name` for the functions of a template's own. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `of.key` or `of[key]`. */
  | { readonly kind: 'member'; readonly of: Expression; readonly key: Expression; readonly safe: boolean }

/** ARM's own limit. */
const maxLength = 24_576
const maxDepth = 64

/** Whether text is an expression. Throws `SyntaxError` if one is expected and cannot be read. */
export const isExpression = (text: string): boolean =>
  text.startsWith('[') && text.endsWith(']') && !text.startsWith('[[')

/** Text that is no expression, as it is meant. */
export const literalText = (text: string): string => (text.startsWith('[[') ? text.slice(1) : text)

/** Throws `SyntaxError` with a sentence that says what is wrong. */
export function parseExpression(text: string): Expression {
  if (text.length > maxLength) throw new SyntaxError(`it is longer than ${maxLength} characters`)
  return new Parser(text.slice(1, -1)).whole()
}

const blank = /\s*/y
const token = /(?:([A-Za-z_][\w$-]*)|(-?\d+)|'((?:[^']|'')*)'|(\?\.|\[\?|[()[\].,]))/y

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'end'
  readonly text: string
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }

  whole(): Expression {
    const expression = this.#expression(0)
    if (this.#peek().kind !== 'end') throw new SyntaxError(`'${this.#peek().text}' is not expected here`)
    return expression
  }

  #expression(depth: number): Expression {
    if (depth > maxDepth) throw new SyntaxError('it is nested too deeply')
    let expression = this.#primary(depth)
    for (;;) {
      if (this.#take('.') || this.#take('?.')) {
        const safe = this.#tokens[this.#next - 1]?.text === '?.'
        const { kind, text } = this.#tokens[this.#next++] as Token
        if (kind !== 'name') throw new SyntaxError('a name is expected after the dot')
        expression = { kind: 'member', of: expression, key: { kind: 'literal', value: text }, safe }
      } else if (this.#take('[') || this.#take('[?')) {
        const safe = this.#tokens[this.#next - 1]?.text === '[?'
        const key = this.#expression(depth + 1)
        this.#expect(']')
        expression = { kind: 'member', of: expression, key, safe }
      } else return expression
    }
  }

  #primary(depth: number): Expression {
    const { kind, text } = this.#tokens[this.#next++] as Token
    if (kind === 'text') return { kind: 'literal', value: text }
    if (kind === 'number') return { kind: 'literal', value: Number(text) }
    if (kind !== 'name')
      throw new SyntaxError(kind === 'end' ? 'it ends too early' : `'${text}' is not expected here`)
    let name = text
    if (this.#take('.')) name += `.${(this.#tokens[this.#next++] as Token).text}`
    this.#expect('(')
    const args: Expression[] = []
    if (this.#take(')')) return { kind: 'call', name: name.toLowerCase(), args }
    do args.push(this.#expression(depth + 1))
    while (this.#take(','))
    this.#expect(')')
    return { kind: 'call', name: name.toLowerCase(), args }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? end
  }

  #take(mark: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'mark' || text !== mark) return false
    this.#next++
    return true
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw new SyntaxError(`'${mark}' is expected before '${this.#peek().text}'`)
  }
}

const end: Token = { kind: 'end', text: 'the end' }

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; ; at = token.lastIndex) {
    blank.lastIndex = at
    blank.exec(text)
    if (blank.lastIndex >= text.length) break
    token.lastIndex = blank.lastIndex
    const found = token.exec(text)
    if (!found) throw new SyntaxError(`'${text.slice(blank.lastIndex, blank.lastIndex + 20)}' cannot be read`)
    const [, name, number, quoted, mark] = found
    if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replaceAll("''", "'") })
    else tokens.push({ kind: 'mark', text: mark as string })
  }
  return [...tokens, end, end]
}
