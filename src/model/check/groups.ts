/** Checks the groups and tags of the network file: their names, and what their members lead to. */
import { suggestion } from '../../file/index.ts'
import { AddressBook, type NamedNetwork, reservedNames, tagNamed } from '../filter/address-book.ts'
import type { Resolution } from '../resolve/resolution.ts'

export function checkGroups(network: NamedNetwork, resolution: Resolution): void {
  const { log, keyAt, valueAt } = resolution
  const { groups, tags } = network
  const [site] = network.sites
  if (!site) return
  const book = AddressBook(network, site.name)
  for (const [section, table] of Object.entries({ groups, tags }))
    for (const [name, members] of Object.entries(table)) {
      if (reservedNames.has(name))
        log.report('GL2109', keyAt(section, name), `'${name}' has a meaning already`, {
          hint: 'choose another name',
        })
      if (section === 'tags' && Object.hasOwn(groups, name))
        log.report('GL2109', keyAt(section, name), `'${name}' is the name of a group already`, {
          hint: 'choose another name',
        })
      members.forEach((member, index) => {
        if (book.lookup(member)) return
        const at = valueAt(section, name, index)
        if (/^[A-Z]/.test(member))
          log.report('GL2107', at, `the service tag '${member}' has no meaning here`, {
            hint: `add it below 'tags:'`,
          })
        else
          log.report('GL2100', at, `nothing is called '${member}'`, {
            hint: suggestion(member, book.names, 'names are'),
          })
      })
      if (leadsTo(network, name, name, new Set()))
        log.report('GL2106', keyAt(section, name), `'${name}' contains itself`, {
          hint: 'remove one of the members that lead back to it',
        })
    }
}

/** Whether the members of `from` lead to `name`, over other groups and tags. */
function leadsTo(network: NamedNetwork, from: string, name: string, seen: Set<string>): boolean {
  const { groups, tags } = network
  const tag = tagNamed(from, Object.keys(tags))
  const members = Object.hasOwn(groups, from) ? groups[from] : tag === undefined ? undefined : tags[tag]
  for (const member of members ?? []) {
    if (member === name) return true
    if (seen.has(member)) continue
    seen.add(member)
    if (leadsTo(network, member, name, seen)) return true
  }
  return false
}
