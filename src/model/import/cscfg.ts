/** The service configuration (`.cscfg`): how many instances each role has. */
import type { DiagnosticLog, SourceRange, SourceText } from '../../file/index.ts'
import { notSupported, notUsed, required } from './mistake.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** As for roles that are written in YAML. */
const maxInstances = 10_000

export interface InstanceCount {
  readonly instances: number
  readonly at: SourceRange
}

/** By role name; `undefined` if the file cannot be read as a configuration. */
export function readServiceConfiguration(
  source: SourceText,
  log: DiagnosticLog,
): ReadonlyMap<string, InstanceCount> | undefined {
  const root = parseXml(source, log)
  if (!root) return undefined
  if (root.name !== 'ServiceConfiguration') {
    log.report('GL1021', root.at, `expected <ServiceConfiguration>, found <${root.name}>`, {
      hint: 'is this the .cscfg file?',
    })
    return undefined
  }
  const counts = new Map<string, InstanceCount>()
  for (const child of root.children) {
    if (child.name === 'NetworkConfiguration') checkNetworkConfiguration(child, log)
    else if (child.name !== 'Role') notSupported(child, log)
    else {
      const name = required(child, 'name', log)
      const instances = instancesOf(child, log)
      if (name === undefined) continue
      const same = counts.get(name)
      if (same)
        log.report('GL2005', child.at, `role '${name}' is given twice`, {
          related: [{ message: 'first given here', at: same.at }],
        })
      else counts.set(name, { instances, at: child.at })
    }
  }
  return counts
}

function instancesOf(role: XmlElement, log: DiagnosticLog): number {
  const element = role.children.find(({ name }) => name === 'Instances')
  const text = element?.attributes.get('count')
  const count = text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (count >= 1 && count <= maxInstances) return count
  const found = text === undefined ? 'there is none' : `not '${text}'`
  log.report(
    'GL1027',
    (element ?? role).at,
    `the count of <Instances> must be 1 to ${maxInstances}, ${found}`,
  )
  return 1
}

/** Says where Azure takes addresses from; here the pools of the site say so. */
const addressing = new Set(['VirtualNetworkSite', 'AddressAssignments', 'Dns'])

/** Access lists and internal balancers narrow what is open: to pass over them would open more than was written. */
function checkNetworkConfiguration(element: XmlElement, log: DiagnosticLog): void {
  for (const child of element.children) {
    if (addressing.has(child.name)) notUsed(child, 'addresses are assigned from the pools of the site', log)
    else notSupported(child, log)
  }
}
