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

/** Writes the chains of one point. */
export class RuleWriter {
  readonly #comments: ReadonlyMap<Rule, string>
  readonly #chains = new Map<string, string[]>()

  constructor(point: Point) {
    const places = rulesOf(point)
    const comments = commentsOf(places)
    this.#comments = new Map(places.map(({ rule }, index) => [rule, comments[index] as string]))
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
        lines.push(words(condition, verdictOf(rule), `comment "${this.#comments.get(rule)}"`))
      },
      line: (text) => {
        last = undefined
        lines.push(text)
      },
    }
  }

  /** Chains that others jump to stand before them. */
  get lines(): readonly string[] {
    return [...this.#chains]
      .reverse()
      .flatMap(([name, lines]) => [`chain ${name} {`, ...lines.map((line) => `\t${line}`), '}'])
  }
}

const verdictOf = ({ action }: Rule): string =>
  action === 'next' ? 'return' : `counter ${action === 'allow' ? 'accept' : 'drop'}`

const oneLine = (text: string): string => plainText(text.replace(/\s+/g, ' '))
