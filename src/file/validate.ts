/** Checks a located document against the schema; gives the typed file, or `undefined` and the reasons in the log. */
import * as v from 'valibot'
import type { DiagnosticLog } from './diagnostic.ts'
import { keyAt, type Located, type Path, plainValue, valueAt } from './located.ts'
import { NetworkFile } from './schema.ts'

export function validateNetworkFile(root: Located, log: DiagnosticLog): NetworkFile | undefined {
  const result = v.safeParse(NetworkFile, plainValue(root))
  for (const issue of result.issues ?? []) {
    const path: Path = (issue.path ?? []).map(({ key }) => key as string | number)
    log.report(
      'GL1010',
      issue.path?.at(-1)?.origin === 'key' ? keyAt(root, path) : valueAt(root, path).at,
      issue.message,
    )
  }
  return result.success ? result.output : undefined
}
