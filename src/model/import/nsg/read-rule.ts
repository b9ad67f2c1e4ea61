/**
 * One security rule by the schema of Microsoft.Network/networkSecurityGroups/securityRules. What has no meaning without doubt is refused:
 * a rule that is left out, or a condition of it, would be another policy.
 */
import type { DiagnosticCode, Located, SourceRange } from '../../../file/index.ts'
import { type PortRange, parsePortRange } from '../../../net/index.ts'
import { entryOf, isNull, memberOf, textOf } from '../arm/value.ts'

import { addressOf, securityGroupOf } from './end-address.ts'
import type { EndAddress, Report, RuleEnd, SecurityRule } from './security-rule.ts'

/** By Azure's name in lower case. Of ICMP, `Icmp` is that of IPv4. */
const protocols: Readonly<Record<string, number | undefined>> = {
  '*': undefined,
  tcp: 6,
  udp: 17,
  icmp: 1,
  icmpv6: 58,
  esp: 50,
  ah: 51,
}

const known = new Set(
  [
    'description',
    'protocol',
    'sourcePortRange',
    'sourcePortRanges',
    'destinationPortRange',
    'destinationPortRanges',
    'sourceAddressPrefix',
    'sourceAddressPrefixes',
    'destinationAddressPrefix',
    'destinationAddressPrefixes',
    'sourceApplicationSecurityGroups',
    'destinationApplicationSecurityGroups',
    'access',
    'priority',
    'direction',
    'provisioningState',
  ].map((key) => key.toLowerCase()),
)
/** Beside `properties`, or beside the properties where `az` puts them on one level. */
const outer = new Set(['name', 'id', 'etag', 'type', 'resourcegroup', 'properties', 'apiversion', 'location'])

/** Priorities of rules that people write, and of Azure's default rules. */
const priorities = { written: [100, 4096], default: [65_000, 65_500] } as const

/** `undefined` if the rule is not to be used; the reasons are reported. */
export function readSecurityRule(
  written: Located,
  isDefault: boolean,
  report: Report,
): SecurityRule | undefined {
  return new RuleReader(written, isDefault, report).read()
}

class RuleReader {
  readonly #written: Located
  readonly #properties: Located
  readonly #isDefault: boolean
  readonly #report: Report
  readonly #name: string
  #wrong = false

  constructor(written: Located, isDefault: boolean, report: Report) {
    this.#written = written
    this.#properties = memberOf(written, 'properties') ?? written
    this.#isDefault = isDefault
    this.#report = report
    this.#name = textOf(memberOf(written, 'name'))?.trim() ?? ''
  }

