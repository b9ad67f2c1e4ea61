/** What the steps of resolving a network file share. */
import {
  type DiagnosticLog,
  keyAt,
  type Located,
  type NetworkFile,
  type Path,
  type SourceRange,
  type SourceText,
  valueAt,
} from '../file/index.ts'
import { LinkMaker } from './link.ts'

export interface Resolution {
  readonly file: NetworkFile
  readonly log: DiagnosticLog
  readonly links: LinkMaker
  /** Where the value at a path stands. */
  valueAt(...path: Path): SourceRange
  /** Where the last key of a path stands. */
  keyAt(...path: Path): SourceRange
  /** Reads a file named in the network file, relative to it; failures are reported at `at`. */
  readImport(name: string, at: SourceRange): SourceText | undefined
}

export function Resolution(
  file: NetworkFile,
  root: Located,
  log: DiagnosticLog,
  readImport: Resolution['readImport'],
): Resolution {
  return {
    file,
    log,
    links: LinkMaker(),
    valueAt: (...path) => valueAt(root, path).at,
    keyAt: (...path) => keyAt(root, path),
    readImport,
  }
}
