/** From a file to the network. Mistakes are values, never exceptions. */
import { dirname, isAbsolute, join } from 'node:path'
import {
  type Diagnostic,
  DiagnosticLog,
  decodeSource,
  hasErrors,
  parseYaml,
  type ReadFile,
  readFileBounded,
  readSource,
  type SourceText,
  sortedDiagnostics,
  validateNetworkFile,
} from '../file/index.ts'
import type { Network } from './network.ts'
import { type Ask, Asker } from './resolve/question.ts'
import { Resolution } from './resolve/resolution.ts'
import { resolveNetwork } from './resolve/resolve.ts'

export interface LoadResult {
  /** Absent if any diagnostic is an error. */
  readonly network?: Network
  /** What names mean in the network: there if it is. */
  readonly ask?: Ask
  /** All mistakes, in the order of the files and lines. */
  readonly diagnostics: readonly Diagnostic[]
  /** Paths of the files that were read, or looked for. */
  readonly files: readonly string[]
}

export interface LoadOptions {
  /** A network that was loaded before. Machines, cables and services that are in both, and written on the same lines, are then the same objects: of a large one most are. */
  readonly known?: Network
}

/** Loads a network file and what it imports. Reads synchronously; never throws for what is in the files. */
export function loadNetwork(
  file: string,
  { known, path = file }: LoadOptions & { /** Where the text is, if not at its name. */ path?: string } = {},
): LoadResult {
  const log = DiagnosticLog()
  const source = readSource(file, log, { path })
  return source
    ? load(source, log, readFileBounded, known)
    : { diagnostics: sortedDiagnostics(log), files: [file] }
}

/** As {@link loadNetwork} for text at hand; `readFile` gives the files that it imports, by path beside `file`. */
export function parseNetwork(
  text: string | Uint8Array,
  {
    file = 'network.yaml',
    readFile = readFileBounded,
    known,
  }: LoadOptions & { file?: string; readFile?: ReadFile } = {},
): LoadResult {
  const log = DiagnosticLog()
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const source = decodeSource(file, bytes, log)
  return source ? load(source, log, readFile, known) : { diagnostics: sortedDiagnostics(log), files: [file] }
}

function load(
  source: SourceText,
  log: DiagnosticLog,
  readFile: ReadFile,
  known: Network | undefined,
): LoadResult {
  const root = parseYaml(source, log)
  const file = root && validateNetworkFile(root, log)
  const files = [source.file]
  if (!root || !file) return { diagnostics: sortedDiagnostics(log), files }
  const beside = (name: string): string => {
    const path = isAbsolute(name) ? name : join(dirname(source.file), name)
    files.push(path)
    return path
  }
  const resolution = Resolution(file, root, log, {
    readImport: (name, at) => readSource(beside(name), log, { readFile, at }),
    canImport: (name) => isThere(beside(name), readFile),
    ...(known && { known }),
  })
  const resolved = resolveNetwork(resolution, source.file)
  const diagnostics = sortedDiagnostics(log)
  if (!resolved || hasErrors(diagnostics)) return { diagnostics, files }
  const { network, named } = resolved
  return { network, ask: Asker(named, network), diagnostics, files }
}

/** A file that is there and cannot be read counts: reading it says why. */
function isThere(path: string, readFile: ReadFile): boolean {
  try {
    readFile(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
