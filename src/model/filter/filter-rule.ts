/** Rules that a person wrote, resolved: names have become addresses, except those that differ from machine to machine. */
import type { SourceRange } from '../../file/source.ts'
import type { Family, PortRange, Prefix } from '../../net/index.ts'

/**
 * Machines that a rule means by their relation to the machine that it is applied to.
 * - `this`: the machine behind the filter: a VM, a host partition, a native host.
 * - `this-host`: the host of the VM behind the filter.
 * - `same-service`: all VMs of the VM's service in its site, itself included.
 * - `vms-of-this-host`: the VMs of the host behind the filter, or of the VM's host.
 */
export type RelativeMachines = (typeof relativeMachines)[number]
export const relativeMachines = Object.freeze([
  'this',
  'this-host',
  'same-service',
  'vms-of-this-host',
] as const)

/** A set of addresses; empty if both lists are: then no packet has such an end. */
export interface RuleEnds {
  readonly prefixes: readonly Prefix[]
  readonly relative: readonly RelativeMachines[]
}

/** All given conditions must hold; an absent one holds for every packet. */
export interface ResolvedRule {
  /** Unique among the rules that it stands with. A rule of several protocols has become several: `dns/tcp`, `dns/udp`. */
  readonly name: string
  /** `in`: toward the machine (or site) that the rules protect. `out`: from it. */
  readonly direction: 'in' | 'out'
  readonly action: 'allow' | 'deny'
  /** What the rule would drop is counted and reported, and passes. */
  readonly audit?: true
  readonly why: string
  readonly at: SourceRange
  readonly family?: Family
  readonly from?: RuleEnds
  readonly to?: RuleEnds
  /** IP protocol number; there if one of the conditions below is. */
  readonly protocol?: number
  readonly sourcePorts?: readonly PortRange[]
  /** Destination ports. */
  readonly ports?: readonly PortRange[]
  readonly icmpType?: number
  readonly icmpCode?: number
  /** Holds if `(flags & mask) === value`. */
  readonly tcpFlags?: { readonly mask: number; readonly value: number }
}

/** Rules of one file, or of one list in the network file, in order: the first that matches decides. */
export interface Filter {
  /** What it is there for: `machine-config`, `host-config`, `platform-acl`, `operator-acl`, `guest`. */
  readonly name: string
  readonly rules: readonly ResolvedRule[]
}
