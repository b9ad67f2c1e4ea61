/**
 * A network security group in the rule language of files: rules that mean the same, in the same order, at the place where the group is
 * used. Groups are stateful and know nothing of the platform's own services; what follows from that is said here.
 */
import type { FilterRule, Path, SourceRange, WrittenRules } from '../../../file/index.ts'
import { formatPortRange, formatProtocol } from '../../../net/index.ts'
import type { SecurityGroup } from './security-group.ts'
import type { EndAddress, RuleEnd, SecurityRule } from './security-rule.ts'

/** Where a group is used: in the VMs of a role, or at the access routers. */
export type GroupUse = 'guest' | 'acl'

export interface GroupRule {
  readonly rule: FilterRule
  /** Where a part of it stands: `from`, `to`, `protocol`, `ports` and their items; else the name. */
  at(...path: Path): SourceRange
  /** What it comes from; absent for what is made here. */
  readonly of?: SecurityRule
}

/** Longest list of names in a rule of a file; longer ones become several rules. */
const maxNames = 256

/** Names of addresses as the rule language has them. */
export type NameOf = (address: EndAddress) => string | undefined

/** Rules without those that `nameOf` has no name for. */
export function groupRules(group: SecurityGroup, use: GroupUse, nameOf: NameOf): readonly GroupRule[] {
  const names = new RuleNames()
  const rules = group.rules.flatMap((rule) => written(rule, group, names, nameOf))
  return use === 'guest' ? [...platformRules(group, names), ...rules] : withReplies(rules, names)
}

export const writtenRules = (rules: readonly GroupRule[]): WrittenRules => ({
  rules: rules.map(({ rule }) => rule),
  audit: false,
  at: (index, ...path) => (rules[index] as GroupRule).at(...path),
})

function written(
  rule: SecurityRule,
  group: SecurityGroup,
  names: RuleNames,
  nameOf: NameOf,
): readonly GroupRule[] {
  const from = chunks(rule.source, nameOf)
  const to = chunks(rule.destination, nameOf)
  if (!from || !to) return []
  const why =
    rule.description ?? `Security rule '${rule.name}' of '${group.name}', priority ${rule.priority}.`
  return from.flatMap((sources) =>
    to.map((destinations): GroupRule => {
      const places = {
        from: sources?.map(({ at }) => at),
        to: destinations?.map(({ at }) => at),
        protocol: [rule.protocolAt],
        'source-ports': rule.source.ports.map(({ at }) => at),
        ports: rule.destination.ports.map(({ at }) => at),
      }
      return {
        rule: {
          name: names.of(rule.name),
          [rule.access]: rule.direction,
          ...(rule.protocol !== undefined && { protocol: formatProtocol(rule.protocol) }),
          ...(sources && { from: sources.map(({ name }) => name) }),
          ...portsOf('source-ports', rule.source),
          ...(destinations && { to: destinations.map(({ name }) => name) }),
          ...portsOf('ports', rule.destination),
          why: why.replace(/\s+/g, ' ').slice(0, 200),
        },
        at: (key, index) => places[key as keyof typeof places]?.[Number(index ?? 0)] ?? rule.at,
        of: rule,
      }
    }),
  )
}

const portsOf = (key: 'ports' | 'source-ports', { ports }: RuleEnd) =>
  ports.length > 0 && { [key]: ports.map(({ range }) => formatPortRange(range)) }

type Chunk = readonly { readonly name: string; readonly at: SourceRange }[] | undefined

/** `[undefined]`: everything. `undefined`: some address has no name. */
function chunks({ addresses }: RuleEnd, nameOf: NameOf): readonly Chunk[] | undefined {
  if (addresses.length === 0) return [undefined]
  const named = addresses.flatMap((address) => {
    const name = nameOf(address)
    return name === undefined ? [] : [{ name, at: address.at }]
  })
  if (named.length < addresses.length) return undefined
  return Array.from({ length: Math.ceil(named.length / maxNames) }, (_, index) =>
    named.slice(index * maxNames, (index + 1) * maxNames),
  )
}

