/** Checks which tiers a template puts into audit mode. */
import { suggestion } from '../../file/index.ts'
import type { AuditedTier } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'

/** Tiers that can deny, by kind of enforcement point, as `policy/derive` makes them; each kind has `default` too. */
export const auditableTiers: Readonly<Record<string, readonly string[]>> = {
  'access-router': [
    'source-validation',
    'internal-destinations',
    'platform-acl',
    'operator-acl',
    'rate-limits',
    'vips-only',
    'outbound',
  ],
  balancer: ['access-lists', 'undeclared'],
  'distribution-router': ['approved-addresses', 'anti-spoofing', 'established', 'forward'],
  hypervisor: ['no-server', 'own-source', 'machine-config', 'role'],
  host: ['host-services', 'path-errors', 'support-access', 'host-config'],
  'native-host': ['machine-config', 'role'],
  guest: ['guest'],
}

const known: ReadonlyMap<string, AuditedTier> = new Map(
  Object.entries(auditableTiers).flatMap(([kind, tiers]) =>
    [...tiers, 'default'].map((tier) => [`${kind}/${tier}`, Object.freeze({ kind: kind, tier })]),
  ),
)

/** The tiers that a template names; unknown ones are reported, and of the others that they let pass. */
export function auditedTiers(
  template: string,
  names: readonly string[],
  { log, valueAt }: Resolution,
): readonly AuditedTier[] {
  return names.flatMap((name, index) => {
    const tier = known.get(name)
    const at = valueAt('templates', template, 'audit', index)
    if (!tier)
      log.report('GL2050', at, `there is no tier '${name}'`, {
        hint: suggestion(name, known.keys(), 'tiers are'),
      })
    else
      log.report('GL2051', at, `${name} is in audit mode: what it would deny passes`, { severity: 'warning' })
    return tier ?? []
  })
}
