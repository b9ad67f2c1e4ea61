/** What a VM's agent says of its health: the body of `POST /machine?comp=health`, an XML text that nobody has to trust. */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface HealthReport {
  readonly incarnation: number
  readonly container: string
  readonly instance: string
  /** `Ready`, `NotReady`, … */
  readonly state: string
  readonly subStatus?: string
  readonly description?: string
}

/** Characters of a description that are kept. */
const longestDescription = 1024
/** UTF-16 units of a report. What WALinuxAgent sends has some 700, and a description of at most 3 KiB. */
const longestReport = 8192
/**
 * `<` in a report: two for each of 64 elements, one for the XML declaration. WALinuxAgent's has 12 elements. The parser joins the text
 * of an element anew for each child, so that their product bounds its work.
 */
const mostTags = 2 * 64 + 1

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  trimValues: true,
})

/**
 * `undefined` if the text is no health report, or more than one can be: that is told before anything is parsed. Document types and
 * entities other than XML's own five are not read.
 */
export function parseHealthReport(text: string): HealthReport | undefined {
  if (!isSmall(text) || /<!(DOCTYPE|ENTITY)/i.test(text)) return undefined
  const root = parse(text)
  const health = child(root, 'Health')
  const container = child(health, 'Container')
  const role = child(child(container, 'RoleInstanceList'), 'Role')
  const said = child(role, 'Health')
  const details = child(said, 'Details')
  const report = {
    incarnation: textOf(health, 'GoalStateIncarnation'),
    container: textOf(container, 'ContainerId'),
    instance: textOf(role, 'InstanceId'),
    state: textOf(said, 'State'),
  }
  const { incarnation, state, instance } = report
  if (!incarnation || !/^\d{1,9}$/.test(incarnation) || !report.container || !instance) return undefined
  if (!state || !/^[A-Za-z]{1,32}$/.test(state)) return undefined
  const subStatus = textOf(details, 'SubStatus')?.slice(0, 64)
  const description = textOf(details, 'Description')?.slice(0, longestDescription)
  return {
    incarnation: Number(incarnation),
    container: report.container,
    instance,
    state,
    ...(subStatus === undefined ? {} : { subStatus }),
    ...(description === undefined ? {} : { description }),
  }
}

function parse(text: string): unknown {
  try {
    return XMLValidator.validate(text) === true ? parser.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** Whether so short a text with so few elements is worth parsing; their depth is bounded by their number. */
function isSmall(text: string): boolean {
  if (text.length > longestReport) return false
  let tags = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1))
    if (++tags > mostTags) return false
  return true
}

/** Undefined too where there are several: then it is not said which one counts. */
const child = (parent: unknown, name: string): unknown =>
  typeof parent === 'object' && parent !== null && Object.hasOwn(parent, name)
    ? (parent as Readonly<Record<string, unknown>>)[name]
    : undefined

function textOf(parent: unknown, name: string): string | undefined {
  const value = child(parent, name)
  return typeof value === 'string' && value !== '' ? unescapeXml(value) : undefined
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const unescapeXml = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? '')
