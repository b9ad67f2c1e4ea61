/** What the importers of Azure's files have to say about elements and attributes. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { XmlElement } from './xml.ts'

/** For what may bear on the network in a way that Glacis does not model yet. */
export function notSupported(element: XmlElement, log: DiagnosticLog): void {
  log.report('GL1024', element.at, `<${element.name}> is not supported yet`, {
    hint: 'it may bear on what the network allows, so it is not passed over: remove it, or write the service in YAML',
  })
}

/** For what can be left out without opening more than was written. */
export function notUsed(element: XmlElement, instead: string, log: DiagnosticLog): void {
  log.report('GL1024', element.at, `<${element.name}> is not used: ${instead}`, { severity: 'warning' })
}

/** The attribute, or `undefined` and a mistake in the log if it is missing, empty or no fit name of anything. */
export function required(element: XmlElement, attribute: string, log: DiagnosticLog): string | undefined {
  const text = element.attributes.get(attribute)?.trim()
  if (text !== undefined && /^[\p{L}\p{N}_. -]{1,100}$/u.test(text)) return text
  const what = text
    ? `attribute '${attribute}' is not a name: '${text.slice(0, 40)}'`
    : `no attribute '${attribute}'`
  const hint = text ? 'use letters, digits, dots, hyphens and underscores' : `add ${attribute}="…"`
  log.report('GL1022', element.at, `<${element.name}>: ${what}`, { hint })
  return undefined
}

/** A port number from an attribute; `undefined` and a mistake in the log if it is missing or out of range. */
export function portOf(element: XmlElement, attribute: string, log: DiagnosticLog): number | undefined {
  const text = element.attributes.get(attribute)?.trim()
  const port = text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  const found = text === undefined ? 'missing' : `'${text.slice(0, 40)}'`
  log.report(
    'GL1027',
    element.at,
    `<${element.name}>: ${attribute} must be a port, 1 to 65535, and is ${found}`,
  )
  return undefined
}
