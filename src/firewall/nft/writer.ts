/** The text of a table: chains of rules, each with its counter, its name as comment, and above it why it is there and who says so. */
import { formatOrigin, type Point, type Rule, rulesOf } from '../../policy/index.ts'
import { commentsOf, plainText } from './comment.ts'
import { words } from './conditions.ts'

export interface Chain {
  /** A rule that counts and decides; `next` leaves the tier, whose chain this is. */
  rule(condition: string, rule: Rule): void
  /** Any other line. */
  line(text: string): void
}

/**
 * The `log` statement of a rule that counts.
 * @param index place among the rules of the point, in `rulesOf` order
 * @param outcome `audit`: a denial that is only counted
 */
export type NftLog = (point: Point, index: number, outcome: 'allow' | 'deny' | 'audit') => string

/** Writes the chains of one point. */
export class RuleWriter {
  readonly #point: Point
  readonly #log: NftLog | undefined
  readonly #indices: ReadonlyMap<Rule, number>
  readonly #comments: ReadonlyMap<Rule, string>
  readonly #audited: ReadonlySet<Rule>
  readonly #last: Rule
  readonly #chains = new Map<string, string[]>()

  constructor(point: Point, log?: NftLog) {
    this.#point = point
    this.#log = log
    const places = rulesOf(point)
    const comments = commentsOf(places)
    this.#indices = new Map(places.map(({ rule }, index) => [rule, index]))
    this.#comments = new Map(places.map(({ rule }, index) => [rule, comments[index] as string]))
    this.#audited = new Set(places.flatMap(({ rule, audited }) => (audited ? [rule] : [])))
    this.#last = point.defaultDeny
  }

  /** @param head what makes it a base chain */
  chain(name: string, head?: string): Chain {
    const lines = head === undefined ? [] : [head]
    this.#chains.set(name, lines)
    let last: Rule | undefined
    return {
      rule: (condition, rule) => {
        if (rule !== last) lines.push(`# ${oneLine(rule.why)} (${oneLine(formatOrigin(rule.origin))})`)
        last = rule
        lines.push(words(condition, this.#verdictOf(rule), `comment "${this.#comments.get(rule)}"`))
      },
      line: (text) => {
        last = undefined
        lines.push(text)
      },
    }
  }

  /** A denial in audit mode counts and goes on; the last rule of the point, which nothing follows, counts and allows. */
  #verdictOf(rule: Rule): string {
    if (rule.action === 'next') return 'return'
    const outcome = this.#audited.has(rule) ? 'audit' : rule.action
    const log = this.#log?.(this.#point, this.#indices.get(rule) as number, outcome) ?? ''
    const accepts = outcome === 'allow' || (outcome === 'audit' && rule === this.#last)
    return words('counter', log, accepts ? 'accept' : outcome === 'deny' ? 'drop' : '')
  }

  /** Chains that others jump to stand before them. */
  get lines(): readonly string[] {
    return [...this.#chains]
      .reverse()
      .flatMap(([name, lines]) => [`chain ${name} {`, ...lines.map((line) => `\t${line}`), '}'])
  }
}

const oneLine = (text: string): string => plainText(text.replace(/\s+/g, ' '))
