/** What customers let into, and out of, the machines of their roles: the guest firewalls of a site's VMs. */
import type { SourceRange } from '../../file/source.ts'
import type { SitePorts } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'
import type { AddressBook } from './address-book.ts'
import { type Filter, relativeMachines } from './filter-rule.ts'
import { resolveRules } from './resolve-rules.ts'
import { type SecurityGroups, securityGroupFilter } from './security-groups.ts'

export interface GuestFilter {
  readonly filter: Filter
  /** What becomes of packets that the VM sends and no rule matches. */
  readonly outbound: 'allow' | 'deny'
  readonly at: SourceRange
}

/** Of the services of one site that have some, by {@link guestKey}. Rules with slips are reported and left out. */
export function guestFilters(
  site: string,
  book: AddressBook,
  ports: SitePorts,
  securityGroups: SecurityGroups,
  { file, log, keyAt, valueAt }: Resolution,
): Readonly<Record<string, GuestFilter>> {
  const filters: Record<string, GuestFilter> = {}
  for (const [service, { sites, roles = {} }] of Object.entries(file.services))
    for (const [role, { guest }] of Object.entries(roles)) {
      if (!guest || !sites.includes(site)) continue
      const path = ['services', service, 'roles', role, 'guest'] as const
      const at = keyAt(...path)
      const context = { book, ports: { ...ports }, relative: relativeMachines, log }
      if (guest.nsg !== undefined) {
        if (guest.rules || guest.outbound)
          log.report(
            'GL2122',
            at,
            `the guest firewall of role '${role}' has a network security group and more`,
            {
              hint: "keep 'nsg' alone: its own rules say what becomes of everything else",
            },
          )
        const group = securityGroups(guest.nsg, ...path, 'nsg')
        const filter = group
          ? securityGroupFilter('guest', group, 'guest', context)
          : { name: 'guest', rules: Object.freeze([]) }
        filters[guestKey(service, role)] = Object.freeze({ filter, outbound: 'deny', at })
        continue
      }
      if (!guest.rules) {
        log.report('GL2122', at, `the guest firewall of role '${role}' has no rules`, {
          hint: "write 'rules:', or name a network security group with 'nsg:'",
        })
        continue
      }
      const written = {
        rules: guest.rules,
        audit: false,
        at: (index: number, ...below: readonly (string | number)[]) =>
          valueAt(...path, 'rules', index, ...(below.length === 0 ? ['name'] : below)),
      }
      filters[guestKey(service, role)] = Object.freeze({
        filter: resolveRules('guest', written, context),
        outbound: guest.outbound ?? 'allow',
        at,
      })
    }
  return Object.freeze(filters)
}

export const guestKey = (service: string, role: string): string => `${service} ${role}`

export const serviceOfGuestKey = (key: string): string => key.slice(0, key.indexOf(' '))
