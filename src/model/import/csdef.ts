/**
 * Azure Cloud Services: a service definition (`.csdef`) and its configuration (`.cscfg`) become roles.
 * Read from the published schemas of 2008 to 2015; element names are the same in all of them.
 *
 * What bears on the network is either understood or an error. Elements about anything else (settings, storage,
 * start-up tasks) are passed over.
 */
import type { DiagnosticLog, SourceText } from '../../file/index.ts'
import type { Endpoint, Role } from '../network.ts'
import { instanceCounts } from './cscfg.ts'
import { csdefEndpoints } from './csdef-endpoints.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** Elements inside a role that have no bearing on the network. */
const passedOver = new Set([
  'Imports',
  'ConfigurationSettings',
  'LocalResources',
  'LocalStorage',
  'Startup',
  'Runtime',
  'Certificates',
  'Contents',
  'Sites',
])

/** The roles of a service; those that are wrong are left out and the reasons are in the log. */
export function importCsdef(definition: SourceText, configuration: SourceText, log: DiagnosticLog): Role[] {
  const root = parseXml(definition, log)
  const counts = instanceCounts(configuration, log)
  if (!root || !counts) return []
  if (root.name !== 'ServiceDefinition') {
    log.report('GL1021', root.at, `expected <ServiceDefinition>, found <${root.name}>`, {
      hint: 'is this the .csdef file?',
    })
    return []
  }
  const roles: Role[] = []
  for (const element of root.children) {
    if (element.name === 'WebRole' || element.name === 'WorkerRole') {
      const role = importRole(element, counts, log)
      if (role) roles.push(role)
    } else if (element.name !== 'LoadBalancerProbes') unsupported(element, log)
  }
  return roles
}

function importRole(
  element: XmlElement,
  counts: ReadonlyMap<string, number>,
  log: DiagnosticLog,
): Role | undefined {
  const name = element.attributes.get('name')
  if (!name) {
    log.report('GL1022', element.at, `<${element.name}> has no name`)
    return undefined
  }
  const instances = counts.get(name)
  if (instances === undefined)
    log.report('GL1023', element.at, `the configuration gives no instance count for role '${name}'`, {
      hint: `add <Role name="${name}"><Instances count="1" /></Role> to the .cscfg file`,
    })
  const endpoints: Endpoint[] = []
  for (const child of element.children) {
    if (child.name === 'Endpoints') endpoints.push(...csdefEndpoints(child, log))
    else if (!passedOver.has(child.name)) unsupported(child, log)
  }
  const kind = element.name === 'WebRole' ? 'web' : 'worker'
  return { name, kind, at: element.at, instances: instances ?? 0, endpoints }
}

export function unsupported(element: XmlElement, log: DiagnosticLog): void {
  log.report('GL1024', element.at, `<${element.name}> is not supported yet`, {
    hint: 'it may bear on what the network allows, so it is not passed over: remove it, or write the service in YAML',
  })
}
