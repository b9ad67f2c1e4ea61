/** Every enforcement point of a network, derived from its model. The only place where policy is made. */
import { type Network, virtualEndpoints } from '../../model/index.ts'
import { linkFlows } from '../link-flows.ts'
import type { Policy } from '../policy.ts'
import { accessRouterPoints } from './access-router.ts'
import { withAudit } from './audit.ts'
import { balancerPoints } from './balancer.ts'
import { distributionRouterPoints } from './distribution-router.ts'
import { guestPoints } from './guest.ts'
import { hostPoints } from './host.ts'
import { hypervisorPoints } from './hypervisor.ts'
import { nativeHostPoints } from './native-host.ts'
import { siteViews } from './site-view.ts'

/** Derives the policy. The same network gives the same policy, byte for byte. */
export function derivePolicy(network: Network): Policy {
  const endpoints = virtualEndpoints(network)
  const points = siteViews(network).flatMap((view) =>
    withAudit(view.site, [
      ...accessRouterPoints(view),
      ...balancerPoints(
        view,
        endpoints.filter(({ site }) => site === view.site.name),
      ),
      ...distributionRouterPoints(view),
      ...hypervisorPoints(view),
      ...hostPoints(view),
      ...nativeHostPoints(view),
      ...guestPoints(view),
    ]),
  )
  return Object.freeze({ points: Object.freeze(linkFlows(points)) })
}
