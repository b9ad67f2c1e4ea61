/** Differences between networks in words, the same for terminals and for pull requests. */
import { groupBy, type SettingChange } from '../../../model/index.ts'
import { formatPortRange, formatPrefix, type PortRange } from '../../../net/index.ts'
import { formatOrigin, type RulePlace } from '../../../policy/index.ts'
import type {
  MachineChange,
  Member,
  ReachChange,
  RuleChange,
  Stop,
  Traffic,
  Where,
} from '../../../verify/index.ts'
import { ping } from '../../../verify/index.ts'
import { packetText } from '../packet.ts'
import { plainLine } from '../plain-line.ts'

/** Names in a list before the rest is counted. */
const named = 4

/** `Internet → shop web by its VIP, in west: tcp 443`. */
export function reachText(change: ReachChange): string {
  const { senders, source, targets, by, where, traffic, sources, destinations, inPart } = change
  const bearing =
    source === 'forged' ? ' with the address of others' : sources ? ` (${prefixes(sources)})` : ''
  const to = destinations
    ? ` (${prefixes(destinations)})`
    : inPart
      ? ' (some addresses)'
      : by.kind === 'vip'
        ? ' by VIP'
        : ''
  return `${members(senders)}${bearing} → ${members(targets)}${to}${whereText(where)}: ${trafficText(traffic)}`
}

const prefixes = (list: readonly Parameters<typeof formatPrefix>[0][]): string =>
  listed(list.map(formatPrefix))

const members = (list: readonly Member[]): string =>
  listed(
    list.map(({ name, nodes }) =>
      nodes === undefined ? name : nodes.length <= 2 ? nodes.join(', ') : `${nodes.length} of ${name}`,
    ),
  )

/** `a, b, c, d and 3 more`. */
export const listed = (items: readonly string[], most = named): string =>
  items.length > most
    ? `${items.slice(0, most).join(', ')} and ${items.length - most} more`
    : items.join(', ')

function whereText(where: Where): string {
  switch (where.kind) {
    case 'everywhere':
      return ''
    case 'to':
      return `, in ${listed(where.sites)}`
    case 'within':
      return where.sites.length === 1 ? `, within ${where.sites[0]}` : ', within each site'
    case 'pairs':
      return `, ${listed(where.pairs.map(([from, to]) => (from === '' ? `in ${to}` : to === '' ? `from ${from}` : `${from} to ${to}`)))}`
  }
}

export const trafficText = (parts: readonly Traffic[]): string => listed(parts.map(partText), 6)

function partText({ families, protocol, ports, sourcePorts, icmpTypes, numbers, strays }: Traffic): string {
  const words = [
    protocolText(protocol, numbers),
    ...(ports ? [ranges(ports)] : []),
    ...(icmpTypes
      ? [isPing(icmpTypes) ? '' : `${isSingle(icmpTypes) ? 'type' : 'types'} ${ranges(icmpTypes)}`]
      : []),
    ...(sourcePorts ? [`from port ${ranges(sourcePorts)}`] : []),
    ...(strays ? ['that opens no connection'] : []),
    ...(families.length === 1 ? [`(IPv${families[0]})`] : []),
  ]
  const [first, ...rest] = words.filter((word) => word !== '')
  return [icmpTypes && isPing(icmpTypes) ? 'ping' : first, ...rest].join(' ')
}

const isSingle = ([first, ...more]: readonly PortRange[]): boolean =>
  more.length === 0 && first?.first === first?.last

const isPing = (types: readonly PortRange[]): boolean =>
  types.length === 1 && types[0]?.first === ping.first && types[0].last === ping.last

function protocolText(protocol: Traffic['protocol'], numbers: Traffic['numbers']): string {
  if (protocol === 'any') return 'everything'
  if (protocol !== 'other') return protocol
  return numbers ? `protocols ${ranges(numbers)}` : 'all other protocols'
}

const ranges = (list: readonly PortRange[]): string => listed(list.map(formatPortRange), 8)

/** `role/orders, network.yaml:84:11`. */
export const ruleText = ({ point, rule }: RulePlace): string =>
  `${rule.id} at ${point.id}, ${plainLine(formatOrigin(rule.origin))}`

