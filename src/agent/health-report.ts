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
/** Elements that may enclose one another. */
const deepest = 16

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  trimValues: true,
})

/** `undefined` if the text is no health report. Document types and entities other than XML's own five are not read. */
export function parseHealthReport(text: string): HealthReport | undefined {
  if (/<!(DOCTYPE|ENTITY)/i.test(text) || depthOf(text) > deepest) return undefined
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

/** How many elements stand inside each other at most, before anything is parsed. */
function depthOf(text: string): number {
  let depth = 0
  let most = 0
  for (const [tag] of text.matchAll(/<\/?[A-Za-z][^<>]*>/g)) {
    if (tag.startsWith('</')) depth--
    else if (!tag.endsWith('/>')) most = Math.max(most, ++depth)
  }
  return most
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
