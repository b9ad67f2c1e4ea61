/** `<AccessControls>` and `<EndpointAcls>`: which sources may use an endpoint at its VIP. */
import { type DiagnosticLog, type SourceRange, suggestion } from '../../file/index.ts'
import { type Family, Prefix, parseIp } from '../../net/index.ts'
import type { AccessList, AccessRule, Endpoint, Role } from '../network.ts'
import { badContent, checkAttributes, childrenNamed, numberOf, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** Azure allows 50. */
const maxRules = 256

/** Lists by name, and the endpoints that they are put on. */
export interface AccessLists {
  readonly lists: ReadonlyMap<string, Pick<AccessList, 'rules' | 'at'>>
  readonly uses: readonly AccessUse[]
}

interface AccessUse {
  readonly role: string
  readonly endpoint: string
  readonly list: string
  readonly at: SourceRange
}

export const noAccessLists: AccessLists = { lists: new Map(), uses: [] }

/** @param sections the `<NetworkConfiguration>` elements of the file */
export function readAccessLists(sections: readonly XmlElement[], log: DiagnosticLog): AccessLists {
  const children = sections.flatMap((section) => section.children)
  const lists = new Map<string, Pick<AccessList, 'rules' | 'at'>>()
  for (const section of children.filter(({ name }) => name === 'AccessControls'))
    for (const element of childrenNamed(section, 'AccessControl', log)) {
      const name = required(element, 'name', log)
      if (name === undefined) continue
      if (lists.has(name)) log.report('GL2005', element.at, `access list '${name}' is given twice`)
      lists.set(name, { at: element.at, rules: readRules(element, name, log) })
    }
  const uses = children
    .filter(({ name }) => name === 'EndpointAcls')
    .flatMap((section) => childrenNamed(section, 'EndpointAcl', log))
    .flatMap((element): AccessUse[] => {
      // The published schema says `endpoint`, Microsoft's own samples `endPoint`.
      const spelled = element.attributes.has('endPoint') ? 'endPoint' : 'endpoint'
      checkAttributes(element, ['role', spelled, 'accessControl'], log)
      const role = required(element, 'role', log)
      const endpoint = required(element, spelled, log)
      const list = required(element, 'accessControl', log)
      if (role === undefined || endpoint === undefined || list === undefined) return []
      return [{ role, endpoint, list, at: element.at }]
    })
  return { lists, uses }
}

/** By their order: the lowest number is asked first. */
function readRules(list: XmlElement, name: string, log: DiagnosticLog): readonly AccessRule[] {
  const elements = childrenNamed(list, 'Rule', log)
  if (elements.length === 0)
    badContent(
      list,
      `access list '${name}' has no rule`,
      'add a <Rule>, or remove the list and its uses',
      log,
    )
  if (elements.length > maxRules) {
    badContent(
      list,
      `access list '${name}' has ${elements.length} rules of at most ${maxRules}`,
      'join subnets',
      log,
    )
    return []
  }
  const ordered = new Map<number, AccessRule>()
  for (const element of elements) {
    checkAttributes(element, ['order', 'action', 'remoteSubnet', 'description'], log)
    const order = numberOf(element, 'order', [0, 999_999_999], 'a number', log)
    const action = element.attributes.get('action')?.trim().toLowerCase()
    const source = subnetOf(element, log)
    if (action !== 'permit' && action !== 'deny')
      badContent(
        element,
        `<Rule>: the action is '${action?.slice(0, 40) ?? ''}'`,
        "write 'permit' or 'deny'",
        log,
      )
    if (order === undefined || !source) continue
    const same = ordered.get(order)
    if (same)
      log.report('GL2005', element.at, `access list '${name}' has two rules of the order ${order}`, {
        hint: 'give each rule its own order, so that it is clear which one decides',
        related: [{ message: 'the other rule', at: same.at }],
      })
    else
      ordered.set(order, {
        action: action === 'permit' ? 'allow' : 'deny',
        sources: [source],
        at: element.at,
      })
  }
  return [...ordered].toSorted(([a], [b]) => a - b).map(([, rule]) => Object.freeze(rule))
}

/** A subnet, or an address as one of its own. Bits after the length are of no account, as in Azure. */
function subnetOf(element: XmlElement, log: DiagnosticLog): Prefix | undefined {
  const text = element.attributes.get('remoteSubnet')?.trim() ?? ''
  const [address, length, ...more] = text.split('/')
  const parsed = parseIp(address ?? '')
  const bits = parsed && lengthOf(length, parsed.family)
  if (parsed && bits !== undefined && more.length === 0) return Prefix(parsed.family, parsed.value, bits)
  log.report(
    'GL1027',
    element.at,
    `<Rule>: remoteSubnet must be a subnet such as 203.0.113.0/24, and is '${text.slice(0, 60)}'`,
  )
  return undefined
}

function lengthOf(text: string | undefined, family: Family): number | undefined {
  const all = family === 4 ? 32 : 128
  if (text === undefined) return all
  return /^\d{1,3}$/.test(text) && Number(text) <= all ? Number(text) : undefined
}

/** The roles, their endpoints with the lists that were put on them. A list that is used nowhere narrows nothing, and is reported. */
export function applyAccessLists(
  { lists, uses }: AccessLists,
  roles: readonly Role[],
  log: DiagnosticLog,
): readonly Role[] {
  const found = new Map<Endpoint, AccessList>()
  for (const use of uses) {
    const endpoint = endpointOf(use, roles, log)
    const list = lists.get(use.list)
    if (!list)
      log.report('GL2001', use.at, `there is no access list '${use.list}'`, {
        hint: suggestion(use.list, [...lists.keys()], 'access lists are'),
      })
    if (!endpoint || !list) continue
    const same = found.get(endpoint)
    if (same)
      log.report('GL2005', use.at, `endpoint '${use.endpoint}' of role '${use.role}' has two access lists`, {
        hint: 'join their rules in one list',
        related: [{ message: 'the other one', at: same.at }],
      })
    else found.set(endpoint, Object.freeze({ name: use.list, at: use.at, rules: list.rules }))
  }
  for (const [name, { at }] of lists)
    if (!uses.some(({ list }) => list === name))
      log.report('GL1030', at, `access list '${name}' is put on no endpoint and so has no effect`, {
        severity: 'warning',
        hint: 'add an <EndpointAcl>, or remove the list',
      })
  if (found.size === 0) return roles
  return roles.map((role) =>
    Object.freeze({
      ...role,
      endpoints: Object.freeze(
        role.endpoints.map((endpoint) => {
          const acl = found.get(endpoint)
          return acl ? Object.freeze({ ...endpoint, acl }) : endpoint
        }),
      ),
    }),
  )
}

function endpointOf(use: AccessUse, roles: readonly Role[], log: DiagnosticLog): Endpoint | undefined {
  const role = roles.find(({ name }) => name === use.role)
  if (!role) {
    log.report('GL2001', use.at, `there is no role '${use.role}' in the definition`, {
      hint: suggestion(
        use.role,
        roles.map(({ name }) => name),
        'its roles are',
      ),
    })
    return undefined
  }
  const names = role.endpoints.filter(({ exposure }) => exposure !== 'internal').map(({ name }) => name)
  const endpoint = role.endpoints.find(({ name }) => name === use.endpoint)
  if (endpoint && endpoint.exposure !== 'internal') return endpoint
  const message = endpoint
    ? `endpoint '${use.endpoint}' of role '${use.role}' is internal: access lists are for public ones`
    : `there is no endpoint '${use.endpoint}' in role '${use.role}'`
  log.report(endpoint ? 'GL2023' : 'GL2001', use.at, message, {
    hint: suggestion(use.endpoint, names, 'its public endpoints are'),
  })
  return undefined
}