/** What let the packet of an example pass, and what stopped it: two sentences without a full stop. */
export function reasonLines({ kind, example }: ReachChange): readonly string[] {
  if (!example) return ['no packet of it was found that the evaluator confirms']
  const { passes, stops } = example
  const passed = passes && `${kind === 'opened' ? 'let in' : 'was let in'} by ${ruleText(passes)}`
  const stopped = stopText(kind, stops)
  return kind === 'opened' ? [...(passed ? [passed] : []), stopped] : [stopped, ...(passed ? [passed] : [])]
}

function stopText(kind: ReachChange['kind'], stop: Stop): string {
  switch (stop.kind) {
    case 'rule':
      return `${kind === 'opened' ? 'was stopped' : 'stopped'} by ${ruleText(stop.place)}`
    case 'route':
      return `${kind === 'opened' ? 'no way led there' : 'no way leads there'}: it ${kind === 'opened' ? 'ended' : 'ends'} at ${stop.node}`
    case 'absent':
      return kind === 'opened' ? `there was no ${stop.what}` : `there is no ${stop.what}`
  }
}

/** `tcp 192.0.2.1:49152 → 198.51.100.1:443 from internet to west/shop-web-0`. */
export const exampleText = ({ example }: ReachChange): string | undefined =>
  example &&
  `${packetText(example.packet)} from ${example.sender}${example.receiver === undefined ? '' : ` to ${example.receiver}`}`

const machineWords: Readonly<Record<MachineChange['kind'], string>> = {
  added: 'new',
  removed: 'gone',
  addresses: 'other addresses',
  host: 'on another host',
  listeners: 'something else listens',
  vips: 'other VIPs',
}

/** One line for each kind of change: `new, 2: shop web (west/shop-web-2, east/shop-web-2)`. */
export function machineLines(changes: readonly MachineChange[]): readonly {
  readonly kind: MachineChange['kind']
  readonly text: string
}[] {
  const kinds = [...new Set(changes.map(({ kind }) => kind))]
  return kinds.map((kind) => {
    const of = changes.filter((change) => change.kind === kind)
    const count = of.reduce((sum, { nodes }) => sum + nodes.length, 0)
    const whole = kind === 'added' || kind === 'removed'
    const names = of.map(({ name, nodes }) =>
      whole ? `${name} (${listed(nodes)})` : `${name} (${nodes.length})`,
    )
    return { kind, text: `${machineWords[kind]}${count > 1 ? `, ${count}` : ''}: ${listed(names, 6)}` }
  })
}

const ruleWords: Readonly<Record<RuleChange['kind'], string>> = {
  added: 'new',
  removed: 'gone',
  changed: 'other words',
  moved: 'another place',
}

/** `answers or errors judged otherwise, new: operator/old (network.yaml:4:5) at 4 points`. */
export const besideText = (change: RuleChange): string =>
  `${change.effect === 'answers' ? 'answers or errors' : 'what nobody opens, or others stop anyway,'} judged otherwise, ${ruleChangeText(change)}`

/** `other words: acl/partners (acl.yaml:4:5), at 4 points`. */
export const ruleChangeText = ({ kind, rule: { point, rule }, points }: RuleChange): string =>
  `${ruleWords[kind]}: ${rule.id} (${plainLine(formatOrigin(rule.origin))}) at ${points.length === 1 ? point.id : `${points.length} points`}`

/** Whether it is new, gone, or says something else. */
export const settingKind = ({ was, is }: SettingChange): 'added' | 'removed' | 'changed' =>
  was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'

/** `support.longest: 8h → 4h`; `new: exception of failures at west/jump1, until 2027-03-01`. */
export function settingText(change: SettingChange): string {
  const { name, was, is } = change
  const text = plainLine(name)
  if (was !== undefined && is !== undefined) return `${text}: ${plainLine(`${was} → ${is}`)}`
  const saying = plainLine(was ?? is ?? '')
  return `${is === undefined ? 'gone' : 'new'}: ${text.endsWith(saying) ? text : `${text}, ${saying}`}`
}

/** `zone changed`, `2 expectations changed`. */
export const settingCounts = (settings: readonly SettingChange[]): readonly string[] =>
  [...groupBy(settings, ({ subject }) => subject)].map(([subject, { length }]) =>
    subject === 'network' || subject === 'zone' || subject === 'support'
      ? `${subject === 'network' ? 'name' : subject} changed`
      : `${length} ${length === 1 ? subject : `${subject}s`.replace(/ys$/, 'ies')} changed`,
  )
