/** What the importers of Azure's files have to say about elements and attributes. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { XmlElement } from './xml.ts'

/** For what bears, or may bear, on what the network allows and has no meaning in it. */
export function notSupported(element: XmlElement, log: DiagnosticLog): void {
  log.report('GL1024', element.at, `<${element.name}> is not supported`, {
    hint: 'it may bear on what the network allows, so it is not passed over: remove it, or write the service in YAML',
  })
}

/** For what can be left out without opening more than was written. */
export function notTakenOver(element: XmlElement, what: string, instead: string, log: DiagnosticLog): void {
  log.report('GL1030', element.at, `${what} is not taken over: ${instead}`, { severity: 'warning' })
}

/** For an element that must hold others and does not, or holds them twice. */
export function badContent(element: XmlElement, message: string, hint: string, log: DiagnosticLog): void {
  log.report('GL1031', element.at, message, { hint })
}

/** Reports attributes that the schema does not have at this place; those of other namespaces are none. */
export function checkAttributes(element: XmlElement, known: readonly string[], log: DiagnosticLog): void {
  for (const attribute of element.attributes.keys())
    if (!known.includes(attribute))
      log.report('GL1024', element.at, `attribute '${attribute}' of <${element.name}> is not supported`, {
        hint: 'it may bear on what the network allows, so it is not passed over: remove it',
      })
}

/** The children of that name; any other is reported. */
export function childrenNamed(element: XmlElement, name: string, log: DiagnosticLog): readonly XmlElement[] {
  return element.children.filter((child) => {
    if (child.name === name) return true
    notSupported(child, log)
    return false
  })
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
export const portOf = (element: XmlElement, attribute: string, log: DiagnosticLog): number | undefined =>
  numberOf(element, attribute, [1, 65535], 'a port', log)

/** A whole number from an attribute, as {@link portOf}. */
export function numberOf(
  element: XmlElement,
  attribute: string,
  [minimum, maximum]: readonly [number, number],
  what: string,
  log: DiagnosticLog,
): number | undefined {
  const text = element.attributes.get(attribute)?.trim()
  const number = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= minimum && number <= maximum) return number
  const found = text === undefined ? 'missing' : `'${text.slice(0, 40)}'`
  log.report(
    'GL1027',
    element.at,
    `<${element.name}>: ${attribute} must be ${what}, ${minimum} to ${maximum}, and is ${found}`,
  )
  return undefined
}

/** `<FixedPortRange min max>`: both ports, the first not above the last. */
export function rangeOf(
  element: XmlElement,
  log: DiagnosticLog,
): { readonly first: number; readonly last: number } | undefined {
  checkAttributes(element, ['min', 'max'], log)
  const [first, last] = [portOf(element, 'min', log), portOf(element, 'max', log)]
  if (first === undefined || last === undefined) return undefined
  if (first <= last) return { first, last }
  log.report('GL1027', element.at, `port range ${first} to ${last} is reversed`, { hint: 'swap min and max' })
  return undefined
}

/** `true` or `false` in any case, `1` or `0` (XML Schema 2 section 3.2.2); absent: false. Else `undefined`, and a mistake in the log. */
export function flagOf(element: XmlElement, attribute: string, log: DiagnosticLog): boolean | undefined {
  const text = element.attributes.get(attribute)?.trim().toLowerCase() ?? 'false'
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  log.report(
    'GL1027',
    element.at,
    `<${element.name}>: ${attribute} must be true or false, and is '${text.slice(0, 40)}'`,
  )
  return undefined
}
