/** The `<Endpoints>` of a role. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { Endpoint } from '../network.ts'
import { unsupported } from './csdef.ts'
import type { XmlElement } from './xml.ts'

/** Ports of endpoints that the definition leaves open (`port` absent or `*`) are assigned from here. */
const firstDynamicPort = 20_000

type Application = Pick<Endpoint, 'protocol' | 'application'>

const protocols: Readonly<Record<string, Application>> = {
  http: { protocol: 'tcp', application: 'http' },
  https: { protocol: 'tcp', application: 'https' },
  tcp: { protocol: 'tcp', application: 'echo' },
  udp: { protocol: 'udp', application: 'echo' },
}

export function csdefEndpoints(list: XmlElement, log: DiagnosticLog): Endpoint[] {
  const endpoints: Endpoint[] = []
  let dynamicPort = firstDynamicPort
  for (const element of list.children) {
    if (element.name !== 'InputEndpoint' && element.name !== 'InternalEndpoint') {
      unsupported(element, log)
      continue
    }
    const name = element.attributes.get('name')
    const protocol = element.attributes.get('protocol')?.toLowerCase() ?? ''
    const application = protocols[protocol]
    if (!name || !application) {
      if (!name) log.report('GL1022', element.at, `<${element.name}> has no name`)
      else log.report('GL1025', element.at, `endpoint '${name}' has the protocol '${protocol}'`)
      continue
    }
    const port = numberOf(element, 'port') ?? dynamicPort++
    const local = numberOf(element, 'localPort') ?? port
    const exposure = element.name === 'InputEndpoint' ? 'public' : 'internal'
    endpoints.push({ name, at: element.at, exposure, ...application, publicPort: port, port: local })
  }
  return endpoints
}

function numberOf(element: XmlElement, attribute: string): number | undefined {
  const text = element.attributes.get(attribute)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
