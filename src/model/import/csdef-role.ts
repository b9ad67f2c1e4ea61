/** One role of a service definition: `<WebRole>`, `<WorkerRole>` or `<VirtualMachineRole>`. */
import { type DiagnosticLog, suggestion } from '../../file/index.ts'
import type { Endpoint, HealthProbe, Role } from '../network.ts'
import { draftEndpoints, type EndpointDraft, placeEndpoints } from './csdef-endpoint.ts'
import { moduleEndpoints } from './csdef-module.ts'
import { notSupported, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Parts of a role that have no bearing on the network. */
const passedOver = new Set([
  'Certificates',
  'ConfigurationSettings',
  'Contents',
  'LocalResources',
  'LocalStorage',
  'OsImage',
  'Runtime',
  'Startup',
])

export interface RoleSurroundings extends Pick<Role, 'name' | 'kind' | 'instances'> {
  /** Settings of the configuration, by name. */
  readonly settings: ReadonlyMap<string, string>
  readonly probes: ReadonlyMap<string, HealthProbe>
}

export function importRole(element: XmlElement, given: RoleSurroundings, log: DiagnosticLog): Role {
  const { name, kind, instances } = given
  const drafts = element.children.flatMap((child): readonly EndpointDraft[] => {
    // The first schema, of 2008, has public endpoints in a list of their own.
    if (child.name === 'Endpoints' || child.name === 'InputEndpoints')
      return draftEndpoints(child, given, log)
    if (child.name === 'Imports') return moduleEndpoints(child, given.settings, log)
    if (child.name !== 'Sites' && !passedOver.has(child.name)) notSupported(child, log)
    return []
  })
  const endpoints = placeEndpoints(drafts, log)
  for (const child of element.children) if (child.name === 'Sites') checkSites(child, endpoints, log)
  return Object.freeze({ name, kind, at: element.at, instances, endpoints: Object.freeze(endpoints) })
}

/**
 * IIS binds its sites to endpoints of the role: nothing more opens, but the names must hold. Which site a request is for, its host
 * header says, and the web server reads.
 */
function checkSites(sites: XmlElement, endpoints: readonly Endpoint[], log: DiagnosticLog): void {
  const names = endpoints.map(({ name }) => name)
  for (const element of sites.children.flatMap(descendants)) {
    if (!siteParts.has(element.name)) notSupported(element, log)
    if (element.name !== 'Binding') continue
    const target = required(element, 'endpointName', log)
    if (target !== undefined && !names.includes(target))
      log.report('GL2001', element.at, `there is no endpoint '${target}' in this role`, {
        hint: suggestion(target, names, 'its endpoints are'),
      })
  }
}

const siteParts = new Set(['Site', 'Bindings', 'Binding', 'VirtualApplication', 'VirtualDirectory'])

const descendants = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(descendants)]
