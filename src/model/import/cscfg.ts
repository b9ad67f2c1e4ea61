/** Instance counts of a service configuration (`.cscfg`). */
import type { DiagnosticLog, SourceText } from '../../file/index.ts'
import { parseXml } from './xml.ts'

/** Role name → instances; `undefined` if the file cannot be read as a configuration. */
export function instanceCounts(
  source: SourceText,
  log: DiagnosticLog,
): ReadonlyMap<string, number> | undefined {
  const root = parseXml(source, log)
  if (!root) return undefined
  if (root.name !== 'ServiceConfiguration') {
    log.report('GL1021', root.at, `expected <ServiceConfiguration>, found <${root.name}>`, {
      hint: 'is this the .cscfg file?',
    })
    return undefined
  }
  const counts = new Map<string, number>()
  for (const role of root.children) {
    const name = role.attributes.get('name')
    const count = role.children.find((child) => child.name === 'Instances')?.attributes.get('count')
    if (role.name === 'Role' && name && count !== undefined && /^\d+$/.test(count))
      counts.set(name, Number(count))
  }
  return counts
}
