/**
 * A cheap look at the nesting of YAML text before it is parsed: the parser recurses, so text of thousands of
 * levels would cost minutes or the process.
 */

const maxBrackets = 32
const maxIndicators = 16
const maxIndent = 256

/**
 * Offset of the place where the text is nested deeper than any network file is; `undefined` if it is fine.
 * Brackets inside quoted text and comments do not count.
 */
export function nestingMistake(text: string): number | undefined {
  let depth = 0
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (quote) {
      if (char === '\\' && quote === '"') i++
      else if (char === quote) quote = ''
    } else if (char === '\n') {
      const deep = lineMistake(text, i + 1)
      if (deep !== undefined) return deep
    } else if (char === '"' || char === "'") {
      if (/[\s[{,:]/.test(text[i - 1] ?? ' ')) quote = char
    } else if (char === '#' && /\s/.test(text[i - 1] ?? ' ')) {
      const end = text.indexOf('\n', i)
      i = (end < 0 ? text.length : end) - 1
    } else if (char === '[' || char === '{') {
      if (++depth > maxBrackets) return i
    } else if (char === ']' || char === '}') depth = Math.max(0, depth - 1)
  }
  return lineMistake(text, 0)
}

/** Indentation, and `- - ? -` in a row, both open a level each. */
function lineMistake(text: string, start: number): number | undefined {
  let indicators = 0
  for (let i = start; i < text.length; i++) {
    const char = text[i] as string
    if (char === ' ' || char === '\t') continue
    if (char === '\n' || char === '\r') return undefined
    if (indicators === 0 && i - start > maxIndent) return i
    if (!'-?:'.includes(char) || !/[ \t]/.test(text[i + 1] ?? '')) return undefined
    if (++indicators > maxIndicators) return i
  }
  return undefined
}
