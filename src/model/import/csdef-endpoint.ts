/** The endpoints of a role: `<InputEndpoint>` (public) and `<InternalEndpoint>`. */
import type { DiagnosticLog } from '../../file/index.ts'
import type { Endpoint } from '../network.ts'
import { notSupported, portOf, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Ports that the definition leaves to the platform (none given, or `*`) are assigned from here on. */
const firstDynamicPort = 20_000
/** Microsoft's platform allows 25. */
const maxEndpoints = 256

type Spoken = Pick<Endpoint, 'protocol' | 'application'>

const spoken: ReadonlyMap<string, Spoken> = new Map([
  ['http', { protocol: 'tcp', application: 'http' }],
  ['https', { protocol: 'tcp', application: 'https' }],
  ['tcp', { protocol: 'tcp', application: 'echo' }],
  ['udp', { protocol: 'udp', application: 'echo' }],
])

/** Attributes that are understood or have no bearing on the network. */
const attributes: Readonly<Record<string, readonly string[]>> = {
  InputEndpoint: [
    'name',
    'protocol',
    'port',
    'localPort',
    'certificate',
    'ignoreRoleInstanceStatus',
    'loadBalancerProbe',
  ],
  InternalEndpoint: ['name', 'protocol', 'port'],
}

/** Where an endpoint stands; `undefined` ports are assigned once all fixed ones are known. */
interface Draft extends Spoken, Pick<Endpoint, 'name' | 'at' | 'exposure'> {
  readonly publicPort: number | undefined
  readonly port: number | undefined
  readonly lastPort?: number
}

export function importEndpoints(list: XmlElement, log: DiagnosticLog): Endpoint[] {
  if (list.children.length > maxEndpoints) {
    log.report('GL1027', list.at, `a role has at most ${maxEndpoints} endpoints, not ${list.children.length}`)
    return []
  }
  const drafts = list.children.flatMap((element) => draftOf(element, log) ?? [])
  const isTaken = (port: number) =>
    drafts.some(
      (draft) => draft.port !== undefined && draft.port <= port && port <= (draft.lastPort ?? draft.port),
    )
  let dynamicPort = firstDynamicPort - 1
  return drafts.map(({ publicPort, port, ...rest }) => {
    if (port === undefined)
      do dynamicPort++
      while (isTaken(dynamicPort))
    const assigned = port ?? dynamicPort
    return Object.freeze({ ...rest, publicPort: publicPort ?? assigned, port: assigned })
  })
}

function draftOf(element: XmlElement, log: DiagnosticLog): Draft | undefined {
  const known = attributes[element.name]
  if (!known) {
    notSupported(element, log)
    return undefined
  }
  for (const attribute of element.attributes.keys())
    if (!known.includes(attribute) && !attribute.startsWith('xmlns'))
      log.report('GL1024', element.at, `attribute '${attribute}' of <${element.name}> is not supported yet`, {
        hint: 'it may bear on what the network allows, so it is not passed over: remove it',
      })
  const name = required(element, 'name', log)
  const protocol = required(element, 'protocol', log)
  if (name === undefined || protocol === undefined) return undefined
  const words = spoken.get(protocol.toLowerCase())
  if (!words) {
    log.report('GL1025', element.at, `endpoint '${name}' has the protocol '${protocol}'`, {
      hint: `supported are ${[...spoken.keys()].join(', ')}`,
    })
    return undefined
  }
  return element.name === 'InputEndpoint'
    ? inputEndpoint(element, { name, ...words }, log)
    : internalEndpoint(element, { name, ...words }, log)
}

function inputEndpoint(
  element: XmlElement,
  base: Spoken & { name: string },
  log: DiagnosticLog,
): Draft | undefined {
  for (const child of element.children) notSupported(child, log)
  if (required(element, 'port', log) === undefined) return undefined
  const publicPort = portOf(element, 'port', log)
  const local = element.attributes.get('localPort')
  const port =
    local === undefined ? publicPort : local === '*' ? undefined : portOf(element, 'localPort', log)
  if (publicPort === undefined) return undefined
  return { ...base, at: element.at, exposure: 'public', publicPort, port }
}

function internalEndpoint(
  element: XmlElement,
  base: Spoken & { name: string },
  log: DiagnosticLog,
): Draft | undefined {
  const draft = { ...base, at: element.at, exposure: 'internal' as const, publicPort: undefined }
  const [child, ...more] = element.children
  for (const other of more) notSupported(other, log)
  if (child?.name === 'FixedPort') return { ...draft, port: portOf(child, 'port', log) }
  if (child?.name === 'FixedPortRange') {
    const [port, lastPort] = [portOf(child, 'min', log), portOf(child, 'max', log)]
    if (port === undefined || lastPort === undefined) return undefined
    if (port <= lastPort) return port === lastPort ? { ...draft, port } : { ...draft, port, lastPort }
    log.report('GL1027', child.at, `port range ${port} to ${lastPort} is reversed`, {
      hint: 'swap min and max',
    })
    return undefined
  }
  if (child) notSupported(child, log)
  const given = element.attributes.get('port')
  return { ...draft, port: given === undefined || given === '*' ? undefined : portOf(element, 'port', log) }
}
