/** `<LoadBalancerProbes>`: how the health of endpoints is to be asked for. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { HealthProbe } from '../network.ts'
import { checkAttributes, childrenNamed, numberOf, portOf, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Seconds: Azure's standard values and least values, and a day. */
const intervals = { interval: { standard: 15, least: 5 }, timeout: { standard: 31, least: 11 }, most: 86_400 }

/** By name; those with mistakes are there too, so that references to them hold. */
export function importProbes(list: XmlElement, probes: Map<string, HealthProbe>, log: DiagnosticLog): void {
  for (const element of childrenNamed(list, 'LoadBalancerProbe', log)) {
    checkAttributes(
      element,
      ['name', 'protocol', 'path', 'port', 'intervalInSeconds', 'timeoutInSeconds'],
      log,
    )
    const name = required(element, 'name', log)
    if (name === undefined) continue
    if (probes.has(name)) log.report('GL2005', element.at, `probe '${name}' is given twice`)
    probes.set(name, probeOf(element, name, log))
  }
}

function probeOf(element: XmlElement, name: string, log: DiagnosticLog): HealthProbe {
  const protocol = element.attributes.get('protocol')?.trim().toLowerCase()
  if (protocol !== 'http' && protocol !== 'tcp')
    log.report('GL1025', element.at, `probe '${name}' has the protocol '${protocol ?? ''}'`, {
      hint: 'probes speak http or tcp',
    })
  const path = element.attributes.get('path')
  const port = element.attributes.has('port') ? portOf(element, 'port', log) : undefined
  const seconds = (attribute: string, { standard, least }: { standard: number; least: number }) =>
    element.attributes.has(attribute)
      ? (numberOf(element, attribute, [least, intervals.most], 'seconds', log) ?? standard)
      : standard
  return Object.freeze({
    name,
    protocol: protocol === 'http' ? 'http' : 'tcp',
    ...(path !== undefined && { path }),
    ...(port !== undefined && { port }),
    interval: seconds('intervalInSeconds', intervals.interval),
    timeout: seconds('timeoutInSeconds', intervals.timeout),
  })
}
