/** The endpoints of a role: `<InputEndpoint>`, `<InstanceInputEndpoint>` (both at the VIP) and `<InternalEndpoint>`. */
import { type DiagnosticLog, suggestion } from '../../file/index.ts'
import type { Endpoint } from '../network.ts'
import type { RoleSurroundings } from './csdef-role.ts'
import {
  badContent,
  checkAttributes,
  flagOf,
  notSupported,
  notTakenOver,
  portOf,
  rangeOf,
  required,
} from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Ports that the definition leaves to the platform (none given, or `*`) are assigned from here on. */
const firstDynamicPort = 20_000
/** Microsoft's platform allows 25. */
const maxEndpoints = 256

type Spoken = Pick<Endpoint, 'protocol' | 'application'>

const http: Spoken = { protocol: 'tcp', application: 'http' }
const https: Spoken = { protocol: 'tcp', application: 'https' }
const tcp: Spoken = { protocol: 'tcp', application: 'echo' }
const udp: Spoken = { protocol: 'udp', application: 'echo' }

/** An endpoint whose ports may still be open (`undefined`): they are assigned once all fixed ones are known. */
export type EndpointDraft = Omit<Endpoint, 'publicPort' | 'port'> & {
  readonly publicPort: number | undefined
  readonly port: number | undefined
}

type Base = Pick<Endpoint, 'name' | 'at'> & Spoken

interface Kind {
  /** Attributes that are understood, or have no bearing on what is allowed. */
  readonly attributes: readonly string[]
  readonly spoken: Readonly<Record<string, Spoken>>
  draft(
    element: XmlElement,
    base: Base,
    role: RoleSurroundings,
    log: DiagnosticLog,
  ): EndpointDraft | undefined
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  [
    'InputEndpoint',
    {
      attributes: [
        'name',
        'protocol',
        'port',
        'localPort',
        'certificate',
        'ignoreRoleInstanceStatus',
        'loadBalancerProbe',
        'idleTimeoutInMinutes',
        'loadBalancerDistribution',
        'enableDirectServerReturn',
      ],
      spoken: { http, https, tcp, udp },
      draft: inputEndpoint,
    },
  ],
  [
    'InstanceInputEndpoint',
    {
      attributes: ['name', 'protocol', 'localPort', 'idleTimeoutInMinutes'],
      spoken: { http, https, tcp, udp },
      draft: instanceEndpoint,
    },
  ],
  [
    'InternalEndpoint',
    {
      attributes: ['name', 'protocol', 'port'],
      spoken: { http, https, tcp, udp, any: { protocol: 'tcp-udp', application: 'echo' } },
      draft: internalEndpoint,
    },
  ],
])

/** The endpoints of a list, without ports where the definition leaves them to the platform. */
export function draftEndpoints(
  list: XmlElement,
  role: RoleSurroundings,
  log: DiagnosticLog,
): readonly EndpointDraft[] {
  if (list.children.length > maxEndpoints) {
    log.report('GL1027', list.at, `a role has at most ${maxEndpoints} endpoints, not ${list.children.length}`)
    return []
  }
  return list.children.flatMap((element) => {
    const kind = kinds.get(element.name)
    if (!kind) {
      notSupported(element, log)
      return []
    }
    checkAttributes(element, kind.attributes, log)
    const name = required(element, 'name', log)
    const protocol = required(element, 'protocol', log)
    if (name === undefined || protocol === undefined) return []
    const known = new Map(Object.entries(kind.spoken))
    const spoken = known.get(protocol.toLowerCase())
    if (spoken) return kind.draft(element, { name, at: element.at, ...spoken }, role, log) ?? []
    log.report('GL1025', element.at, `endpoint '${name}' has the protocol '${protocol}'`, {
      hint: `supported are ${[...known.keys()].join(', ')}`,
    })
    return []
  })
}

function inputEndpoint(
  element: XmlElement,
  base: Base,
  { probes }: RoleSurroundings,
  log: DiagnosticLog,
): EndpointDraft | undefined {
  for (const child of element.children) notSupported(child, log)
  if (flagOf(element, 'enableDirectServerReturn', log) === true)
    checkAttributes(element, kindWithout('enableDirectServerReturn'), log)
  flagOf(element, 'ignoreRoleInstanceStatus', log)
  if (element.attributes.has('loadBalancerDistribution'))
    notTakenOver(
      element,
      'loadBalancerDistribution',
      'each connection chooses its instance by its five-tuple',
      log,
    )
  const probeName = element.attributes.get('loadBalancerProbe')?.trim()
  const probe = probeName === undefined ? undefined : probes.get(probeName)
  if (probeName !== undefined && !probe)
    log.report('GL2001', element.at, `there is no load balancer probe '${probeName}'`, {
      hint: suggestion(probeName, [...probes.keys()], 'probes are'),
    })
  if (probe) notTakenOver(element, `probe '${probe.name}'`, 'all instances count as healthy', log)
  if (required(element, 'port', log) === undefined) return undefined
  const publicPort = portOf(element, 'port', log)
  const local = element.attributes.get('localPort')?.trim()
  const port =
    local === undefined ? publicPort : local === '*' ? undefined : portOf(element, 'localPort', log)
  if (publicPort === undefined) return undefined
  return { ...base, exposure: 'public', publicPort, port, ...(probe && { probe }) }
}

