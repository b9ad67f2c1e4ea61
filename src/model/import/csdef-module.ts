/** `<Imports>`: modules of Azure's tools, which bring endpoints of their own into a role. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { EndpointDraft } from './csdef-endpoint.ts'
import { childrenNamed, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

type ModuleEndpoint = Omit<EndpointDraft, 'at'>

const plugins = 'Microsoft.WindowsAzure.Plugins'

/** Port of the Remote Desktop Protocol. */
const rdp = 3389

/**
 * What the modules that Azure documents open, as their own definitions in its SDK say: Remote Desktop comes in at one role of the
 * service, whose forwarder leads it on to the machine wanted.
 */
const modules: ReadonlyMap<string, ModuleEndpoint | undefined> = new Map([
  ['diagnostics', undefined],
  [
    'remoteaccess',
    {
      name: `${plugins}.RemoteAccess.Rdp`,
      exposure: 'internal',
      protocol: 'tcp',
      application: 'echo',
      publicPort: undefined,
      port: rdp,
    },
  ],
  [
    'remoteforwarder',
    {
      name: `${plugins}.RemoteForwarder.RdpInput`,
      exposure: 'public',
      protocol: 'tcp',
      application: 'echo',
      publicPort: rdp,
      port: undefined,
    },
  ],
])

/** @param settings of the role in the configuration: `….Enabled` set to false leaves a module's endpoint closed */
export function moduleEndpoints(
  imports: XmlElement,
  settings: ReadonlyMap<string, string>,
  log: DiagnosticLog,
): readonly EndpointDraft[] {
  return childrenNamed(imports, 'Import', log).flatMap((element): EndpointDraft[] => {
    const name = required(element, 'moduleName', log)
    if (name === undefined) return []
    if (!modules.has(name.toLowerCase())) {
      log.report(
        'GL1028',
        element.at,
        `module '${name}' is not known: endpoints that it would open stay closed`,
        { severity: 'warning', hint: 'write its endpoints into the definition if they are to be open' },
      )
      return []
    }
    const endpoint = modules.get(name.toLowerCase())
    if (!endpoint || !isEnabled(element, name, settings, log)) return []
    return [{ ...endpoint, at: element.at }]
  })
}

/** Azure's tools write the setting for each module; without it the module is enabled, with another value than these two it is not. */
function isEnabled(
  element: XmlElement,
  module: string,
  settings: ReadonlyMap<string, string>,
  log: DiagnosticLog,
): boolean {
  const name = `${plugins}.${module}.Enabled`
  const value = settings.get(name)?.trim().toLowerCase() ?? 'true'
  if (value !== 'true' && value !== 'false')
    log.report(
      'GL1028',
      element.at,
      `module '${module}' stays closed: setting '${name}' is '${value.slice(0, 40)}'`,
      {
        severity: 'warning',
        hint: 'set it to true in the .cscfg file if the module is to open its endpoint',
      },
    )
  return value === 'true'
}
