/** The rules of a site's template: files of the network where it names them, else the product's own. */
import { readFilterFile, type WrittenRules } from '../../file/index.ts'
import type { Site } from '../network.ts'
import type { Resolution } from '../resolution.ts'
import type { AddressBook } from './address-book.ts'
import { type Filter, type RelativeMachines, relativeMachines } from './filter-rule.ts'
import { type GuestFilter, guestFilters } from './guest-filters.ts'
import { productTemplate } from './product-template.ts'
import { resolveRules } from './resolve-rules.ts'

export interface SiteFilters {
  /** What each VM may send, and get beside what its role opens. */
  readonly machineConfig: Filter
  /** What a host partition may get and send. */
  readonly hostConfig: Filter
  /** Guest firewalls of the site's VMs, by `guestKey`. */
  readonly guests: Readonly<Record<string, GuestFilter>>
}

/** Where the rules come from, and whom they may speak of. */
const sources = {
  'machine-config': relativeMachines,
  'host-config': ['this', 'vms-of-this-host'],
} as const satisfies Record<string, readonly RelativeMachines[]>

/** Reads each file once, however many sites are built from its template. */
export function FilterReader(resolution: Resolution) {
  const read = new Map<string, WrittenRules | undefined>()

  function written(template: string, key: keyof typeof sources): WrittenRules | undefined {
    const path = resolution.file.templates[template]?.[key]
    if (path === undefined) return productTemplate(key)
    if (!read.has(path)) {
      const source = resolution.readImport(path, resolution.valueAt('templates', template, key))
      read.set(path, source && readFilterFile(source, resolution.log))
    }
    return read.get(path)
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
      guests: guestFilters(site, book, ports, resolution),
    })
  }
}
