/** A network of one site with one Azure Cloud Service, given as text. */
import { formatDiagnostics } from '../../../src/file/index.ts'
import { type LoadResult, type Network, parseNetwork } from '../../../src/model/index.ts'
import { smallNetwork } from '../../../src/model/testing/small-network.ts'

export const serviceDefinition = (content: string): string =>
  `<ServiceDefinition name="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">${content}</ServiceDefinition>`

/** So many instances of each role, and what else is to stand in the file. */
export const serviceConfiguration = (instances: Readonly<Record<string, number>>, more = ''): string =>
  `<ServiceConfiguration serviceName="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">${Object.entries(
    instances,
  )
    .map(([name, count]) => `<Role name="${name}"><Instances count="${count}" /></Role>`)
    .join('')}${more}</ServiceConfiguration>`

/** The small network, its services replaced by one that is named `s`. */
export function loadService(
  definition: string | Uint8Array,
  configuration?: string | Uint8Array,
): LoadResult {
  const head = smallNetwork.slice(0, smallNetwork.indexOf('services:'))
  const text = `${head}services:\n  s:\n    tenant: northwind\n    sites: [west]\n    service: s.csdef\n`
  const files: Readonly<Record<string, string | Uint8Array | undefined>> = {
    's.csdef': definition,
    'ServiceConfiguration.cscfg': configuration,
  }
  return parseNetwork(text, {
    readFile: (path) => {
      const file = files[path]
      if (file === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return typeof file === 'string' ? new TextEncoder().encode(file) : file
    },
  })
}

export function requireService(
  definition: string | Uint8Array,
  configuration?: string | Uint8Array,
): Network {
  const { network, diagnostics } = loadService(definition, configuration)
  if (!network) throw new TypeError(`load the service: ${formatDiagnostics(diagnostics)}`)
  return network
}
