/**
 * Support access (R26): staff reach host partitions from a jump box, on the host's one port, and only while a grant for it is in
 * force. No jump box has standing access.
 */
import { PortRange, Protocol } from '../../net/index.ts'
import type { GrantsTier } from '../point.ts'
import type { Match } from '../rule.ts'
import { addressesOf, type SiteView } from './site-view.ts'
import { templateRule } from './template-rule.ts'

const rule = templateRule('support-access')

/** None in a site without jump boxes. */
export function supportAccessTiers(view: SiteView): readonly GrantsTier[] {
  const source = addressesOf(view.nodes('jump-box'))
  if (source.length === 0) return []
  const match: Match = {
    source,
    protocol: Protocol.tcp,
    destinationPorts: [PortRange(view.site.ports.agent)],
  }
  return [
    {
      kind: 'grants',
      name: 'support-access',
      match,
      granted: rule(
        view,
        'grant/in-force',
        'allow',
        match,
        'Support staff was granted access for a limited time.',
      ),
      noGrant: rule(
        view,
        'grant/none',
        'deny',
        match,
        'A jump box reaches a host only while access is granted.',
      ),
    },
  ]
}
