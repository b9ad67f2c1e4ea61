/** Address lists of a ruleset: a list of several prefixes becomes a set with a name, which rules of the same list share. */
import {
  aggregatePrefixes,
  type Family,
  formatIp,
  formatPrefix,
  type Prefix,
  prefixFirst,
} from '../../net/index.ts'

export class NamedSets {
  readonly #names = new Map<string, string>()
  readonly #lines: string[] = []

  /** What stands after `ip saddr`: a prefix, or `@` and the set's name. @param prefixes of one family, at least one */
  reference(family: Family, prefixes: readonly Prefix[]): string {
    const elements = aggregatePrefixes(prefixes).map(elementText)
    const [first] = elements
    if (first !== undefined && elements.length === 1) return first
    const key = elements.join(', ')
    let name = this.#names.get(key)
    if (name === undefined) {
      name = `addresses${family}-${this.#names.size}`
      this.#names.set(key, name)
      this.#lines.push(
        `set ${name} {`,
        `\ttype ipv${family}_addr`,
        '\tflags interval',
        `\telements = { ${key} }`,
        '}',
      )
    }
    return `@${name}`
  }

  /** The sets' declarations, for the table. */
  get lines(): readonly string[] {
    return this.#lines
  }
}

const elementText = (prefix: Prefix): string =>
  prefix.length === (prefix.family === 4 ? 32 : 128) ? formatIp(prefixFirst(prefix)) : formatPrefix(prefix)
