/** An Azure Cloud Services document: its root element, and that all of it is of one namespace. */
import type { DiagnosticLog, SourceText } from '../../file/index.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** Microsoft's namespaces bear the date of a schema: 2008/10 to this day, others in tools of later years. */
const namespaceOf = (root: string): RegExp =>
  new RegExp(`^http://schemas\\.microsoft\\.com/ServiceHosting/20\\d\\d/\\d\\d/${root}$`)

/** The root element if it is the one wanted; what is wrong is in the log. */
export function readDocument(
  source: SourceText,
  wanted: { readonly root: string; readonly extension: string },
  log: DiagnosticLog,
): XmlElement | undefined {
  const root = parseXml(source, log)
  if (!root) return undefined
  if (root.name !== wanted.root) {
    log.report('GL1021', root.at, `expected <${wanted.root}>, found <${root.name}>`, {
      hint: `is this the ${wanted.extension} file?`,
    })
    return undefined
  }
  if (root.namespace !== '' && !namespaceOf(wanted.root).test(root.namespace)) {
    log.report('GL1021', root.at, `<${root.name}> is of the namespace '${root.namespace}'`, {
      hint: `Azure's are http://schemas.microsoft.com/ServiceHosting/2008/10/${wanted.root} and those of later dates`,
    })
    return undefined
  }
  reportForeign(root, root.namespace, log)
  return root
}

/** An element of another namespace has a meaning that we do not know, whatever its name. */
function reportForeign(element: XmlElement, namespace: string, log: DiagnosticLog): void {
  for (const child of element.children) {
    if (child.namespace === namespace) reportForeign(child, namespace, log)
    else
      log.report('GL1024', child.at, `<${child.name}> is of another namespace: '${child.namespace}'`, {
        hint: 'remove it, or give it the namespace of the file',
      })
  }
}
