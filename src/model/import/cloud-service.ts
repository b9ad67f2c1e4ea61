/** Cloud services as they stand on a disk: a definition with its configuration beside it. */
import { dirname } from 'node:path'
import {
  type Diagnostic,
  DiagnosticLog,
  hasErrors,
  type ReadFile,
  readFileBounded,
  readSource,
  sortedDiagnostics,
} from '../../file/index.ts'
import type { Role } from '../network.ts'
import { importCsdef } from './csdef.ts'
import { parseXml } from './xml.ts'

export interface CloudService {
  /** What the definition calls it; else the name of its directory. */
  readonly name: string
  readonly definition: string
  readonly configuration?: string
  /** Absent if any diagnostic is an error. */
  readonly roles?: readonly Role[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Names under which the configuration for the cloud stands beside a definition, by preference. */
export const configurationNames: readonly string[] = [
  'ServiceConfiguration.Cloud.cscfg',
  'ServiceConfiguration.cscfg',
]

/** Which of the files of a directory is the configuration of a definition there: by name, else the only one, else one for the cloud. */
export function configurationOf(definition: string, files: readonly string[]): string | undefined {
  const candidates = files.filter((file) => /\.cscfg$/i.test(file)).toSorted()
  const names = [...configurationNames, definition.replace(/\.csdef$/i, '.cscfg')]
  const named = names.find((name) => candidates.includes(name))
  if (named !== undefined || candidates.length === 1) return named ?? candidates[0]
  return candidates.find((file) => /cloud/i.test(file))
}

/** Reads one service. Mistakes are values, never exceptions. */
export function readCloudService(
  definition: string,
  configuration: string | undefined,
  { readFile = readFileBounded }: { readonly readFile?: ReadFile } = {},
): CloudService {
  const log = DiagnosticLog()
  const source = readSource(definition, log, { readFile })
  const configured = configuration === undefined ? undefined : readSource(configuration, log, { readFile })
  const isRead = source !== undefined && (configuration === undefined || configured !== undefined)
  const roles = isRead ? importCsdef(source, configured, log) : []
  const diagnostics = sortedDiagnostics(log)
  const given = source && parseXml(source, DiagnosticLog())?.attributes.get('name')?.trim()
  const directory = dirname(definition).split(/[/\\]/).at(-1)
  return {
    name: given || directory || 'service',
    definition,
    ...(configuration !== undefined && { configuration }),
    ...(!hasErrors(diagnostics) && { roles }),
    diagnostics,
  }
}
