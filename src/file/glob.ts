/** Names as users write them to choose from many: ids, paths of them, patterns with `*`. */

/**
 * Source of a regular expression for a name in which `*` stands for anything; slashes at its end mean nothing. What stands between two `*` is
 * taken where it comes first and not sought again: later places match nothing that this one does not, and trying all takes time exponential in their number.
 */
export function globSource(text: string): string {
  const [first = '', ...rest] = text
    .replace(/\/+$/, '')
    .split(/\*+/)
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const last = rest.pop()
  if (last === undefined) return first
  const between = rest.map((part, index) => `(?=(?<part${index}>.*?${part}))\\k<part${index}>`)
  return `${first}${between.join('')}.*${last}`
}

/** Matches ids that the text is or matches, and what lies below them: `west` matches `west/ar1`. */
export const pathPattern = (text: string): RegExp => new RegExp(`^${globSource(text)}(/.*)?$`)
