/** Written rules become resolved ones. Every slip is reported at its place; a rule with a slip is left out. */
import {
  type DiagnosticLog,
  type FilterRule,
  type Path,
  suggestion,
  type WrittenRules,
} from '../../file/index.ts'
import {
  type Family,
  formatProtocol,
  hasPorts,
  PortRange,
  Protocol,
  parsePortRange,
  parsePrefix,
  parseProtocol,
} from '../../net/index.ts'
import { type AddressBook, joined } from './address-book.ts'
import type { Filter, RelativeMachines, ResolvedRule, RuleEnds } from './filter-rule.ts'

/** What the names in rules stand for where they apply. */
export interface RuleContext {
  readonly book: AddressBook
  /** Ports by name, those of the site's template. */
  readonly ports: Readonly<Record<string, number>>
  /** Relations that mean something where the rules apply. */
  readonly relative: readonly RelativeMachines[]
  readonly log: DiagnosticLog
  /** What messages call what is written; absent: a rule, by its name. */
  readonly subject?: string
}

/** @param name what the rules are there for, see {@link Filter} */
export function resolveRules(name: string, written: WrittenRules, context: RuleContext): Filter {
  const names = new Map<string, number>()
  const rules = written.rules.flatMap((rule, index) => {
    const first = names.get(rule.name)
    if (first !== undefined)
      context.log.report('GL2104', written.at(index), `there are two rules '${rule.name}'`, {
        hint: 'give it another name',
        related: [{ message: 'the first is here', at: written.at(first) }],
      })
    else names.set(rule.name, index)
    return new RuleResolver(rule, index, written, context).resolve()
  })
  return Object.freeze({ name, rules: Object.freeze(rules) })
}

/** TCP that does not open a connection (RFC 9293 section 3.10.7): ACK is set, or RST without it. */
const establishedFlags = [
  { suffix: 'ack', flags: Object.freeze({ mask: 0x10, value: 0x10 }) },
  { suffix: 'rst', flags: Object.freeze({ mask: 0x14, value: 0x04 }) },
] as const

class RuleResolver {
  readonly #rule: FilterRule
  readonly #index: number
  readonly #written: WrittenRules
  readonly #context: RuleContext
  #wrong = false

  constructor(rule: FilterRule, index: number, written: WrittenRules, context: RuleContext) {
    this.#rule = rule
    this.#index = index
    this.#written = written
    this.#context = context
  }

  resolve(): ResolvedRule[] {
    const rule = this.#rule
    const verdict = this.#verdict()
    const from = this.#ends('from')
    const to = this.#ends('to')
    const sourcePorts = this.#ports('source-ports')
    const ports = this.#ports('ports')
    const protocols = this.#protocols()
    if (this.#wrong || !verdict) return []
    this.#checkFamilies(protocols)
    if (this.#wrong) return []
    const audit = rule.audit ?? this.#written.audit
    if (audit && verdict.action === 'deny')
      this.#context.log.report(
        'GL2051',
        this.#written.at(this.#index),
        `rule '${rule.name}' is in audit mode: what it would deny passes`,
        { severity: 'warning' },
      )
    const common = {
      ...verdict,
      ...(audit && { audit: true as const }),
      why: rule.why ?? 'No reason is given.',
      at: this.#written.at(this.#index),
      ...(from && { from }),
      ...(to && { to }),
      ...(sourcePorts && { sourcePorts }),
      ...(ports && { ports }),
      ...(rule['icmp-type'] !== undefined && { icmpType: rule['icmp-type'] }),
      ...(rule['icmp-code'] !== undefined && { icmpCode: rule['icmp-code'] }),
    }
    return protocols.flatMap((protocol): ResolvedRule[] => {
      const name = protocols.length > 1 ? `${rule.name}/${formatProtocol(protocol as number)}` : rule.name
      const withProtocol = { ...common, ...(protocol !== undefined && { protocol }) }
      if (!rule.established) return [Object.freeze({ name, ...withProtocol })]
      return establishedFlags.map(({ suffix, flags }) =>
        Object.freeze({ name: `${name}/${suffix}`, ...withProtocol, tcpFlags: flags }),
      )
    })
  }

  /** What is written for an expectation is no rule to its author. */
  get #called(): string {
    return this.#context.subject ?? `rule '${this.#rule.name}'`
  }

