/** The roles of a service, written in the network file or imported. */
import type { EndpointFile, ServiceFile } from '../file/index.ts'
import { importCsdef } from './import/csdef.ts'
import type { Endpoint, Role } from './network.ts'
import type { Resolution } from './resolution.ts'

export function rolesOf(service: string, written: ServiceFile, resolution: Resolution): readonly Role[] {
  if (written.import) return importedRoles(service, written.import, resolution)
  return Object.entries(written.roles ?? {}).map(([name, role]): Role => {
    const path = ['services', service, 'roles', name] as const
    const endpoints = (['public', 'internal'] as const).flatMap((exposure) =>
      Object.entries(role[exposure]).map(([endpoint, file]) =>
        makeEndpoint(endpoint, exposure, file, resolution.keyAt(...path, exposure, endpoint)),
      ),
    )
    return Object.freeze({
      name,
      kind: role.kind,
      at: resolution.keyAt(...path),
      instances: role.instances,
      endpoints: Object.freeze(endpoints),
    })
  })
}

function makeEndpoint(
  name: string,
  exposure: Endpoint['exposure'],
  file: EndpointFile,
  at: Endpoint['at'],
): Endpoint {
  const port = file['local-port'] ?? file.port
  return Object.freeze({
    name,
    at,
    exposure,
    protocol: file.protocol === 'udp' ? 'udp' : 'tcp',
    application: file.protocol === 'http' || file.protocol === 'https' ? file.protocol : 'echo',
    publicPort: exposure === 'public' ? file.port : port,
    port,
  })
}

function importedRoles(
  service: string,
  { definition, configuration }: { definition: string; configuration: string },
  resolution: Resolution,
): readonly Role[] {
  const at = (key: string) => resolution.valueAt('services', service, 'import', key)
  const definitionText = resolution.readImport(definition, at('definition'))
  const configurationText = resolution.readImport(configuration, at('configuration'))
  if (!definitionText || !configurationText) return []
  return importCsdef(definitionText, configurationText, resolution.log)
}
