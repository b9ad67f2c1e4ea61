/** Expectations of the network file: names become addresses, for all sites together or for each by itself. */
import type { DiagnosticLog, ExpectationFile, FilterRule, Path, SourceRange } from '../../file/index.ts'
import { formatProtocol, type Prefix, prefixCovers, subtractPrefixes } from '../../net/index.ts'
import { checkExpectations } from '../check/expectations.ts'
import { checkMeant } from '../check/meant.ts'
import type { Expectation, TrafficClass } from '../expectation.ts'
import { type AddressBook, everything, type NamedNetwork } from '../filter/address-book.ts'
import { resolveRules } from '../filter/resolve-rules.ts'
import type { Network, Site, SitePorts } from '../network.ts'
import { endpointParties, PartyBook } from './party-book.ts'
import type { Resolution } from './resolution.ts'

export function resolveExpectations(
  named: NamedNetwork,
  network: Network,
  resolution: Resolution,
): readonly Expectation[] {
  const { file, log } = resolution
  if (file.expect.length === 0) return Object.freeze([])
  const scopes = new Map<string | undefined, Scope>()
  const scope = (site?: string) => {
    const known = scopes.get(site) ?? Scope(named, network, site)
    scopes.set(site, known)
    return known
  }
  const expectations = file.expect.map((written, index): Expectation => {
    const sites = written['same-site'] ? network.sites.map(({ name }) => name) : [undefined]
    const errors = log.entries.length
    const name = written.name ?? `expect-${index + 1}`
    const at = (...path: Path) => resolution.valueAt('expect', index, ...path)
    const parts = sites.flatMap((site, place) => {
      // What is wrong in one site is wrong in all.
      if (place > 0 && log.entries.length > errors) return []
      const classes = classesOf({ ...written, name, at }, scope(site), log)
      return [site === undefined ? classes : withinSite(classes, network, site)]
    })
    if (log.entries.length === errors) checkMeant(parts, network, { at, log })
    return Object.freeze({
      id: `expect:${written.name ?? index + 1}`,
      verdict: written.then,
      text: textOf(written),
      ...(written.why !== undefined && { why: written.why }),
      at: at(),
      classes: Object.freeze(parts.flat()),
    })
  })
  checkExpectations(expectations, resolution)
  return Object.freeze(expectations)
}

/** The classes without what other sites have: of addresses, and of machines that are named with their site. */
function withinSite(
  classes: readonly TrafficClass[],
  { sites }: Network,
  name: string,
): readonly TrafficClass[] {
  const own = sites.filter((site) => site.name === name).flatMap(poolsOf)
  const others = sites.filter((site) => site.name !== name).flatMap(poolsOf)
  const near = (prefixes: readonly Prefix[]): readonly Prefix[] =>
    prefixes.flatMap((one) =>
      own.some((pool) => prefixCovers(pool, one)) ? [one] : subtractPrefixes([one], others),
    )
  return classes
    .map(({ from, to, ...rest }) => Object.freeze({ from: near(from), to: near(to), ...rest }))
    .filter(({ from, to }) => from.length > 0 && to.length > 0)
}

const poolsOf = ({ pools, public: own }: Site): readonly Prefix[] => [
  ...Object.values(pools).flat(),
  ...own.vips,
  ...own.routers,
]

/** What names stand for, at all sites together or at one. */
export interface Scope {
  readonly book: AddressBook
  readonly endpoints: ReturnType<typeof endpointParties>
  readonly ports: SitePorts | undefined
}

export function Scope(named: NamedNetwork, network: Network, site?: string): Scope {
  const book = PartyBook(named, network, site)
  const endpoints = endpointParties(network, site)
  return {
    book: { ...book, names: [...book.names, ...endpoints.keys()] },
    endpoints,
    // Templates may differ in their ports: then a name means that of each site.
    ports: (network.sites.find(({ name }) => name === site) ?? network.sites[0])?.ports,
  }
}

/** Who, whom and what, as somebody wrote it. */
export interface WrittenClasses extends Pick<ExpectationFile, 'from' | 'to' | 'protocol' | 'ports'> {
  readonly name: string
  /** Where its parts stand. */
  at(...path: Path): SourceRange
}

/** The packets that are meant; what means nothing is reported. */
export function classesOf(
  written: WrittenClasses,
  { book, endpoints, ports }: Scope,
  log: DiagnosticLog,
): readonly TrafficClass[] {
  const { at } = written
  const open: FilterRule = {
    name: written.name,
    allow: 'in',
    from: written.from,
    to: written.to,
    protocol: written.protocol,
    ports: written.ports,
  }
  const named = typeof written.to === 'string' ? endpoints.get(written.to) : undefined
  if (named && (written.protocol ?? written.ports) !== undefined)
    log.report(
      'GL2101',
      at(written.ports === undefined ? 'protocol' : 'ports'),
      `'${written.to}' has its own protocol and port`,
      {
        hint: 'leave them out, or name a role or a VIP instead of the endpoint',
      },
    )
  if (reportEndpoints(written, endpoints, log)) return []
  const rules = named
    ? named.map(
        ({ protocol, port, vips }): FilterRule => ({
          ...open,
          name: `${open.name}-${formatProtocol(protocol)}-${port}`,
          to: [...vips],
          protocol: formatProtocol(protocol),
          ports: port,
        }),
      )
    : [open]
  const { rules: resolved } = resolveRules(
    'expect',
    { rules, audit: false, at: (_, ...path) => at(...path) },
    { book, ports: { ...ports }, relative: [], log, subject: 'this' },
  )
  return resolved.map(
    ({ from, to, protocol, ports: range }): TrafficClass =>
      Object.freeze({
        from: from?.prefixes ?? everything,
        to: to?.prefixes ?? everything,
        ...(protocol !== undefined && { protocol }),
        ...(range && { ports: range }),
      }),
  )
}

/** Reports endpoints that send, or that are addressed together with others. */
function reportEndpoints(
  { from, to, at }: WrittenClasses,
  endpoints: Scope['endpoints'],
  log: DiagnosticLog,
): boolean {
  const report = (end: 'from' | 'to', names: ExpectationFile['from'], hint: (role: string) => string) =>
    [names].flat().filter((name, place) => {
      if (!endpoints.has(String(name))) return false
      const role = String(name).split('/').slice(0, 2).join('/')
      log.report(
        'GL2101',
        Array.isArray(names) ? at(end, place) : at(end),
        `'${name}' is a public endpoint: it is addressed alone, by 'to'`,
        { hint: hint(role) },
      )
      return true
    }).length
  const sending = report('from', from, (role) => `name the role: '${role}'`)
  const together = Array.isArray(to) ? report('to', to, () => 'ask for each endpoint by itself') : 0
  return sending + together > 0
}

/** `internet to shop/worker, tcp 9000`. */
function textOf({ from, to, protocol, ports, 'same-site': near }: ExpectationFile): string {
  const list = (items: ExpectationFile['ports']): string => [items ?? []].flat().join(', ')
  const what = [list(protocol), list(ports)].filter((text) => text !== '').join(' ')
  return `${list(from)} to ${list(to)}${what === '' ? '' : `, ${what}`}${near ? ', in the same site' : ''}`
}
