/** Which events somebody wants to see. All conditions that are given must hold. */
import type { EventKind } from '../dataplane/index.ts'
import { pathPattern } from '../file/index.ts'
import type { Network } from '../model/index.ts'
import { formatIp, type Ip, type Prefix, prefixContains } from '../net/index.ts'
import type { QuotedFlow } from '../wire/index.ts'
import { type PacketEvent, verdictOf } from './event.ts'

export interface EventFilter {
  readonly kinds?: readonly EventKind[] | undefined
  readonly verdict?: 'allow' | 'deny' | undefined
  /** Ids, or patterns with `*`; an id also stands for what lies below it: `west` for `west/ar1`. */
  readonly node?: string | undefined
  readonly point?: string | undefined
  readonly rule?: string | undefined
  /** Packets to or from a VM or VIP of the tenant, and those that a filter of such a VM judged. */
  readonly tenant?: string | undefined
  readonly source?: Prefix | undefined
  readonly destination?: Prefix | undefined
}

/** Compiles a filter. Of an ICMP error, the packet that it quotes counts too. */
export function eventFilter(network: Network, filter: EventFilter): (event: PacketEvent) => boolean {
  const { kinds, verdict, source, destination, tenant } = filter
  const [node, point, rule] = [filter.node, filter.point, filter.rule].map(
    (text) => text && pathPattern(text),
  )
  const own = tenant === undefined ? undefined : addressesOf(network, tenant)
  const isOwn = (address: Ip): boolean => own?.has(formatIp(address)) ?? false
  return (event) =>
    (kinds === undefined || kinds.includes(event.kind)) &&
    (verdict === undefined || verdictOf(event) === verdict) &&
    (!node || node.test(event.node)) &&
    (!point || point.test(event.point.id)) &&
    (!rule || rule.test(event.rule.id)) &&
    (source === undefined || flowsIn(event).some((flow) => prefixContains(source, flow.source))) &&
    (destination === undefined ||
      flowsIn(event).some((flow) => prefixContains(destination, flow.destination))) &&
    (own === undefined ||
      (event.point.behind ?? []).some(isOwn) ||
      flowsIn(event).some((flow) => isOwn(flow.source) || isOwn(flow.destination)))
}

/** The packet's flow, and the one that it quotes; none of an odd frame. */
const flowsIn = ({ headers }: PacketEvent): readonly QuotedFlow[] =>
  headers.kind === 'odd' ? [] : headers.quoted ? [headers, headers.quoted] : [headers]

function addressesOf({ nodes, services }: Network, tenant: string): ReadonlySet<string> {
  const machines = nodes.filter(({ vm }) => vm?.tenant === tenant).flatMap(({ addresses }) => addresses)
  const vips = services
    .filter((service) => service.tenant === tenant)
    .flatMap(({ deployments }) => deployments.flatMap((deployment) => deployment.vips))
  return new Set([...machines, ...vips].map(formatIp))
}
