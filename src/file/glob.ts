/** Names as users write them to choose from many: ids, paths of them, patterns with `*`. */

/** Source of a regular expression for a name in which `*` stands for anything; slashes at its end mean nothing. */
export const globSource = (text: string): string =>
  text
    .replace(/\/+$/, '')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')

/** Matches ids that the text is or matches, and what lies below them: `west` matches `west/ar1`. */
export const pathPattern = (text: string): RegExp => new RegExp(`^${globSource(text)}(/.*)?$`)
