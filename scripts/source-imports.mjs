/**
 * Finds the imports of a TypeScript file without a parser: comments, strings, templates and regular expressions are first
 * blanked (same length, same lines), then the few shapes of an import are matched in what is left.
 */

/** `export … from` counts too. The `d` flag gives where the specifier stands; the masked text holds only its blanks. */
const shapes = [
  /\b(?:import|export)\b(?<type>\s+type\b(?!\s*(?:,|from\b)))?(?<names>(?:(?!\b(?:import|export)\b)[^'"`;()=])*?)\bfrom\s*(?<quote>['"])(?<specifier> *)\k<quote>/dg,
  /\bimport\s*(?<quote>['"])(?<specifier> *)\k<quote>/dg,
  /\b(?:import|require|require\.resolve)\s*\(\s*(?<quote>['"`])(?<specifier> *)\k<quote>/dg,
]

/** Imports in order of their place: `{ specifier, line, typeOnly }`, lines from 1. */
export function importsOf(text) {
  const masked = maskLiterals(text)
  return shapes
    .flatMap((shape) => [...masked.matchAll(shape)])
    .sort((a, b) => a.index - b.index)
    .map((match) => {
      const [from, to] = match.indices.groups.specifier
      const { type, names = '' } = match.groups
      return {
        specifier: text.slice(from, to),
        line: text.slice(0, from).split('\n').length,
        typeOnly: type !== undefined || namesOnlyTypes(names),
      }
    })
}

/** `{ type A, type B }`, without a default or namespace import. */
function namesOnlyTypes(names) {
  const list = /^\s*\{(.*)\}\s*$/s.exec(names)?.[1].split(',') ?? []
  const given = list.map((name) => name.trim()).filter(Boolean)
  return given.length > 0 && given.every((name) => /^type\s+\w/.test(name))
}

/** After these a slash begins a regular expression; after anything else it divides. */
const beforeRegex =
  /(?:^|[=(,:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|yield|await|void|throw|else))\s*$/

/** Replaces what comments and literals contain by spaces. Quotes and line ends stay. */
export function maskLiterals(text) {
  const out = text.split('')
  const blank = (from, to) => {
    for (let at = from; at < to && at < out.length; at++) if (out[at] !== '\n') out[at] = ' '
  }
  /** Depth of braces at which each open `${` of a template ends. */
  const templates = []
  let depth = 0
  let at = 0
  const skip = (pattern) => {
    pattern.lastIndex = at
    const length = pattern.exec(text)?.[0].length ?? text.length - at
    return at + length
  }
  const literal = (end) => {
    blank(at + 1, end - 1)
    at = end
  }
  const template = () => {
    const end = skip(/(?:\\[\s\S]|(?!\$\{)[^\\`])*(?:`|\$\{)/y)
    const opens = text.startsWith('${', end - 2)
    blank(at, end - (opens ? 2 : 1))
    if (opens) templates.push(depth++)
    at = end
  }
  while (at < text.length) {
    const char = text[at]
    if (text.startsWith('//', at)) {
      const end = skip(/\/\/[^\n]*/y)
      blank(at, end)
      at = end
    } else if (text.startsWith('/*', at)) {
      const end = skip(/\/\*[\s\S]*?\*\//y)
      blank(at, end)
      at = end
    } else if (char === "'" || char === '"') {
      literal(skip(char === "'" ? /'(?:\\[\s\S]|[^\\'\n])*'?/y : /"(?:\\[\s\S]|[^\\"\n])*"?/y))
    } else if (char === '/' && beforeRegex.test(out.slice(Math.max(0, at - 20), at).join(''))) {
      literal(skip(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])*\/?/y))
    } else if (char === '`') {
      at++
      template()
    } else if (char === '}' && templates.at(-1) === depth - 1) {
      depth = templates.pop()
      at++
      template()
    } else {
      if (char === '{') depth++
      if (char === '}') depth--
      at++
    }
  }
  return out.join('')
}
