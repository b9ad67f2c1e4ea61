/** What the steps of resolving a network file share. */
import {
  type DiagnosticLog,
  keyAt,
  type Located,
  type NetworkFile,
  type Path,
  type SourceRange,
  type SourceText,
  type ValidatedFile,
  valueAt,
} from '../../file/index.ts'
import type { Network } from '../network.ts'
import { LinkMaker } from './link.ts'

export interface Resolution {
  /** What of the file has the right form. */
  readonly file: NetworkFile
  readonly log: DiagnosticLog
  readonly links: LinkMaker
  /** A network that was loaded before, whose parts are used where they say the same. */
  readonly known?: Network
  /** Where the value at a path stands. */
  valueAt(...path: Path): SourceRange
  /** Where the last key of a path stands. */
  keyAt(...path: Path): SourceRange
  /** True if there is such an entry in the file as it was written, right or wrong. */
  isWritten(section: Section, name: string): boolean
  /** True if part of the entry was left out because of its form. */
  isIncomplete(section: Section, name: string): boolean
  /** Reads a file named in the network file, relative to it; failures are reported at `at`. */
  readImport(name: string, at: SourceRange): SourceText | undefined
  /** Whether there is such a file, relative to the network file. */
  canImport(name: string): boolean
}

type Section = 'templates' | 'sites' | 'services'

export function Resolution(
  { file, isIncomplete }: ValidatedFile,
  root: Located,
  log: DiagnosticLog,
  { readImport, canImport, known }: Pick<Resolution, 'readImport' | 'canImport' | 'known'>,
): Resolution {
  return {
    file,
    log,
    links: LinkMaker(known?.links),
    ...(known && { known }),
    valueAt: (...path) => valueAt(root, path).at,
    keyAt: (...path) => keyAt(root, path),
    isWritten: (section, name) => {
      const names = valueAt(root, [section])
      return names.kind === 'map' && names.entries.has(name)
    },
    isIncomplete,
    readImport,
    canImport,
  }
}
