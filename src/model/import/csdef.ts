/**
 * Azure Cloud Services: a service definition (`.csdef`) and its configuration (`.cscfg`) become roles.
 * Element names are those of Microsoft's published schemas, which have kept them from 2008 to 2015; `docs/guide/cloud-services.md`
 * says what each means here.
 *
 * What bears on the network is understood, or is an error, or (where leaving it out only narrows what is allowed) a
 * warning. Elements about anything else (settings, storage, start-up tasks) are passed over.
 */
import type { DiagnosticLog, SourceRange, SourceText } from '../../file/index.ts'
import type { HealthProbe, Role } from '../network.ts'
import { type Configuration, noConfiguration, readServiceConfiguration } from './cscfg.ts'
import { applyAccessLists } from './cscfg-access.ts'
import { importProbes } from './csdef-probe.ts'
import { importRole } from './csdef-role.ts'
import { applyTrafficRules } from './csdef-traffic.ts'
import { readDocument } from './document.ts'
import { notSupported, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

export interface ImportOptions {
  /** The network file gives the service's VIPs, so that a reserved address of the configuration has its meaning there. */
  readonly hasVips?: boolean
}

/**
 * The roles of a service; what is wrong with them is in the log.
 * @param configuration absent: each role has one instance, and the log says so
 */
export function importCsdef(
  definition: SourceText,
  configuration: SourceText | undefined,
  log: DiagnosticLog,
  { hasVips = false }: ImportOptions = {},
): readonly Role[] {
  const root = readDocument(definition, { root: 'ServiceDefinition', extension: '.csdef' }, log)
  const configured = configuration
    ? readServiceConfiguration(configuration, { hasVips }, log)
    : noConfiguration
  if (!root || !configured) return []
  const probes = new Map<string, HealthProbe>()
  for (const element of root.children)
    if (element.name === 'LoadBalancerProbes') importProbes(element, probes, log)
  const roles = new Map<string, Role>()
  for (const element of root.children) {
    if (!roleKinds.has(element.name)) {
      if (!otherSections.has(element.name)) notSupported(element, log)
      continue
    }
    const name = required(element, 'name', log)
    if (name === undefined) continue
    const same = roles.get(name)
    if (same)
      log.report('GL2005', element.at, `role '${name}' is given twice`, {
        related: [{ message: 'first given here', at: same.at }],
      })
    else roles.set(name, roleOf(element, name, configured, probes, log))
  }
  reportStrayRoles(configured, roles, log)
  const sections = root.children.filter(({ name }) => name === 'NetworkTrafficRules')
  return applyAccessLists(configured.access, applyTrafficRules(sections, [...roles.values()], log), log)
}

/** The third was in the SDKs of 2010 to 2012; documents name it in three ways. */
const roleKinds: ReadonlyMap<string, Role['kind']> = new Map([
  ['WebRole', 'web'],
  ['WorkerRole', 'worker'],
  ['VirtualMachineRole', 'worker'],
  ['VirtualMachine', 'worker'],
  ['VMRole', 'worker'],
])

const otherSections = new Set(['LoadBalancerProbes', 'NetworkTrafficRules'])

function roleOf(
  element: XmlElement,
  name: string,
  configured: Configuration,
  probes: ReadonlyMap<string, HealthProbe>,
  log: DiagnosticLog,
): Role {
  const configuration = configured.roles.get(name)
  if (!configuration) {
    const isGiven = configured !== noConfiguration
    log.report(
      'GL1023',
      element.at,
      isGiven
        ? `the configuration gives no instance count for role '${name}'`
        : `there is no configuration: role '${name}' gets one instance`,
      {
        severity: isGiven ? 'error' : 'warning',
        hint: `add <Role name="${name}"><Instances count="1" /></Role> to the .cscfg file`,
      },
    )
  }
  const kind = roleKinds.get(element.name) as Role['kind']
  const { instances = 1, settings = new Map<string, string>() } = configuration ?? {}
  return importRole(element, { name, kind, instances, settings, probes }, log)
}

function reportStrayRoles(
  configured: Configuration,
  roles: ReadonlyMap<string, { readonly at: SourceRange }>,
  log: DiagnosticLog,
): void {
  for (const [name, { at }] of configured.roles)
    if (!roles.has(name))
      log.report('GL1026', at, `the configuration has a role '${name}', which the definition has not`, {
        severity: 'warning',
        hint: 'is this the configuration of another definition? The role is left out',
      })
}
