/**
 * The host firewall (R22): what may be said to, and by, the host partition, which runs the hypervisor. The rules are those of the
 * site's template. Answers pass by the flow tier, since the host asked. What its VMs say to its services is judged elsewhere
 * (`host-services.ts`).
 */

import { hostServices } from '../../model/index.ts'
import { hostPrefix, Protocol, prefix, subtractPrefixes } from '../../net/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import { hostServicePoints, splitRules } from './host-services.ts'
import { MachineTiers } from './machine-tiers.ts'
import type { MachinePoints, SiteView } from './site-view.ts'
import { supportAccessTiers } from './support-access.ts'

/**
 * Addresses at which any machine hears on a link, beside its own: link-local, multicast and broadcast, of which 0.0.0.0 is an old form
 * (RFC 1122 section 3.2.1.3). Services of the host have points of their own.
 */
const linkLocal = subtractPrefixes(
  ['169.254.0.0/16', 'fe80::/10'].map(prefix),
  hostServices.flatMap(({ addresses }) => addresses.map(hostPrefix)),
)
const onLink = [...linkLocal, ...['0.0.0.0/8', '224.0.0.0/3', 'ff00::/8'].map(prefix)]

/** The points of each host of a site. */
export function hostPoints(view: SiteView): MachinePoints {
  const supportAccess = supportAccessTiers(view)
  const inward = new MachineTiers(view, view.site.filters.hostConfig, 'in')
  const outward = new MachineTiers(view, view.site.filters.hostConfig, 'out')
  const parts = new HostParts()
  const quota = view.site.flowsPerVm
  return (host) => {
    const own = host.addresses.map(hostPrefix)
    const common = {
      kind: 'host' as const,
      node: host.id,
      interfaces: view.interfaces(host.id),
      behind: host.addresses,
      defaultDeny,
    }
    const [incoming, outgoing] = [parts.of(inward.of(host), 'in'), parts.of(outward.of(host), 'out')]
    const { errors } = outgoing
    const sets = [...inward.sets(host), ...outward.sets(host)]
    return [
      ...hostServicePoints(view, host, {
        inward: incoming.services,
        outward: outgoing.services,
        errors,
        sets,
      }),
      {
        ...common,
        id: `${host.id}/partition/in`,
        direction: 'in',
        flow: { table: `${host.id}/partition`, heading: 'to-local', quota },
        scope: { destination: [...own, ...onLink] },
        tiers: [shapeTier, flowTier, ...supportAccess, ...incoming.partition],
        sets: inward.sets(host),
      },
      {
        ...common,
        id: `${host.id}/partition/out`,
        direction: 'out',
        flow: { table: `${host.id}/partition`, heading: 'from-local', quota },
        scope: { source: [...own, ...linkLocal] },
        tiers: [shapeTier, ...errors, flowTier, ...outgoing.partition],
        sets: outward.sets(host),
      },
    ] satisfies Point[]
  }
}

/** The host-config tier of one direction, in parts. */
interface HostPart {
  /** Stand before the flow tier. */
  readonly errors: readonly RuleTier[]
  readonly partition: readonly RuleTier[]
  readonly services: readonly Rule[]
}

const nothing: HostPart = { errors: [], partition: [], services: [] }

/**
 * Rules about ICMP errors stand before the flow tier: what the host, as the first router of its VMs, tells them is about flows of theirs
 * and not of its own. Hosts that share a tier share its parts.
 */
class HostParts {
  readonly #made = new Map<RuleTier, HostPart>()

  of([tier]: readonly RuleTier[], direction: 'in' | 'out'): HostPart {
    if (!tier) return nothing
    const known = this.#made.get(tier)
    if (known) return known
    const part = (name: string, rules: readonly Rule[]): readonly RuleTier[] =>
      rules.length > 0 ? [{ ...tier, name, rules }] : []
    const isError = (rule: Rule) => direction === 'out' && isAboutErrors(rule)
    const { partition, services } = splitRules(
      tier.rules.filter((rule) => !isError(rule)),
      direction,
    )
    const made = {
      errors: part('path-errors', tier.rules.filter(isError)),
      partition: part(tier.name, partition),
      services,
    }
    this.#made.set(tier, made)
    return made
  }
}

function isAboutErrors({ match: { protocol, icmpType } }: Rule): boolean {
  if (icmpType === undefined) return false
  return icmpErrors[protocol === Protocol.icmp ? 4 : 6].includes(icmpType)
}