const kindWithout = (attribute: string): readonly string[] =>
  (kinds.get('InputEndpoint') as Kind).attributes.filter((known) => known !== attribute)

/** Instance 0 has the first port of the range, the next one the next; Azure does not say which instance gets which. */
function instanceEndpoint(
  element: XmlElement,
  base: Base,
  { name: role, instances }: RoleSurroundings,
  log: DiagnosticLog,
): EndpointDraft | undefined {
  const port = portOf(element, 'localPort', log)
  const [allocate, ...more] = element.children
  for (const other of more) notSupported(other, log)
  if (allocate && allocate.name !== 'AllocatePublicPortFrom') notSupported(allocate, log)
  const [range, ...others] = allocate?.children ?? []
  for (const other of others) notSupported(other, log)
  if (allocate?.name !== 'AllocatePublicPortFrom' || range?.name !== 'FixedPortRange') {
    badContent(
      element,
      `<InstanceInputEndpoint> '${base.name}' has no range of public ports`,
      'add <AllocatePublicPortFrom><FixedPortRange min="…" max="…" /></AllocatePublicPortFrom>',
      log,
    )
    return undefined
  }
  const ports = rangeOf(range, log)
  if (!ports || port === undefined) return undefined
  const count = ports.last - ports.first + 1
  if (count < instances)
    log.report(
      'GL2024',
      range.at,
      `${count} public ports are too few for ${instances} instances of role '${role}'`,
      {
        hint: 'widen the range, or lower the instance count in the .cscfg file',
      },
    )
  return { ...base, exposure: 'instance', publicPort: ports.first, lastPublicPort: ports.last, port }
}

function internalEndpoint(
  element: XmlElement,
  base: Base,
  _: RoleSurroundings,
  log: DiagnosticLog,
): EndpointDraft | undefined {
  const draft = { ...base, exposure: 'internal' as const, publicPort: undefined }
  const [child, ...more] = element.children
  for (const other of more) notSupported(other, log)
  if (child?.name === 'FixedPort') {
    checkAttributes(child, ['port'], log)
    const port = portOf(child, 'port', log)
    return port === undefined ? undefined : { ...draft, port }
  }
  if (child?.name === 'FixedPortRange') {
    const range = rangeOf(child, log)
    if (!range) return undefined
    const { first, last } = range
    return first === last ? { ...draft, port: first } : { ...draft, port: first, lastPort: last }
  }
  if (child) notSupported(child, log)
  const given = element.attributes.get('port')?.trim()
  if (given === undefined || given === '*')
    // "A value of ANY specifies that any protocol, any port is allowed": said of the endpoint that names no port.
    return base.protocol === 'tcp-udp'
      ? { ...draft, protocol: 'any', port: 0 }
      : { ...draft, port: undefined }
  const port = portOf(element, 'port', log)
  return port === undefined ? undefined : { ...draft, port }
}

/**
 * Assigns the ports that are left to the platform. Balancers keep no state by which a reply of a VM's port could find back to one of
 * two VIP ports: of endpoints at the VIP that share a port of the VM, one keeps it, and the others get ports of their own.
 */
export function placeEndpoints(drafts: readonly EndpointDraft[], log: DiagnosticLog): Endpoint[] {
  const unshared = drafts.map((draft) => {
    const keeper = keeperOf(draft, drafts)
    return keeper ? { ...draft, port: undefined, keeper } : draft
  })
  const isTaken = (port: number) =>
    unshared.some(
      (draft) => draft.port !== undefined && draft.port <= port && port <= (draft.lastPort ?? draft.port),
    )
  let dynamicPort = firstDynamicPort - 1
  return unshared.map((draft) => {
    const { publicPort, port, keeper, ...rest } = draft as EndpointDraft & { keeper?: EndpointDraft }
    if (port === undefined)
      do dynamicPort++
      while (isTaken(dynamicPort))
    const assigned = port ?? dynamicPort
    if (keeper)
      log.report(
        'GL1029',
        rest.at,
        `endpoint '${rest.name}' leads to port ${assigned} of the VMs: local port ${keeper.port} is that of '${keeper.name}'`,
        {
          severity: 'warning',
          hint: `let the service answer '${rest.name}' on port ${assigned}, or give it another localPort`,
        },
      )
    return Object.freeze({ ...rest, publicPort: publicPort ?? assigned, port: assigned })
  })
}

/** The endpoint that has the VM's port which this one names too: a public one before one for each instance, else the first. */
function keeperOf(draft: EndpointDraft, drafts: readonly EndpointDraft[]): EndpointDraft | undefined {
  if (draft.exposure === 'internal' || draft.port === undefined) return undefined
  const sharing = drafts.filter(
    ({ exposure, protocol, port }) =>
      exposure !== 'internal' && protocol === draft.protocol && port === draft.port,
  )
  const keeper = sharing.find(({ exposure }) => exposure === 'public') ?? sharing[0]
  return keeper === draft ? undefined : keeper
}
