/** `glacis import csdef DIR`: the Azure Cloud Services of a directory as the `services` section of a network file. */
import { type Dirent, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { formatDiagnostics, hasErrors } from '../../file/index.ts'
import { type CloudService, configurationOf, readCloudService, serviceYaml } from '../../model/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { outcomeOf } from '../mistakes.ts'
import { diagnosticJson } from '../network-argument.ts'
import type { Terminal } from '../terminal.ts'

export interface ImportCsdefOptions {
  readonly tenant?: string
  readonly sites: readonly string[]
  readonly roles: boolean
}

/** Directories within each other that are looked into. */
const maxDepth = 16

export function importCsdefCommand(
  directory: string,
  { tenant, sites, roles: writeOut }: ImportCsdefOptions,
  terminal: Terminal,
): number {
  const services = definitionsIn(directory).map(({ definition, configuration }) =>
    readCloudService(definition, configuration),
  )
  if (services.length === 0)
    throw new CommandError(
      `import csdef ${directory}: there is no service definition (*.csdef) in it; name the directory that holds one`,
    )
  const pathOf = (file: string): string => relative('.', file).replaceAll('\\', '/')
  const text = serviceYaml(services, { ...(tenant !== undefined && { tenant }), sites, writeOut, pathOf })
  const refused = services.filter(({ roles }) => !roles)
  terminal.result({ ok: refused.length === 0, network: text, services: services.map(serviceJson) })
  const diagnostics = services.flatMap((service) => service.diagnostics)
  if (diagnostics.length > 0)
    terminal.say(`${formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported })}\n`)
  if (!terminal.json && refused.length < services.length) terminal.print(text.trimEnd())
  if (refused.length === 0) return exitCodes.ok
  const names = refused.map(({ definition }) => pathOf(definition)).join(', ')
  const outcome = `${refused.length} of ${services.length} services are refused (${names})`
  terminal.say(`glacis: import csdef: ${outcomeOf(diagnostics, [], outcome)}`)
  return exitCodes.usage
}

interface Found {
  readonly definition: string
  readonly configuration: string | undefined
}

/** All definitions in a directory and those below it, by path. */
function definitionsIn(directory: string, depth = 0): readonly Found[] {
  const entries = list(directory, depth).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const here = files
    .filter((file) => /\.csdef$/i.test(file))
    .map((file): Found => {
      const configuration = configurationOf(file, files)
      return {
        definition: join(directory, file),
        configuration: configuration === undefined ? undefined : join(directory, configuration),
      }
    })
  const below = depth < maxDepth ? entries.filter((entry) => isSearched(entry)) : []
  return [...here, ...below.flatMap(({ name }) => definitionsIn(join(directory, name), depth + 1))]
}

const isSearched = (entry: Dirent): boolean =>
  entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')

function list(directory: string, depth: number): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (depth > 0) return []
    const file = code === 'ENOTDIR' ? `; name its directory, ${dirname(directory)}` : '; check the path'
    throw new CommandError(`import csdef ${directory}: cannot list the directory (${code})${file}`)
  }
}

const serviceJson = ({ name, definition, configuration, roles, diagnostics }: CloudService) => ({
  name,
  ok: !hasErrors(diagnostics),
  definition,
  configuration: configuration ?? null,
  roles: (roles ?? []).map((role) => ({
    name: role.name,
    kind: role.kind,
    instances: role.instances,
    endpoints: role.endpoints.map((endpoint) => ({
      name: endpoint.name,
      exposure: endpoint.exposure,
      protocol: endpoint.protocol,
      application: endpoint.application,
      publicPort: endpoint.exposure === 'internal' ? null : endpoint.publicPort,
      lastPublicPort: endpoint.lastPublicPort ?? null,
      port: endpoint.protocol === 'any' ? null : endpoint.port,
      lastPort: endpoint.lastPort ?? null,
      from: endpoint.only?.from ?? null,
      acl: endpoint.acl?.name ?? null,
      probe: endpoint.probe?.name ?? null,
      file: endpoint.at.file,
      line: endpoint.at.line,
    })),
  })),
  diagnostics: diagnostics.map(diagnosticJson),
})