  read(): SecurityRule | undefined {
    if (this.#written.kind !== 'map' || this.#properties.kind !== 'map')
      return this.#mistake(
        'GL1044',
        this.#written.at,
        'a security rule is an object',
        '{ "name": …, "properties": { … } }',
      )
    const at = memberOf(this.#written, 'name')?.at ?? this.#written.at
    if (!/^[A-Za-z0-9](?:[\w. -]{0,78}\w)?$/.test(this.#name))
      this.#mistake(
        'GL1044',
        at,
        this.#name ? `'${this.#name.slice(0, 40)}' is no name of a rule` : 'a security rule has no name',
        'up to 80 letters, digits, underscores, dots and hyphens',
      )
    this.#checkKeys()
    const direction = this.#word('direction', { inbound: 'in', outbound: 'out' } as const)
    const access = this.#word('access', { allow: 'allow', deny: 'deny' } as const)
    const priority = this.#priority()
    const protocol = this.#protocol()
    const source = this.#end('source')
    const destination = this.#end('destination')
    this.#checkPorts(protocol, source, destination)
    if (this.#wrong || !direction || !access || priority === undefined || !protocol) return undefined
    const description = textOf(memberOf(this.#properties, 'description'))?.trim()
    return Object.freeze({
      name: this.#name,
      direction,
      access,
      priority,
      ...(protocol.number !== undefined && { protocol: protocol.number }),
      source,
      destination,
      ...(description && { description }),
      at,
      protocolAt: protocol.at,
      isDefault: this.#isDefault,
    })
  }

  #checkKeys(): void {
    const flat = this.#properties === this.#written
    for (const holder of flat ? [this.#written] : [this.#written, this.#properties]) {
      if (holder.kind !== 'map') continue
      const seen = new Set<string>()
      for (const [name, { key }] of holder.entries) {
        const lower = name.toLowerCase()
        const fits =
          (holder === this.#properties && known.has(lower)) || (holder === this.#written && outer.has(lower))
        if (!fits)
          this.#mistake(
            'GL1044',
            key,
            `a security rule has no property '${name.slice(0, 40)}'`,
            'it may bear on what the rule allows, so it is not passed over: correct or remove it',
          )
        if (seen.has(lower)) this.#mistake('GL1044', key, `'${name}' is given twice`, 'remove one of the two')
        seen.add(lower)
      }
    }
  }

  #word<T extends string>(key: string, words: Readonly<Record<string, T>>): T | undefined {
    const value = memberOf(this.#properties, key)
    const text = textOf(value)?.trim().toLowerCase()
    if (text !== undefined && Object.hasOwn(words, text)) return words[text]
    return this.#lacks(key, value, Object.keys(words).join(' or '))
  }

  #priority(): number | undefined {
    const value = memberOf(this.#properties, 'priority')
    const number = wholeNumber(value)
    const [first, last] = this.#isDefault ? priorities.default : priorities.written
    if (number !== undefined && number >= first && number <= last) return number
    if (number === undefined) return this.#lacks('priority', value, 'a number')
    return this.#mistake(
      'GL1046',
      (value as Located).at,
      `priority ${number} of rule '${this.#name}' is not from ${first} to ${last}`,
    )
  }

  #protocol(): { readonly number: number | undefined; readonly at: SourceRange } | undefined {
    const value = memberOf(this.#properties, 'protocol')
    const text = textOf(value)?.trim().toLowerCase()
    if (value && text !== undefined && Object.hasOwn(protocols, text))
      return { number: protocols[text], at: value.at }
    return this.#lacks('protocol', value, 'Tcp, Udp, Icmp, Icmpv6, Esp, Ah or *')
  }

  #end(side: 'source' | 'destination'): RuleEnd {
    return Object.freeze({ addresses: this.#addresses(side), ports: this.#ports(side) })
  }

  #addresses(side: 'source' | 'destination'): readonly EndAddress[] {
    const prefixes = this.#items(`${side}AddressPrefix`, `${side}AddressPrefixes`)
    const groups = this.#list(`${side}ApplicationSecurityGroups`)
    if (prefixes.length > 0 && groups.length > 0) {
      this.#mistake(
        'GL1045',
        (groups[0] as Located).at,
        `rule '${this.#name}' has both ${side} addresses and ${side} application security groups`,
        'Azure refuses that too: make two rules of it',
      )
      return []
    }
    if (prefixes.length + groups.length === 0) {
      this.#lacks(`${side}AddressPrefix`, undefined, "an address, a prefix, a service tag or '*'")
      return []
    }
    if (prefixes.some(({ text }) => text === '*')) return []
    return [
      ...prefixes.flatMap(({ text, at }) => addressOf(text, at, this.#noted) ?? []),
      ...groups.flatMap((item) => securityGroupOf(item, this.#noted) ?? []),
    ]
  }

  #ports(side: 'source' | 'destination'): RuleEnd['ports'] {
    const [single, plural] = [`${side}PortRange`, `${side}PortRanges`]
    const items = this.#items(single, plural)
    if (items.length === 0) {
      this.#lacks(single, undefined, "a port, a range or '*'")
      return []
    }
    const ranges = items.flatMap(({ text, at }) => {
      if (text === '*') return { range: everyPort, at }
      const range = parsePortRange(text)
      if (range) return { range, at }
      return (
        this.#mistake(
          'GL1044',
          at,
          `'${text.slice(0, 40)}' is no port range`,
          "such as 443, 8000-8010 or '*'",
        ) ?? []
      )
    })
    return ranges.some(({ range }) => range.first === 0 && range.last === 65_535) ? [] : ranges
  }

  /** What is given by the singular or the plural form; the other is missing, null, empty, or says the same. */
  #items(single: string, plural: string): readonly Item[] {
    const one = memberOf(this.#properties, single)
    const alone = one && this.#item(one, single)
    const many = this.#list(plural).flatMap((item) => this.#item(item, plural) ?? [])
    if (!alone) return many
    if (many.length === 0 || (many.length === 1 && many[0]?.text === alone.text)) return [alone]
    this.#mistake(
      'GL1045',
      alone.at,
      `rule '${this.#name}' has both '${single}' and '${plural}', which differ`,
      'keep the one that is meant',
    )
    return [alone]
  }

  /** `undefined` for what counts as not given. */
  #item(value: Located, key: string): Item | undefined {
    if (isNull(value)) return undefined
    if (value.kind === 'scalar' && (typeof value.value === 'string' || typeof value.value === 'number')) {
      const text = String(value.value).trim()
      return text === '' && !key.endsWith('s') ? undefined : { text, at: value.at }
    }
    return this.#mistake('GL1044', value.at, `'${key}' of rule '${this.#name}' is not text`)
  }

  #list(key: string): readonly Located[] {
    const value = memberOf(this.#properties, key)
    if (isNull(value)) return []
    if (value?.kind === 'list') return value.items
    this.#mistake('GL1044', (value as Located).at, `'${key}' of rule '${this.#name}' is not a list`)
    return []
  }

  /** A packet of another protocol than TCP and UDP has no ports. */
  #checkPorts(protocol: { number: number | undefined } | undefined, ...ends: readonly RuleEnd[]): void {
    if (!protocol || protocol.number === undefined || protocol.number === 6 || protocol.number === 17) return
    const [port] = ends.flatMap(({ ports }) => ports)
    if (port)
      this.#mistake(
        'GL1045',
        port.at,
        `rule '${this.#name}' asks for ports of a protocol that has none`,
        "write '*' for the ports, or another protocol",
      )
  }

  #lacks(key: string, value: Located | undefined, wanted: string): undefined {
    const at = value?.at ?? entryOf(this.#written, 'name')?.key ?? this.#written.at
    const found = value === undefined ? 'lacks' : 'has a wrong'
    return this.#mistake('GL1044', at, `rule '${this.#name}' ${found} '${key}'`, `it is ${wanted}`)
  }

  readonly #noted: Report = (...mistake) => this.#mistake(...mistake)

  #mistake(code: DiagnosticCode, at: SourceRange, message: string, hint?: string): undefined {
    this.#wrong = true
    this.#report(code, at, message, hint)
    return undefined
  }
}

interface Item {
  readonly text: string
  readonly at: SourceRange
}

const everyPort: PortRange = Object.freeze({ first: 0, last: 65_535 })

function wholeNumber(value: Located | undefined): number | undefined {
  if (value?.kind !== 'scalar') return undefined
  if (typeof value.value === 'number') return Number.isInteger(value.value) ? value.value : undefined
  return typeof value.value === 'string' && /^\d{1,6}$/.test(value.value.trim())
    ? Number(value.value)
    : undefined
}
