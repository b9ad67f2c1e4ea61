/** XML elements with their places in the text. Entities and document types are refused: no file here needs them. */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { type DiagnosticLog, rangeAt, type SourceRange, SourceText } from '../../file/index.ts'

export interface XmlElement {
  /** Local name, without namespace prefix. */
  readonly name: string
  /** Name of the namespace (Namespaces in XML 1.0); empty for none. */
  readonly namespace: string
  /** Those without a prefix: an attribute of another namespace is none of the schema's. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The opening tag. */
  readonly at: SourceRange
}

const maxDepth = 64

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  preserveOrder: true,
  captureMetaData: true,
  processEntities: false,
  parseAttributeValue: false,
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})
const metaData = XMLParser.getMetaDataSymbol() as unknown as string

/** The root element; `undefined` if the text is not well-formed, and the reason in the log. */
export function parseXml(given: SourceText, log: DiagnosticLog): XmlElement | undefined {
  // The parser counts CR LF as one character; so do our offsets.
  const source = SourceText(given.file, given.text.replace(/\r\n?/g, '\n'))
  log.sources.set(source.file, source)
  const doctype = source.text.search(/<!DOCTYPE/i)
  if (doctype >= 0) {
    log.report('GL1020', rangeAt(source, doctype, doctype + 9), 'document types are not read', {
      hint: 'remove the DOCTYPE: service definitions have none',
    })
    return undefined
  }
  try {
    const valid = XMLValidator.validate(source.text)
    if (valid !== true) {
      const { line, col, msg } = valid.err as { line: number; col?: number; msg: string }
      const offset = (source.lineStarts[line - 1] ?? 0) + (col ?? 1) - 1
      log.report('GL1020', rangeAt(source, offset, offset + 1), `not well-formed XML: ${plainWords(msg)}`)
      return undefined
    }
    const roots = elements(parser.parse(source.text) as RawNode[], source, 0, new Map())
    if (roots.length === 1) return roots[0]
    log.report('GL1020', rangeAt(source, 0, 1), `XML has one root element, found ${roots.length}`)
  } catch (error) {
    log.report(
      'GL1020',
      rangeAt(source, 0, 1),
      `not well-formed XML: ${plainWords((error as Error).message)}`,
    )
  }
  return undefined
}

/** The parser quotes what it found at full length and over several lines. */
const plainWords = (message: string): string => message.replace(/\s+/g, ' ').replace(/\.$/, '')

type RawNode = Readonly<Record<string, unknown>>

/** Namespace by prefix; '' is the default namespace. */
type Scope = ReadonlyMap<string, string>

function elements(nodes: readonly RawNode[], source: SourceText, depth: number, outer: Scope): XmlElement[] {
  if (depth > maxDepth) throw new Error(`more than ${maxDepth} levels`)
  return nodes.flatMap((node) => {
    const qualified = Object.keys(node).find((key) => key !== ':@' && key !== '#text')
    if (qualified === undefined) return []
    const start = (node[metaData] as { startIndex?: number } | undefined)?.startIndex ?? 0
    const close = source.text.indexOf('>', start)
    const written = Object.entries((node[':@'] ?? {}) as Record<string, string>)
    const scope = scopeOf(written, outer)
    const { prefix, name } = split(qualified)
    const namespace = scope.get(prefix) ?? (prefix === '' ? '' : undefined)
    if (namespace === undefined) throw new Error(`the prefix '${prefix}' is not declared`)
    return {
      name,
      namespace,
      attributes: new Map(written.filter(([key]) => key !== 'xmlns' && !key.includes(':'))),
      children: elements(node[qualified] as RawNode[], source, depth + 1, scope),
      at: rangeAt(source, start, close < 0 ? start + 1 : close + 1),
    }
  })
}

function scopeOf(attributes: readonly (readonly [string, string])[], outer: Scope): Scope {
  const declared = attributes.flatMap(([key, uri]): [string, string][] =>
    key === 'xmlns' ? [['', uri]] : key.startsWith('xmlns:') ? [[key.slice(6), uri]] : [],
  )
  return declared.length === 0 ? outer : new Map([...outer, ...declared])
}

function split(qualified: string): { prefix: string; name: string } {
  const colon = qualified.indexOf(':')
  return colon < 0
    ? { prefix: '', name: qualified }
    : { prefix: qualified.slice(0, colon), name: qualified.slice(colon + 1) }
}
