/** Rules that are part of the semantics rather than of any file, and the tiers made of them. */
import type { OddReason } from '../wire/index.ts'
import type { FlowTier, ShapeTier } from './point.ts'
import type { Action, Rule } from './rule.ts'

export function builtIn(id: string, action: Action, why: string): Rule {
  const name = id.split('/')[0] as string
  return Object.freeze({ id, action, match: {}, origin: { kind: 'built-in' as const, name }, why })
}

const reasons: Readonly<Record<OddReason, Rule>> = {
  arp: builtIn('shape/arp', 'allow', 'Machines find the hardware address of their next hop.'),
  'neighbour-discovery': builtIn('shape/neighbour-discovery', 'allow', 'As ARP, for IPv6.'),
  'not-ip': builtIn('shape/not-ip', 'deny', 'Only IPv4, IPv6 and ARP are spoken here, without VLAN tags.'),
  fragment: builtIn(
    'shape/fragment',
    'deny',
    'A fragment does not show its ports, so no rule could judge it.',
  ),
  'ip-options': builtIn('shape/ip-options', 'deny', 'IPv4 options steer routing and hide ports (RFC 7126).'),
  'extension-header': builtIn(
    'shape/extension-header',
    'deny',
    'IPv6 extension headers hide ports (RFC 9288).',
  ),
  malformed: builtIn('shape/malformed', 'deny', 'Lengths or versions contradict each other.'),
}

/** The first tier of every point. */
export const shapeTier: ShapeTier = Object.freeze({
  kind: 'shape',
  name: 'shape',
  reasons: Object.freeze(reasons),
})

/** The flow tier of stateful points. */
export const flowTier: FlowTier = Object.freeze({
  kind: 'flow',
  name: 'flow',
  established: builtIn('flow/established', 'allow', 'Packets of a flow whose first packet was allowed.'),
  related: builtIn('flow/related', 'allow', 'ICMP errors about a flow whose first packet was allowed.'),
  noFlow: builtIn('flow/none', 'deny', 'A reply, or an ICMP error, that belongs to no known flow.'),
  revoked: builtIn('flow/revoked', 'deny', 'The rules have changed, and do not allow this flow any more.'),
  full: builtIn('flow/full', 'deny', 'A new flow was allowed, but the filter remembers as many as it may.'),
})

export const defaultDeny: Rule = builtIn('default/deny', 'deny', 'What no rule allows is denied.')

/** What refuses a connection that a VM opens outward, and one to a VIP of its own site. */
export const egressFull: Rule = builtIn(
  'egress/full',
  'deny',
  'The VM has as many outward connections as it may, or no port is left to it toward that end.',
)
export const hairpinFull: Rule = builtIn(
  'hairpin/full',
  'deny',
  'As egress/full, of connections to VIPs of the VM’s own site.',
)