/** Services of the platform that a group does not stop, unless a rule names their tag. Source: as `default-rules.ts`. */
const platform: readonly { readonly tag?: string; readonly rule: FilterRule }[] = [
  { rule: { name: 'platform-dhcp', allow: 'out', protocol: 'udp', 'source-ports': 68, ports: 67 } },
  { rule: { name: 'platform-dhcp6', allow: 'out', protocol: 'udp', 'source-ports': 546, ports: 547 } },
  { tag: 'AzurePlatformDNS', rule: { name: 'platform-dns', allow: 'out', to: 'name-servers', ports: 53 } },
  {
    tag: 'AzurePlatformIMDS',
    rule: { name: 'platform-metadata', allow: 'out', protocol: 'tcp', to: 'metadata-server', ports: 80 },
  },
  {
    tag: 'AzurePlatformLKM',
    rule: {
      name: 'platform-activation',
      allow: 'out',
      protocol: 'tcp',
      to: 'activation-servers',
      ports: 'activation',
    },
  },
  { rule: { name: 'platform-agent', allow: 'out', protocol: 'tcp', to: 'wire-server' } },
]

function platformRules(group: SecurityGroup, names: RuleNames): readonly GroupRule[] {
  const tags = new Set(
    group.rules.flatMap(({ source, destination }) =>
      [...source.addresses, ...destination.addresses]
        .filter(({ kind }) => kind === 'tag')
        .map(({ name }) => name.toLowerCase()),
    ),
  )
  return platform
    .filter(({ tag }) => tag === undefined || !tags.has(tag.toLowerCase()))
    .map(({ rule }) => ({
      rule: {
        ...rule,
        name: names.of(rule.name),
        why: 'Services of the platform are not subject to network security groups.',
      },
      at: () => group.at,
    }))
}

/**
 * Access routers keep no flows, and a group means packets that open something: so before the first rule of a direction that denies
 * everything, TCP that opens no connection is let through. Denials that stand earlier hold for every packet.
 */
function withReplies(rules: readonly GroupRule[], names: RuleNames): readonly GroupRule[] {
  const result: GroupRule[] = []
  const done = new Set<string>()
  for (const one of rules) {
    const direction = one.rule.deny
    if (direction && !done.has(direction) && one.of && isEverything(one.of)) {
      done.add(direction)
      result.push({
        rule: {
          name: names.of(direction === 'in' ? 'replies-in' : 'replies-out'),
          allow: direction,
          established: true,
          why: 'Network security groups let answers pass; access routers know them by their TCP flags.',
        },
        at: () => one.at(),
      })
    }
    result.push(one)
  }
  return result
}

const isEverything = ({ protocol, source, destination }: SecurityRule): boolean =>
  protocol === undefined &&
  [source, destination].every(({ addresses, ports }) => addresses.length === 0 && ports.length === 0)

/** Names of Azure as names of rules: DNS labels in lower case, each once. */
class RuleNames {
  readonly #taken = new Set<string>()

  of(name: string): string {
    const plain = labelOf(name.replace(/([a-z0-9])([A-Z])/g, '$1-$2'))
      .slice(0, 50)
      .replace(/-+$/, '')
    const label = /^[a-z]/.test(plain) ? plain : `rule-${plain}`
    let unique = label
    for (let n = 2; this.#taken.has(unique); n++) unique = `${label}-${n}`
    this.#taken.add(unique)
    return unique
  }
}

/** `Web_Servers` as a name of the network file: `web-servers`. */
export const labelOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')

/**
 * The name of an application security group here: `service/role` for `service.role`, which means the VMs of that role, else that of a
 * group of the network file.
 */
export function securityGroupName(name: string): string {
  const [service = '', role, ...more] = name.split(/[./]/)
  return role && service && more.length === 0 ? `${labelOf(service)}/${labelOf(role)}` : labelOf(name)
}
