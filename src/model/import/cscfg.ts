/** The service configuration (`.cscfg`): how many instances each role has, its settings, and who may use its endpoints. */
import type { DiagnosticLog, SourceRange, SourceText } from '../../file/index.ts'
import { type AccessLists, noAccessLists } from './cscfg-access.ts'
import { readNetworkConfiguration } from './cscfg-network.ts'
import { readDocument } from './document.ts'
import { badContent, checkAttributes, childrenNamed, notSupported, numberOf, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** As for roles that are written in YAML. */
const maxInstances = 10_000

export interface RoleConfiguration {
  readonly instances: number
  readonly settings: ReadonlyMap<string, string>
  readonly at: SourceRange
}

export interface Configuration {
  readonly roles: ReadonlyMap<string, RoleConfiguration>
  readonly access: AccessLists
}

export const noConfiguration: Configuration = { roles: new Map(), access: noAccessLists }

/** `undefined` if the file cannot be read as a configuration. */
export function readServiceConfiguration(
  source: SourceText,
  { hasVips }: { readonly hasVips: boolean },
  log: DiagnosticLog,
): Configuration | undefined {
  const root = readDocument(source, { root: 'ServiceConfiguration', extension: '.cscfg' }, log)
  if (!root) return undefined
  const roles = new Map<string, RoleConfiguration>()
  const networks = root.children.filter(({ name }) => name === 'NetworkConfiguration')
  for (const child of root.children) {
    if (child.name === 'NetworkConfiguration') continue
    if (child.name !== 'Role') {
      notSupported(child, log)
      continue
    }
    const name = required(child, 'name', log)
    const configuration = roleConfiguration(child, log)
    if (name === undefined) continue
    const same = roles.get(name)
    if (same)
      log.report('GL2005', child.at, `role '${name}' is given twice`, {
        related: [{ message: 'first given here', at: same.at }],
      })
    else roles.set(name, configuration)
  }
  return { roles, access: readNetworkConfiguration(networks, { hasVips }, log) }
}

/** Parts of a role's configuration that have no bearing on the network. */
const passedOver = new Set(['Instances', 'ConfigurationSettings', 'Certificates', 'OsImage'])

function roleConfiguration(role: XmlElement, log: DiagnosticLog): RoleConfiguration {
  for (const child of role.children) if (!passedOver.has(child.name)) notSupported(child, log)
  const [element, ...more] = role.children.filter(({ name }) => name === 'Instances')
  for (const other of more)
    badContent(other, '<Instances> is given twice', 'which of the two counts is not said: remove one', log)
  if (element) checkAttributes(element, ['count'], log)
  const instances = numberOf(element ?? role, 'count', [1, maxInstances], 'a number of instances', log) ?? 1
  return { instances, settings: settingsOf(role, log), at: role.at }
}

/** A setting can close what a module opens, so one that cannot be read is not passed over. */
function settingsOf(role: XmlElement, log: DiagnosticLog): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const list of role.children.filter(({ name }) => name === 'ConfigurationSettings'))
    for (const setting of childrenNamed(list, 'Setting', log)) {
      checkAttributes(setting, ['name', 'value'], log)
      const [name, value] = [setting.attributes.get('name')?.trim(), setting.attributes.get('value')]
      if (!name || value === undefined)
        badContent(setting, `<Setting> has no ${name ? 'value' : 'name'}`, 'give it both, or remove it', log)
      else if (settings.has(name) && settings.get(name) !== value)
        badContent(setting, `setting '${name}' is given twice`, 'remove one of the two', log)
      else settings.set(name, value)
    }
  return settings
}
