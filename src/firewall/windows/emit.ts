/** Points as a PowerShell script of New-NetFirewallRule (NetSecurity module), for a machine that enforces them itself. */
import { formatPortRange, formatPrefix, type PortRange, type Prefix, Protocol } from '../../net/index.ts'
import { formatOrigin, isDefaultAudited, type Point } from '../../policy/index.ts'
import { UnsayableError } from '../unsayable.ts'
import { type OrderFreeRule, orderFree } from './order-free.ts'
import { quoted } from './quote.ts'

/**
 * The script for the points of one node. The same points give the same text. Throws {@link UnsayableError} if Windows Firewall has no
 * words for a rule, and `TypeError` if the points are of several nodes, or there are none.
 */
export function emitWindowsFirewall(points: readonly Point[]): string {
  const [first] = points
  if (!first)
    throw new TypeError('emit Windows Firewall rules: there are no points; name a node that has some')
  if (points.some(({ node }) => node !== first.node))
    throw new TypeError(
      'emit Windows Firewall rules: the points are of several nodes; emit one node at a time',
    )
  for (const direction of ['in', 'out'] as const)
    if (points.filter((point) => point.direction === direction).length > 1)
      throw new UnsayableError(
        'Windows Firewall',
        first.node,
        'several filters stand one after the other there, and Windows has one list of rules',
        'name a machine with one filter, such as one without hypervisor',
      )
  const rules = points.flatMap((point) => {
    if (!own.includes(point.kind))
      throw new UnsayableError(
        'Windows Firewall',
        point.id,
        'it judges packets of other machines',
        'name a node that filters for itself',
      )
    return [
      '',
      `# ${point.id.replace(/[^ -~]/g, '_')}`,
      ...orderFree(point).map((rule, index) => ruleLine(point, rule, index)),
    ]
  })
  const defaultOf = (direction: Point['direction']) =>
    points.some((point) => point.direction === direction && isDefaultAudited(point)) ? 'Allow' : 'Block'
  return [
    '#Requires -RunAsAdministrator',
    `# The rules of ${first.node.replace(/[^ -~]/g, '_')}, by Glacis. Running this script again replaces them.`,
    '# Rules of others are switched off, since they would let more pass; -KeepOtherRules leaves them as they are.',
    'param([switch] $KeepOtherRules)',
    "$ErrorActionPreference = 'Stop'",
    `$group = ${quoted(`Glacis ${first.node}`)}`,
    `Set-NetFirewallProfile -All -Enabled True -DefaultInboundAction ${defaultOf('in')} -DefaultOutboundAction ${defaultOf('out')}`,
    'Get-NetFirewallRule -PolicyStore PersistentStore | Where-Object Group -eq $group | Remove-NetFirewallRule',
    'if (-not $KeepOtherRules) {',
    '  Get-NetFirewallRule -PolicyStore PersistentStore | Disable-NetFirewallRule',
    '}',
    ...rules,
    '',
  ].join('\n')
}

/** Points that judge what their own machine gets and sends. */
const own: readonly Point['kind'][] = ['host', 'native-host', 'guest']

function ruleLine(point: Point, { action, box, rule }: OrderFreeRule, index: number): string {
  const { protocol, local, remote, localPorts, remotePorts, icmpType, icmpCode } = box
  const words: (readonly [name: string, value: string])[] = [
    ['Group', '$group'],
    ['Name', quoted(`${point.id} ${index}`)],
    ['DisplayName', quoted(rule.id)],
    ['Description', quoted(`${rule.why} (${formatOrigin(rule.origin)})`)],
    ['Direction', point.direction === 'in' ? 'Inbound' : 'Outbound'],
    ['Action', action === 'allow' ? 'Allow' : 'Block'],
    ['Profile', 'Any'],
  ]
  if (protocol !== undefined) words.push(['Protocol', protocolNames.get(protocol) ?? String(protocol)])
  if (icmpType !== undefined)
    words.push(['IcmpType', icmpCode === undefined ? String(icmpType) : quoted(`${icmpType}:${icmpCode}`)])
  if (!isAllPorts(localPorts)) words.push(['LocalPort', list(localPorts.map(formatPortRange))])
  if (!isAllPorts(remotePorts)) words.push(['RemotePort', list(remotePorts.map(formatPortRange))])
  if (!isEverywhere(local)) words.push(['LocalAddress', list(addresses(local))])
  if (!isEverywhere(remote)) words.push(['RemoteAddress', list(addresses(remote))])
  return `New-NetFirewallRule ${words.map(([name, value]) => `-${name} ${value}`).join(' ')} | Out-Null`
}

const protocolNames: ReadonlyMap<number, string> = new Map([
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.icmp, 'ICMPv4'],
  [Protocol.icmp6, 'ICMPv6'],
])

const list = (items: readonly string[]): string => items.map(quoted).join(',')

const isAllPorts = ([range]: readonly PortRange[]): boolean => range?.first === 0 && range.last === 65535

const isEverywhere = (prefixes: readonly Prefix[]): boolean =>
  ([4, 6] as const).every((family) => prefixes.some((p) => p.family === family && p.length === 0))

/** A prefix of length 0 is refused by Windows: its halves are not. */
const addresses = (prefixes: readonly Prefix[]): readonly string[] =>
  prefixes.flatMap((p) => {
    if (p.length > 0) return [formatPrefix(p)]
    return p.family === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
  })
