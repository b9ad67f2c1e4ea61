/** The rules of a site's template: files of the network where it names them, else the product's own. */
import { readFilterFile, type WrittenRules } from '../../file/index.ts'
import type { Site, SitePorts } from '../network.ts'
import type { Resolution } from '../resolve/resolution.ts'
import type { AddressBook } from './address-book.ts'
import { type Filter, type RelativeMachines, relativeMachines } from './filter-rule.ts'
import { type GuestFilter, guestFilters } from './guest-filters.ts'
import { checkOperatorReach } from './operator-reach.ts'
import { productTemplate } from './product-template.ts'
import { resolveRules } from './resolve-rules.ts'
import { SecurityGroups, securityGroupFilter } from './security-groups.ts'

export interface SiteFilters {
  /** What each VM may send, and get beside what its role opens. */
  readonly machineConfig: Filter
  /** What a host partition may get and send. */
  readonly hostConfig: Filter
  /** Guest firewalls of the site's VMs, by `guestKey`. */
  readonly guests: Readonly<Record<string, GuestFilter>>
  /** At the access routers, before the operator's. */
  readonly platformAcl: Filter
  /** At the access routers; without rules if the template has none. */
  readonly operatorAcl: Filter
}

/** Where the rules come from, and whom they may speak of. */
const sources = {
  'machine-config': relativeMachines,
  'host-config': ['this', 'vms-of-this-host'],
  'platform-acl': [],
} as const satisfies Record<string, readonly RelativeMachines[]>

/** Reads each file once, however many sites are built from its template. */
export function FilterReader(resolution: Resolution) {
  const read = new Map<string, WrittenRules | undefined>()
  const securityGroups = SecurityGroups(resolution)

  function written(template: string, key: keyof typeof sources): WrittenRules | undefined {
    const path = resolution.file.templates[template]?.[key]
    if (path === undefined) return productTemplate(key)
    if (!read.has(path)) {
      const source = resolution.readImport(path, resolution.valueAt('templates', template, key))
      read.set(path, source && readFilterFile(source, resolution.log))
    }
    return read.get(path)
  }

  function operatorAcl(template: string, book: AddressBook, ports: SitePorts): Filter {
    const { acl, 'acl-rules': inline } = resolution.file.templates[template] ?? {}
    const context = { book, ports: { ...ports }, relative: [], log: resolution.log }
    const none = Object.freeze({ name: 'operator-acl', rules: Object.freeze([]) })
    if (acl !== undefined && inline)
      resolution.log.report(
        'GL2110',
        resolution.keyAt('templates', template, 'acl-rules'),
        `template '${template}' has its list twice`,
        {
          hint: "keep 'acl' or 'acl-rules'",
        },
      )
    if (inline) {
      const at: WrittenRules['at'] = (index, ...path) =>
        resolution.valueAt(
          'templates',
          template,
          'acl-rules',
          index,
          ...(path.length === 0 ? ['name'] : path),
        )
      return checkOperatorReach(
        resolveRules('operator-acl', { rules: inline, audit: false, at }, context),
        context,
      )
    }
    if (acl === undefined) return none
    const isGroup = typeof acl === 'object' || /\.json$/i.test(acl)
    if (isGroup) {
      const path = ['templates', template, 'acl', ...(typeof acl === 'object' ? ['nsg'] : [])]
      const group = securityGroups(typeof acl === 'object' ? acl.nsg : acl, ...path)
      return group ? securityGroupFilter('operator-acl', group, 'acl', context) : none
    }
    if (!read.has(acl)) {
      const source = resolution.readImport(acl, resolution.valueAt('templates', template, 'acl'))
      read.set(acl, source && readFilterFile(source, resolution.log))
    }
    const written = read.get(acl)
    return written ? checkOperatorReach(resolveRules('operator-acl', written, context), context) : none
  }

  /** Rules of a file with mistakes are left out; the mistakes keep the network from loading. */
  return (
    { name: site, template, ports }: Pick<Site, 'name' | 'template' | 'ports'>,
    book: AddressBook,
  ): SiteFilters => {
    const filter = (key: keyof typeof sources): Filter => {
      const rules = written(template, key)
      if (!rules) return Object.freeze({ name: key, rules: Object.freeze([]) })
      const relative = sources[key]
      return resolveRules(key, rules, { book, ports: { ...ports }, relative, log: resolution.log })
    }
    return Object.freeze({
      machineConfig: filter('machine-config'),
      hostConfig: filter('host-config'),
      guests: guestFilters(site, book, ports, securityGroups, resolution),
      platformAcl: filter('platform-acl'),
      operatorAcl: operatorAcl(template, book, ports),
    })
  }
}
