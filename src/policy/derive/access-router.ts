/**
 * Access routers (R9, R12–R15): the boundary to the Internet. Inward only sources that can be there and only VIPs as
 * destinations; outward only VIPs as sources and nothing that is inside as destination. Between them
 * the lists of the platform and of the operator.
 */
import type { Node } from '../../model/index.ts'
import { defaultDeny, shapeTier } from '../built-in.ts'
import type { Point, RuleTier } from '../point.ts'
import type { Rule } from '../rule.ts'
import { filterRules } from './filter-rules.ts'
import { rateLimitTiers } from './rate-limits.ts'
import type { SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const rule = templateRule('access-router')

export function accessRouterPoints(view: SiteView): readonly Point[] {
  return view.nodes('access-router').flatMap((router) => [external(view, router), internal(view, router)])
}

function external(view: SiteView, router: Node): Point {
  const { network, site } = view
  const own = [...site.public.vips, ...site.public.routers]
  return {
    id: `${router.id}/external/in`,
    kind: 'access-router',
    node: router.id,
    interfaces: view.interfaces(router.id, 'isp'),
    direction: 'in',
    tiers: [
      shapeTier,
      {
        kind: 'rules',
        name: 'source-validation',
        rules: [
          rule(
            view,
            'source/internal',
            'deny',
            { source: network.internal },
            'Internal sources do not come from outside.',
          ),
          rule(
            view,
            'source/own',
            'deny',
            { source: own },
            'Our own public sources do not come from outside.',
          ),
          rule(
            view,
            'source/bogon',
            'deny',
            { source: network.bogons },
            'Sources that nobody can have in the Internet.',
          ),
        ],
      },
      {
        kind: 'rules',
        name: 'internal-destinations',
        rules: [
          rule(
            view,
            'destination/internal',
            'deny',
            { destination: network.internal },
            'DIPs cannot be addressed from outside.',
          ),
        ],
      },
      ...aclTiers(view, 'in'),
      ...rateLimitTiers(view, 'from-internet'),
      {
        kind: 'rules',
        name: 'vips-only',
        rules: [
          rule(
            view,
            'vip/pool',
            'allow',
            { destination: site.public.vips },
            'Only balancers take traffic from outside.',
          ),
        ],
      },
    ],
    defaultDeny,
  }
}

function internal(view: SiteView, router: Node): Point {
  const { network, site } = view
  return {
    id: `${router.id}/internal/in`,
    kind: 'access-router',
    node: router.id,
    interfaces: view.interfaces(router.id, 'balancer'),
    direction: 'in',
    tiers: [
      shapeTier,
      {
        kind: 'rules',
        name: 'source-validation',
        rules: [
          rule(view, 'source/vip', 'next', { source: site.public.vips }, 'What leaves the site bears a VIP.'),
          rule(
            view,
            'source/other',
            'deny',
            {},
            'No other source leaves: internal addresses are never seen outside.',
          ),
        ],
      },
      {
        kind: 'rules',
        name: 'internal-destinations',
        rules: [
          rule(
            view,
            'destination/router',
            'deny',
            { destination: network.sites.flatMap(({ public: { routers } }) => routers) },
            'Access routers take nothing that is addressed to them.',
          ),
          rule(
            view,
            'destination/internal',
            'deny',
            { destination: network.internal },
            'What is inside is not looked for outside.',
          ),
        ],
      },
      ...aclTiers(view, 'out'),
      ...rateLimitTiers(view, 'to-internet'),
      {
        kind: 'rules',
        name: 'outbound',
        rules: [rule(view, 'outbound/any', 'allow', {}, 'To the Internet.')],
      },
    ],
    defaultDeny,
  }
}

/**
 * The platform's list and the operator's. They only narrow: what a rule allows goes on to the next tier, as does what no rule is about.
 * They are stateless and see public addresses: inward VIPs as destinations, outward VIPs and egress addresses as sources.
 */
const aclTiers = ({ site }: SiteView, direction: 'in' | 'out'): readonly RuleTier[] =>
  [site.filters.platformAcl, site.filters.operatorAcl].flatMap((filter) => {
    const prefix = filter.name === 'platform-acl' ? 'platform' : 'operator'
    const rules = filterRules(filter, direction, prefix, site).map(
      (one): Rule => (one.action === 'allow' ? { ...one, action: 'next' } : one),
    )
    return rules.length > 0 ? [{ kind: 'rules', name: filter.name, rules }] : []
  })
