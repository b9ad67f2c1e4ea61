/**
 * Azure Cloud Services: a service definition (`.csdef`) and its configuration (`.cscfg`) become roles.
 * Element names are those of Microsoft's published schemas, which have kept them from 2008 to 2015.
 *
 * What bears on the network is understood, or is an error, or (where leaving it out only narrows what is allowed) a
 * warning. Elements about anything else (settings, storage, start-up tasks) are passed over.
 */
import type { DiagnosticLog, SourceRange, SourceText } from '../../file/index.ts'
import type { Role } from '../network.ts'
import { readServiceConfiguration } from './cscfg.ts'
import { importRole } from './csdef-role.ts'
import { notSupported, notUsed, required } from './mistake.ts'
import { parseXml } from './xml.ts'

/** The roles of a service; what is wrong with them is in the log. */
export function importCsdef(definition: SourceText, configuration: SourceText, log: DiagnosticLog): Role[] {
  const root = parseXml(definition, log)
  const counts = readServiceConfiguration(configuration, log)
  if (!root || !counts) return []
  if (root.name !== 'ServiceDefinition') {
    log.report('GL1021', root.at, `expected <ServiceDefinition>, found <${root.name}>`, {
      hint: 'is this the .csdef file?',
    })
    return []
  }
  const roles = new Map<string, Role>()
  for (const element of root.children) {
    if (element.name === 'LoadBalancerProbes') {
      notUsed(element, 'all instances count as healthy', log)
      continue
    }
    if (element.name !== 'WebRole' && element.name !== 'WorkerRole') {
      notSupported(element, log)
      continue
    }
    const name = required(element, 'name', log)
    if (name === undefined) continue
    const same = roles.get(name)
    if (same) {
      log.report('GL2005', element.at, `role '${name}' is given twice`, {
        related: [{ message: 'first given here', at: same.at }],
      })
      continue
    }
    const count = counts.get(name)
    if (!count)
      log.report('GL1023', element.at, `the configuration gives no instance count for role '${name}'`, {
        hint: `add <Role name="${name}"><Instances count="1" /></Role> to the .cscfg file`,
      })
    roles.set(name, importRole(element, name, count?.instances ?? 1, log))
  }
  reportStrayRoles(counts, roles, log)
  return [...roles.values()]
}

function reportStrayRoles(
  counts: ReadonlyMap<string, { readonly at: SourceRange }>,
  roles: ReadonlyMap<string, Role>,
  log: DiagnosticLog,
): void {
  for (const [name, { at }] of counts)
    if (!roles.has(name))
      log.report('GL1026', at, `the configuration has a role '${name}', which the definition has not`, {
        severity: 'warning',
        hint: 'is this the configuration of another definition? The role is left out',
      })
}
