/** Rate limits of access routers (R9), after all lists of what may pass at all. */
import type { LimitDirection, SiteLimit } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { Limit, LimitKey, LimitTier, Rate } from '../point.ts'
import type { SiteView } from './site-view.ts'

/** None where the site has no limit of that direction. Every router of the site has buckets of its own. */
export function rateLimitTiers(view: SiteView, direction: LimitDirection): readonly LimitTier[] {
  const written = view.site.limits[direction]
  if (written.length === 0) return []
  const limits = written.map((limit) => limitOf(view, direction, limit))
  return [{ kind: 'limit', name: 'rate-limits', limits }]
}

function limitOf(view: SiteView, direction: LimitDirection, written: SiteLimit): Limit {
  const { name, at, packets, bytes, burst } = written
  const rate = (units: number): Rate => ({ units, burst: units * burst })
  return {
    rule: {
      id: `limit/${name}`,
      action: 'deny',
      match: {},
      origin: { kind: 'file', at },
      why: why[written.per],
    },
    key: keyOf(view, direction, written),
    ...(packets !== undefined && { packets: rate(packets) }),
    ...(bytes !== undefined && { bytes: rate(bytes) }),
  }
}

const why = {
  source: 'Nobody takes more than a share.',
  destination: 'Nobody is flooded from here.',
  vip: 'No service takes the line of the others, whoever sends.',
} as const

function keyOf(view: SiteView, direction: LimitDirection, { per, prefix }: SiteLimit): LimitKey {
  if (prefix && per !== 'vip') return { kind: 'prefix', end: per, length: { 4: prefix.ipv4, 6: prefix.ipv6 } }
  const end = direction === 'from-internet' ? 'destination' : 'source'
  return { kind: 'address', end, addresses: publicAddresses(view) }
}

/** Whatever of the site is seen outside: VIPs of services, of the name service, egress addresses of balancers. */
function publicAddresses({ network, site, nodes }: SiteView): readonly Ip[] {
  const services = network.services.flatMap(({ deployments }) =>
    deployments.filter((deployment) => deployment.site === site.name).flatMap(({ vips }) => vips),
  )
  return [...services, ...site.dnsVips, ...nodes('balancer').flatMap((node) => node.publicAddresses)]
}
