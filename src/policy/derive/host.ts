/**
 * The host firewall (R22): what may be said to, and by, the host partition, which runs the hypervisor. The rules are those of the
 * site's template. Answers pass by the flow tier, since the host asked; what VMs ask the services of the host is not among its flows.
 */

import type { Node } from '../../model/index.ts'
import { hostPrefix, Protocol, prefix } from '../../net/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import { defaultDeny, flowTier, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import { ServiceTiers, serviceGuard, servicePrefixesOf } from './host-services.ts'
import { MachineTiers } from './machine-tiers.ts'
import type { SiteView } from './site-view.ts'
import { supportAccessTiers } from './support-access.ts'

/** Addresses at which any machine hears on a link, beside its own: link-local, multicast and broadcast, of which 0.0.0.0 is an old form (RFC 1122 section 3.2.1.3). */
const onLink = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', 'fe80::/10', 'ff00::/8'].map(prefix)

export function hostPoints(view: SiteView): readonly Point[] {
  const supportAccess = supportAccessTiers(view)
  const inward = new MachineTiers(view, view.site.filters.hostConfig, 'in')
  const outward = new MachineTiers(view, view.site.filters.hostConfig, 'out')
  const split = new Map<RuleTier, OutwardTiers>()
  const services = new ServiceTiers(view)
  const quota = view.site.flowsPerVm
  return view.nodes('host').flatMap((host) => {
    const common = {
      kind: 'host' as const,
      node: host.id,
      interfaces: view.interfaces(host.id),
      behind: host.addresses,
      defaultDeny,
    }
    const { errors, others } = outwardTiers(outward.of(host), split)
    const { asked, answered, rest } = services.of(host, inward.of(host))
    return [
      serviceGuard(view, host),
      {
        ...common,
        id: `${host.id}/partition/in`,
        direction: 'in',
        flow: { table: `${host.id}/partition`, heading: 'to-local', quota },
        scope: { destination: [...host.addresses.map(hostPrefix), ...servicePrefixesOf(host), ...onLink] },
        tiers: [shapeTier, ...asked, flowTier, ...supportAccess, ...rest],
        sets: inward.sets(host),
      },
      {
        ...common,
        id: `${host.id}/partition/out`,
        direction: 'out',
        flow: { table: `${host.id}/partition`, heading: 'from-local', quota },
        scope: { source: ownSources(host) },
        tiers: [shapeTier, ...errors, ...answered, flowTier, ...others],
        sets: [...outward.sets(host), ...inward.sets(host)],
      },
    ] satisfies Point[]
  })
}

const ownSources = (host: Node) => [
  ...host.addresses.map(hostPrefix),
  ...servicePrefixesOf(host),
  prefix('169.254.0.0/16'),
  prefix('fe80::/10'),
]

interface OutwardTiers {
  readonly errors: readonly RuleTier[]
  readonly others: readonly RuleTier[]
}

/**
 * Rules about ICMP errors stand before the flow tier: what the host, as the first router of its VMs, tells them is about flows of theirs
 * and not of its own. Hosts that share a tier share its parts.
 */
function outwardTiers(tiers: readonly RuleTier[], split: Map<RuleTier, OutwardTiers>): OutwardTiers {
  const [tier] = tiers
  if (!tier) return { errors: [], others: [] }
  const known = split.get(tier)
  if (known) return known
  const part = (name: string, rules: readonly Rule[]): readonly RuleTier[] =>
    rules.length > 0 ? [{ ...tier, name, rules }] : []
  const made = {
    errors: part('path-errors', tier.rules.filter(isAboutErrors)),
    others: part(
      tier.name,
      tier.rules.filter((rule) => !isAboutErrors(rule)),
    ),
  }
  split.set(tier, made)
  return made
}

function isAboutErrors({ match: { protocol, icmpType } }: Rule): boolean {
  if (icmpType === undefined) return false
  return icmpErrors[protocol === Protocol.icmp ? 4 : 6].includes(icmpType)
}
