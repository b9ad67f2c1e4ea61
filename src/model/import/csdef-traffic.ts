/**
 * `<NetworkTrafficRules>`: which roles may use which internal endpoints.
 *
 * With no such rules, every role may use every internal endpoint of its service. With any, only what a rule allows is open: an
 * internal endpoint that no rule names is closed. That is what the four scenarios of Microsoft's "Enable communication for role
 * instances" say ("Only allow network traffic from WebRole1 to WorkerRole1"), of which the last opens a second endpoint of a role
 * that the one before leaves closed. `<AllowAllTraffic/>` beside `<WhenSource>`, as in these scenarios, widens nothing; alone, it
 * opens the destinations to all roles of the service.
 */
import { type DiagnosticLog, type SourceRange, suggestion } from '../../file/index.ts'
import type { Endpoint, Role, RoleSources } from '../network.ts'
import { badContent, checkAttributes, childrenNamed, notSupported, required } from './mistake.ts'
import type { XmlElement } from './xml.ts'

/** The roles, their internal endpoints narrowed as the rules say. */
export function applyTrafficRules(
  sections: readonly XmlElement[],
  roles: readonly Role[],
  log: DiagnosticLog,
): readonly Role[] {
  const [first] = sections
  if (!first) return roles
  const opened = new Opened()
  for (const section of sections) {
    const rules = childrenNamed(section, 'OnlyAllowTrafficTo', log)
    if (rules.length === 0)
      badContent(
        section,
        '<NetworkTrafficRules> has no <OnlyAllowTrafficTo>',
        'remove it, or add a rule',
        log,
      )
    for (const rule of rules) readRule(rule, roles, opened, log)
  }
  return roles.map((role) =>
    Object.freeze({
      ...role,
      endpoints: Object.freeze(
        role.endpoints.map((endpoint) => narrowed(role, endpoint, opened, first.at, log)),
      ),
    }),
  )
}

/** To whom each endpoint was opened: names of roles, or all. */
class Opened {
  readonly #endpoints = new Map<string, { readonly at: SourceRange; roles: Set<string> | 'all' }>()

  add(role: string, endpoint: string, from: readonly string[] | 'all', at: SourceRange): void {
    const key = `${role}\n${endpoint}`
    const known = this.#endpoints.get(key) ?? { at, roles: new Set<string>() }
    this.#endpoints.set(key, known)
    if (from === 'all' || known.roles === 'all') known.roles = 'all'
    else for (const name of from) known.roles.add(name)
  }

  get(
    role: string,
    endpoint: string,
  ): { readonly at: SourceRange; readonly roles: ReadonlySet<string> | 'all' } | undefined {
    return this.#endpoints.get(`${role}\n${endpoint}`)
  }
}

function narrowed(
  role: Role,
  endpoint: Endpoint,
  opened: Opened,
  section: SourceRange,
  log: DiagnosticLog,
): Endpoint {
  if (endpoint.exposure !== 'internal') return endpoint
  const found = opened.get(role.name, endpoint.name)
  if (!found)
    log.report(
      'GL1032',
      endpoint.at,
      `internal endpoint '${endpoint.name}' of role '${role.name}' is in no <OnlyAllowTrafficTo> and so is closed`,
      { severity: 'warning', hint: 'name it in a rule with <AllowAllTraffic/> if all roles may use it' },
    )
  if (found?.roles === 'all') return endpoint
  const only: RoleSources = Object.freeze({
    from: Object.freeze(found ? [...found.roles] : []),
    at: found?.at ?? section,
  })
  return Object.freeze({ ...endpoint, only })
}

function readRule(rule: XmlElement, roles: readonly Role[], opened: Opened, log: DiagnosticLog): void {
  const parts = new Map<string, XmlElement>()
  for (const child of rule.children) {
    if (!['Destinations', 'AllowAllTraffic', 'WhenSource'].includes(child.name)) notSupported(child, log)
    else if (parts.has(child.name))
      badContent(child, `<${child.name}> is given twice in one rule`, 'put what it holds into the first', log)
    else parts.set(child.name, child)
  }
  const destinations = parts.get('Destinations')
  const source = parts.get('WhenSource')
  if (!destinations || destinations.children.length === 0)
    badContent(rule, '<OnlyAllowTrafficTo> names no <Destinations>', 'say which endpoints it is about', log)
  if (!source && !parts.has('AllowAllTraffic'))
    badContent(
      rule,
      '<OnlyAllowTrafficTo> says neither <WhenSource> nor <AllowAllTraffic>',
      'say which roles may use its destinations',
      log,
    )
  const from = source ? readSources(source, roles, log) : 'all'
  for (const target of destinations ? childrenNamed(destinations, 'RoleEndpoint', log) : []) {
    checkAttributes(target, ['endpointName', 'roleName'], log)
    const role = roleNamed(target, roles, log)
    const name = required(target, 'endpointName', log)
    if (!role || name === undefined) continue
    const endpoint = role.endpoints.find((candidate) => candidate.name === name)
    if (!endpoint)
      log.report('GL2001', target.at, `there is no endpoint '${name}' in role '${role.name}'`, {
        hint: suggestion(
          name,
          role.endpoints.map((each) => each.name),
          'its endpoints are',
        ),
      })
    else if (endpoint.exposure !== 'internal')
      log.report(
        'GL2023',
        target.at,
        `endpoint '${name}' of role '${role.name}' is public: traffic rules are for internal ones`,
        {
          hint: 'use an access list of the configuration to say who may use a public endpoint',
        },
      )
    else opened.add(role.name, name, from, target.at)
  }
}

function readSources(source: XmlElement, roles: readonly Role[], log: DiagnosticLog): readonly string[] {
  checkAttributes(source, ['matches'], log)
  const matches = source.attributes.get('matches')?.trim()
  if (matches?.toLowerCase() !== 'anyrule')
    badContent(
      source,
      `<WhenSource> matches '${matches ?? ''}'`,
      'the one value there is: matches="AnyRule"',
      log,
    )
  return childrenNamed(source, 'FromRole', log).flatMap((element) => {
    checkAttributes(element, ['roleName'], log)
    const role = roleNamed(element, roles, log)
    return role ? [role.name] : []
  })
}

function roleNamed(element: XmlElement, roles: readonly Role[], log: DiagnosticLog): Role | undefined {
  const name = required(element, 'roleName', log)
  if (name === undefined) return undefined
  const role = roles.find((candidate) => candidate.name === name)
  if (!role)
    log.report('GL2001', element.at, `there is no role '${name}' in this definition`, {
      hint: suggestion(
        name,
        roles.map((each) => each.name),
        'its roles are',
      ),
    })
  return role
}
