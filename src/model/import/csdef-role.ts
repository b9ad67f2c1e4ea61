/** One `<WebRole>` or `<WorkerRole>` of a service definition. */
import { type DiagnosticLog, suggestion } from '../../file/index.ts'
import type { Endpoint, Role } from '../network.ts'
import { importEndpoints } from './csdef-endpoint.ts'
import { notSupported } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Parts of a role that have no bearing on the network. */
const passedOver = new Set([
  'Certificates',
  'ConfigurationSettings',
  'Contents',
  'LocalResources',
  'LocalStorage',
  'Runtime',
  'Startup',
])

/** Modules that Microsoft's tools expand to endpoints, or to none. */
const modules: ReadonlyMap<string, string | undefined> = new Map([
  ['Diagnostics', undefined],
  ['RemoteAccess', 'remote desktop, TCP port 3389 inside the service'],
  ['RemoteForwarder', 'remote desktop, TCP port 3389 of the VIP'],
])

export function importRole(element: XmlElement, name: string, instances: number, log: DiagnosticLog): Role {
  const endpoints = element.children.flatMap((child) =>
    child.name === 'Endpoints' ? importEndpoints(child, log) : [],
  )
  for (const child of element.children) {
    if (child.name === 'Imports') checkModules(child, log)
    else if (child.name === 'Sites') checkBindings(child, endpoints, log)
    else if (child.name !== 'Endpoints' && !passedOver.has(child.name)) notSupported(child, log)
  }
  const kind = element.name === 'WebRole' ? 'web' : 'worker'
  return Object.freeze({ name, kind, at: element.at, instances, endpoints: Object.freeze(endpoints) })
}

function checkModules(imports: XmlElement, log: DiagnosticLog): void {
  for (const { attributes, at } of imports.children) {
    const name = attributes.get('moduleName') ?? ''
    const opens = modules.get(name)
    if (opens !== undefined)
      log.report('GL1028', at, `module '${name}' is not expanded: ${opens} stays closed`, {
        severity: 'warning',
        hint: 'write an endpoint into the definition if it is to be open',
      })
    else if (!modules.has(name))
      log.report('GL1028', at, `module '${name}' is not known: endpoints that it would open stay closed`, {
        severity: 'warning',
        hint: 'write its endpoints into the definition if they are to be open',
      })
  }
}

/** IIS binds its sites to endpoints of the role: nothing more opens, but the names must hold. */
function checkBindings(sites: XmlElement, endpoints: readonly Endpoint[], log: DiagnosticLog): void {
  const names = endpoints.map(({ name }) => name)
  for (const binding of sites.children.flatMap(descendants)) {
    const target = binding.name === 'Binding' ? binding.attributes.get('endpointName') : undefined
    if (target !== undefined && !names.includes(target))
      log.report('GL2001', binding.at, `there is no endpoint '${target}' in this role`, {
        hint: suggestion(target, names, 'its endpoints are'),
      })
  }
}

const descendants = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(descendants)]
