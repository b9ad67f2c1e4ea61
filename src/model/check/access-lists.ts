/** Access lists are asked by the balancers of a site, one rule after the other: their number has a bound. */
import type { Service } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/**
 * Rules of all lists of a site, each counted for every endpoint that it is put on. Azure allows 25 endpoints with 50 rules each in a service,
 * which is less. A balancer's program grows by about 12 instructions with each rule, and its branches reach 32,767.
 */
export const maxAccessRules = 1_500

export function checkAccessLists(services: readonly Service[], { log }: Resolution): void {
  const counts = new Map<string, number>()
  for (const { roles, deployments } of services)
    for (const { acl } of roles.flatMap(({ endpoints }) => endpoints))
      for (const { site } of acl ? deployments : []) {
        const before = counts.get(site) ?? 0
        const now = before + (acl?.rules.length ?? 0)
        counts.set(site, now)
        if (acl && before <= maxAccessRules && now > maxAccessRules)
          log.report(
            'GL2026',
            acl.at,
            `site '${site}' has more than ${maxAccessRules} rules of access lists with this one`,
            {
              hint: 'join subnets, or put shorter lists on endpoints',
            },
          )
      }
}