  #verdict(): Pick<ResolvedRule, 'action' | 'direction'> | undefined {
    const { name, allow, deny } = this.#rule
    if (allow && !deny) return { direction: allow, action: 'allow' }
    if (deny && !allow) return { direction: deny, action: 'deny' }
    const message = allow
      ? `rule '${name}' both allows and denies`
      : `rule '${name}' says neither what it allows nor what it denies`
    return this.#mistake(
      'GL2102',
      message,
      [],
      "write one of 'allow: in', 'allow: out', 'deny: in', 'deny: out'",
    )
  }

  #ends(key: 'from' | 'to'): RuleEnds | undefined {
    const names = listOf(this.#rule[key])
    if (!names) return undefined
    const parts = names.map((name, place) => this.#end(String(name), this.#placeOf(key, place)))
    if (names.includes('any')) return undefined
    return joined(parts.flatMap((part) => part ?? []))
  }

  #end(name: string, path: Path): RuleEnds | undefined {
    const { book, relative } = this.#context
    const ends = book.lookup(name)
    if (!ends) {
      const looksLikeAddress = /^[\d.]+(\/|$)|:/.test(name)
      return looksLikeAddress
        ? this.#mistake(
            'GL1012',
            `'${name}' is neither an address nor a prefix`,
            path,
            'such as 10.0.0.0/8, 198.51.100.7 or fd00::/48; bits after the length are zero',
          )
        : this.#mistake(
            'GL2100',
            `nothing is called '${name}'`,
            path,
            suggestion(name, book.names, 'names are'),
          )
    }
    const useless = ends.relative.find((one) => !relative.includes(one))
    if (useless === undefined) return ends
    return this.#mistake(
      'GL2108',
      `'${useless}' means nothing here`,
      path,
      suggestion(useless, relative, 'what has a meaning here'),
    )
  }

  #ports(key: 'ports' | 'source-ports'): readonly PortRange[] | undefined {
    const items = listOf(this.#rule[key])
    if (!items) return undefined
    return Object.freeze(items.flatMap((item, place) => this.#port(item, this.#placeOf(key, place)) ?? []))
  }

  #port(item: string | number, path: Path): PortRange | undefined {
    const { ports } = this.#context
    const named = typeof item === 'string' && Object.hasOwn(ports, item) ? ports[item] : undefined
    const range = named === undefined ? parsePortRange(String(item)) : PortRange(named)
    if (range) return range
    return this.#mistake(
      'GL2105',
      `'${item}' is no port`,
      path,
      suggestion(String(item), Object.keys(ports), 'a number, a range such as 8000-8010, or one of'),
    )
  }

  /** One rule is made for each; `undefined` stands for every protocol. */
  #protocols(): readonly (number | undefined)[] {
    const {
      name,
      established,
      ports,
      'source-ports': sourcePorts,
      'icmp-type': type,
      'icmp-code': code,
    } = this.#rule
    const hasPortsWritten = ports !== undefined || sourcePorts !== undefined
    const hasIcmp = type !== undefined || code !== undefined
    const given = listOf(this.#rule.protocol)?.flatMap((item, place) => {
      const protocol = parseProtocol(String(item))
      if (protocol === undefined)
        this.#mistake(
          'GL1012',
          `'${item}' is no protocol`,
          this.#placeOf('protocol', place),
          'tcp, udp, icmp, icmp6, or a number from 0 to 255',
        )
      return protocol ?? []
    })
    if (given && new Set(given).size < given.length)
      this.#mistake('GL2101', `rule '${name}' names a protocol twice`, ['protocol'], 'once is enough')
    if (established && hasIcmp)
      this.#mistake(
        'GL2101',
        `rule '${name}' is about TCP and about ICMP`,
        ['established'],
        'make two rules of it',
      )
    if (hasPortsWritten && hasIcmp)
      this.#mistake(
        'GL2101',
        `rule '${name}' has ports and an ICMP type`,
        ['icmp-type'],
        'make two rules of it',
      )
    const wanted = established ? [Protocol.tcp] : hasPortsWritten ? [Protocol.tcp, Protocol.udp] : undefined
    if (hasIcmp && !given)
      this.#mistake(
        'GL2101',
        `rule '${name}' has an ICMP type and no protocol`,
        [type === undefined ? 'icmp-code' : 'icmp-type'],
        "add 'protocol: icmp' or 'protocol: icmp6': their numbers differ",
      )
    if (!given) return wanted ?? [undefined]
    const fits = (protocol: number): boolean =>
      (!established || protocol === Protocol.tcp) &&
      (!hasPortsWritten || hasPorts(protocol)) &&
      (!hasIcmp || protocol === Protocol.icmp || protocol === Protocol.icmp6)
    const odd = given.find((protocol) => !fits(protocol))
    if (odd !== undefined) {
      const what = established
        ? "'established' needs tcp"
        : hasIcmp
          ? 'an ICMP type needs icmp or icmp6'
          : 'ports need tcp or udp'
      this.#mistake(
        'GL2101',
        `${this.#called} can never match: ${what}, and the protocol is ${formatProtocol(odd)}`,
        ['protocol'],
        'correct the protocol, or remove that condition',
      )
    }
    return given
  }

  /** A rule that no packet can meet is a slip; if names are in it, that depends on the network and is none. */
  #checkFamilies(protocols: readonly (number | undefined)[]): void {
    const { from, to } = this.#rule
    const common = ([4, 6] as const).filter((family) => mayBe(from, family) && mayBe(to, family))
    if (common.length === 0) {
      const message = `${this.#called} can never match: its sources and destinations are of different families`
      this.#mistake('GL2103', message, ['to'], 'a packet has two addresses of one family')
      return
    }
    const icmp = protocols.find(
      (protocol) =>
        protocol !== undefined && familyOfIcmp[protocol] && !common.includes(familyOfIcmp[protocol]),
    )
    if (icmp === undefined) return
    const message = `${this.#called} can never match: ${formatProtocol(icmp)} has no IPv${common[0]} addresses`
    this.#mistake('GL2103', message, ['protocol'], 'icmp is for IPv4, icmp6 for IPv6')
  }

  /** Path below the rule of an item that may stand alone or in a list. */
  #placeOf(key: 'from' | 'to' | 'protocol' | 'ports' | 'source-ports', place: number): Path {
    return Array.isArray(this.#rule[key]) ? [key, place] : [key]
  }

  #mistake(
    code: Parameters<DiagnosticLog['report']>[0],
    message: string,
    path: Path,
    hint: string | undefined,
  ): undefined {
    this.#wrong = true
    this.#context.log.report(code, this.#written.at(this.#index, ...path), message, { hint })
    return undefined
  }
}

const familyOfIcmp: Readonly<Record<number, Family>> = { [Protocol.icmp]: 4, [Protocol.icmp6]: 6 }

/** Whether what is written may stand for addresses of a family: prefixes are of one, names may be of both. */
const mayBe = (ends: FilterRule['from'], family: Family): boolean =>
  listOf(ends)?.some((item) => (parsePrefix(String(item))?.family ?? family) === family) ?? true

const listOf = (
  value: string | number | readonly (string | number)[] | undefined,
): readonly (string | number)[] | undefined =>
  value === undefined || Array.isArray(value)
    ? (value as readonly (string | number)[] | undefined)
    : [value as string | number]
