/**
 * YAML 1.2 (core schema) into located values. All mistakes of syntax are reported, not only the first. Work is
 * bounded before the parser sees the text (nesting) and after (what aliases expand to).
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import type { DiagnosticLog } from '../diagnostic/diagnostic.ts'
import type { Located, LocatedEntry } from './located.ts'
import { nestingMistake } from './nesting.ts'
import { rangeAt, type SourceText } from './text.ts'
import { maxWeight, yamlWeight } from './weight.ts'

/** Aliases expanded. A network of 100,000 VMs needs some 100,000. */
const maxValues = 1_000_000

/** `undefined` if the text is not YAML; the reasons are in the log. */
export function parseYaml(source: SourceText, log: DiagnosticLog): Located | undefined {
  const deep = nestingMistake(source.text)
  if (deep !== undefined) {
    log.report('GL1005', rangeAt(source, deep, deep + 1), 'values are nested too deeply here', {
      hint: 'a network file needs at most 8 levels: close a bracket or move this block to the left',
    })
    return undefined
  }
  if (yamlWeight(source.text) > maxWeight) {
    log.report('GL1006', rangeAt(source, 0, 1), 'the file holds more values than any network needs', {
      hint: 'is this the right file?',
    })
    return undefined
  }
  const document = parseDocument(source.text, { prettyErrors: false, uniqueKeys: false, stringKeys: false })
  for (const { code, message, pos } of document.errors) {
    const words = syntaxWords[code]
    log.report('GL1004', rangeAt(source, pos[0], pos[1]), words?.message ?? syntaxMessage(message), {
      hint: words?.hint,
    })
  }
  if (document.errors.length > 0) return undefined
  return convert(document, source, log)
}

/** Where the parser's own words speak of its programming interface, or leave the remedy open. */
const syntaxWords: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  MULTIPLE_DOCS: {
    message: 'a second document begins here',
    hint: "a network file is one document: remove the line '---' and what follows it",
  },
  TAB_AS_INDENT: { message: 'lines are indented with spaces, not tabs', hint: 'replace the tab by spaces' },
}

function syntaxMessage(message: string): string {
  const first = message.split('\n', 1)[0] as string
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/[.:]$/, '')
}

interface Converted {
  readonly value: Located
  /** How many values it holds, aliases expanded. */
  readonly size: number
}

function convert(document: Document.Parsed, source: SourceText, log: DiagnosticLog): Located | undefined {
  const anchors = new Map<string, Converted | 'open'>()
  let unusable = false
  let tooLarge = false
  const place = (node: Node) => rangeAt(source, node.range?.[0] ?? 0, node.range?.[1] ?? 0)

  function visit(node: unknown, fallback: number): Converted {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (typeof target === 'object') return target
      const what = target === 'open' ? 'contains itself' : 'stands for nothing'
      unusable = true
      log.report('GL1004', place(node), `alias '*${node.source}' ${what}`, {
        hint: 'write the value out',
      })
      return { value: { kind: 'scalar', at: place(node), value: null }, size: 1 }
    }
    const anchor = (isScalar(node) || isMap(node) || isSeq(node)) && node.anchor ? node.anchor : undefined
    if (anchor) anchors.set(anchor, 'open')
    const converted = visitContent(node, fallback)
    if (anchor) anchors.set(anchor, converted)
    if (converted.size > maxValues && !tooLarge) {
      tooLarge = unusable = true
      log.report('GL1006', converted.value.at, `this holds more than ${maxValues} values, aliases expanded`, {
        hint: 'a network file needs few aliases or none: write out what is needed',
      })
    }
    return converted
  }

  function visitContent(node: unknown, fallback: number): Converted {
    if (isSeq(node)) {
      const items = node.items.map((item) => visit(item, node.range?.[0] ?? fallback))
      const size = items.reduce((sum, item) => sum + item.size, 1)
      return { value: { kind: 'list', at: place(node), items: items.map(({ value }) => value) }, size }
    }
    if (isMap(node)) {
      const entries = new Map<string, LocatedEntry>()
      let size = 1
      for (const pair of node.items) {
        const key = pair.key as Node
        const keyRange = rangeAt(source, key?.range?.[0] ?? fallback, key?.range?.[1] ?? fallback)
        const name = isScalar(key) ? scalarText(key, source) : undefined
        const value = visit(pair.value, key?.range?.[1] ?? fallback)
        size += value.size
        if (name === undefined) log.report('GL1010', keyRange, 'a key must be plain text')
        else if (entries.has(name))
          log.report('GL1007', keyRange, `'${name}' is given twice`, {
            hint: 'remove one of the two, or give it another name',
            related: [
              { message: `'${name}' is first given here`, at: (entries.get(name) as LocatedEntry).key },
            ],
          })
        else entries.set(name, { key: keyRange, value: value.value })
      }
      return { value: { kind: 'map', at: place(node), entries }, size }
    }
    const at = isScalar(node) ? place(node) : rangeAt(source, fallback, fallback)
    const value = isScalar(node) ? (node.value as string | number | boolean | bigint | null) : null
    return { value: { kind: 'scalar', at, value }, size: 1 }
  }

  const { value } = visit(document.contents, 0)
  return unusable ? undefined : value
}

/** Keys such as `22` or `true` are names here, so their text counts and not their type. */
function scalarText(key: { value: unknown; source?: string }, _source: SourceText): string | undefined {
  if (typeof key.value === 'string') return key.value
  return key.value === null ? undefined : (key.source ?? String(key.value))
}
