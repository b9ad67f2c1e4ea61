/**
 * JSON (RFC 8259) into located values, as Azure's tools read it: with a byte-order mark, comments, and strings over several lines. The
 * parser of YAML is no help here: it takes much that is not JSON, refuses tabs, and has other ideas of where a mistake is.
 */
import type { DiagnosticLog } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../source.ts'
import type { Located, LocatedEntry } from './located.ts'
import { rangeAt, type SourceText } from './text.ts'

export interface JsonDocument {
  readonly root: Located
  /** JSON pointer (RFC 6901) of the value that stands at a place of the file; empty for the root and for other places. */
  pointer(at: SourceRange): string
}

/** Deeper documents are refused: what reads them recurses. */
const maxDepth = 100
/** What a document may hold; four megabytes of `[]` would be more. */
const maxValues = 500_000

class Mistake extends Error {
  readonly offset: number
  readonly hint: string | undefined
  constructor(offset: number, message: string, hint?: string) {
    super(message)
    this.offset = offset
    this.hint = hint
  }
}

/** `undefined` if the text is not JSON; the reason is in the log. */
export function parseJson(source: SourceText, log: DiagnosticLog): JsonDocument | undefined {
  const pointers = new Map<string, string>()
  try {
    const root = new Reader(source, log, pointers).document()
    return root && { root, pointer: ({ line, column }) => pointers.get(`${line}:${column}`) ?? '' }
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) throw mistake
    const { offset, message, hint } = mistake
    log.report('GL1040', rangeAt(source, offset, offset + 1), `not JSON: ${message}`, { hint })
    return undefined
  }
}

const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const wordForm = /[A-Za-z]+/y
const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #source: SourceText
  readonly #text: string
  readonly #log: DiagnosticLog
  readonly #pointers: Map<string, string>
  #at = 0
  #values = 0
  #twice = false

  constructor(source: SourceText, log: DiagnosticLog, pointers: Map<string, string>) {
    this.#source = source
    this.#text = source.text
    this.#log = log
    this.#pointers = pointers
  }

  /** `undefined` if a key is given twice, which is reported here. */
  document(): Located | undefined {
    if (this.#text.startsWith('\ufeff')) this.#at++
    const root = this.#value('', 0)
    this.#space()
    if (this.#at < this.#text.length) throw new Mistake(this.#at, 'something follows the end of the document')
    return this.#twice ? undefined : root
  }

  #value(pointer: string, depth: number): Located {
    this.#space()
    const start = this.#at
    if (depth > maxDepth) throw new Mistake(start, 'values are nested too deeply here')
    if (++this.#values > maxValues) throw new Mistake(start, `there are more than ${maxValues} values`)
    const located = this.#content(pointer, depth)
    const { line, column } = located.at
    this.#pointers.set(`${line}:${column}`, pointer)
    return located
  }

  #content(pointer: string, depth: number): Located {
    const start = this.#at
    const range = () => rangeAt(this.#source, start, this.#at)
    const char = this.#text[start]
    if (char === '{') {
      const entries = this.#members(pointer, depth)
      return { kind: 'map', at: range(), entries }
    }
    if (char === '[') {
      const items: Located[] = []
      this.#list(']', () => items.push(this.#value(`${pointer}/${items.length}`, depth + 1)))
      return { kind: 'list', at: range(), items }
    }
    const value = char === '"' ? this.#string() : this.#word()
    return { kind: 'scalar', at: range(), value }
  }

  #members(pointer: string, depth: number): ReadonlyMap<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>()
    this.#list('}', () => {
      const start = this.#at
      if (this.#text[start] !== '"') throw new Mistake(start, 'expected a key in double quotes')
      const name = this.#string()
      const key = rangeAt(this.#source, start, this.#at)
      this.#space()
      if (this.#text[this.#at] !== ':') throw new Mistake(this.#at, `expected ':' after the key`)
      this.#at++
      const value = this.#value(`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)
      const first = entries.get(name)
      if (first) {
        this.#twice = true
        this.#log.report('GL1007', key, `'${name}' is given twice`, {
          hint: 'remove one of the two',
          related: [{ message: `'${name}' is first given here`, at: first.key }],
        })
      } else entries.set(name, { key, value })
    })
    return entries
  }

  /** From an opening bracket to `end`: items with commas between them. */
  #list(end: string, item: () => void): void {
    const open = this.#at++
    this.#space()
    if (this.#text[this.#at] === end) {
      this.#at++
      return
    }
    for (;;) {
      this.#space()
      item()
      this.#space()
      const char = this.#text[this.#at]
      if (char === end) {
        this.#at++
        return
      }
      if (char === undefined) throw new Mistake(open, `there is no '${end}' for this bracket`)
      if (char !== ',') throw new Mistake(this.#at, `expected ',' or '${end}'`)
      const comma = this.#at++
      this.#space()
      if (this.#text[this.#at] === end) throw new Mistake(comma, `no comma before '${end}'`, 'remove it')
    }
  }

  #string(): string {
    const open = this.#at++
    let text = ''
    for (;;) {
      const char = this.#text[this.#at++]
      if (char === undefined) throw new Mistake(open, 'the quotes of this text are not closed')
      if (char === '"') return text
      text += char === '\\' ? this.#escape() : char
    }
  }

  #escape(): string {
    const char = this.#text[this.#at++] ?? ''
    if (char === 'u') {
      const digits = this.#text.slice(this.#at, this.#at + 4)
      if (!/^[\dA-Fa-f]{4}$/.test(digits)) throw new Mistake(this.#at - 2, 'expected four digits after \\u')
      this.#at += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const meant = Object.hasOwn(escapes, char) ? escapes[char] : undefined
    if (meant === undefined)
      throw new Mistake(this.#at - 2, `'\\${char}' means nothing`, 'write \\\\ for a backslash')
    return meant
  }

  #word(): number | boolean | null {
    const number = this.#match(numberForm)
    if (number !== undefined) return Number(number)
    const start = this.#at
    const word = this.#match(wordForm)
    if (word !== undefined && Object.hasOwn(words, word)) return words[word] as boolean | null
    if (start >= this.#text.length) throw new Mistake(Math.max(0, start - 1), 'the file ends too early')
    throw new Mistake(start, `expected a value`, 'text stands in double quotes')
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at
    const [found] = form.exec(this.#text) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** White space and comments. */
  #space(): void {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === ' ' || char === '\n' || char === '\r' || char === '\t') this.#at++
      else if (this.#text.startsWith('//', this.#at)) {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end
      } else if (this.#text.startsWith('/*', this.#at)) {
        const end = this.#text.indexOf('*/', this.#at + 2)
        if (end < 0) throw new Mistake(this.#at, 'this comment is not closed')
        this.#at = end + 2
      } else return
    }
  }
}
