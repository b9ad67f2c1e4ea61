/** Azure's network security groups as filters: found in the files that the network file names, their tags and groups looked up in it. */
import { type Path, suggestion } from '../../file/index.ts'
import { prefixesOverlap } from '../../net/index.ts'
import {
  type GroupRule,
  type GroupUse,
  groupRules,
  securityGroupName,
  writtenRules,
} from '../import/nsg/group-rules.ts'
import { readSecurityGroup, type SecurityGroup } from '../import/nsg/security-group.ts'
import type { EndAddress } from '../import/nsg/security-rule.ts'
import type { Resolution } from '../resolve/resolution.ts'
import type { AddressBook } from './address-book.ts'
import type { Filter } from './filter-rule.ts'
import { type RuleContext, resolveRules } from './resolve-rules.ts'

/** As the network file names a group: the file alone if it holds one group. */
export type GroupReference =
  | string
  | { readonly file: string; readonly name?: string | undefined; readonly parameters?: string | undefined }

/** Reads each group once. `path` leads to the reference in the network file. */
export type SecurityGroups = (reference: GroupReference, ...path: Path) => SecurityGroup | undefined

export function SecurityGroups({ readImport, valueAt, log }: Resolution): SecurityGroups {
  const read = new Map<string, SecurityGroup | undefined>()
  return (reference, ...path) => {
    const { file, name, parameters } = typeof reference === 'string' ? { file: reference } : reference
    const key = JSON.stringify([file, name, parameters])
    if (read.has(key)) return read.get(key)
    const at = (part: string) => valueAt(...path, ...(typeof reference === 'string' ? [] : [part]))
    const source = readImport(file, at('file'))
    const given = parameters === undefined ? undefined : readImport(parameters, at('parameters'))
    const group =
      source && (parameters === undefined || given)
        ? readSecurityGroup(
            source,
            {
              ...(name !== undefined && { name }),
              ...(given && { parameters: given }),
              at: at(name === undefined ? 'file' : 'name'),
            },
            log,
          )
        : undefined
    read.set(key, group)
    return group
  }
}

/** @param name of the filter, see {@link Filter}. Rules with slips are reported and left out; these keep the network from loading. */
export function securityGroupFilter(
  name: string,
  group: SecurityGroup,
  use: GroupUse,
  context: RuleContext,
): Filter {
  const rules = groupRules(group, use, (address) => {
    const here = nameIn(context.book, address)
    if (here === undefined) reportUnknown(address, context)
    return here
  })
  if (use === 'acl') for (const rule of rules) checkReach(rule, context)
  return resolveRules(name, writtenRules(rules), context)
}

/** What an address of a rule is called in the rule language; `undefined`: nothing here has that name. */
function nameIn(book: AddressBook, { kind, name }: EndAddress): string | undefined {
  if (kind === 'prefix') return name
  if (kind === 'tag') return book.tagNamed(name)
  const here = securityGroupName(name)
  return book.groups.includes(here) || book.roles.has(here) ? here : undefined
}

function reportUnknown({ kind, name, at }: EndAddress, { book, log }: RuleContext): void {
  if (kind === 'tag')
    return log.report('GL2107', at, `the service tag '${name}' has no meaning here`, {
      hint: suggestion(name, book.tags, "add it below 'tags:' of the network file; there are"),
    })
  const here = securityGroupName(name)
  const isRole = here.includes('/')
  const what = isRole ? `no role '${here}'` : `no group '${here}'`
  log.report('GL2120', at, `there is ${what} for the application security group '${name}'`, {
    hint: isRole
      ? "a name of the form 'service.role' means the VMs of a role"
      : `add '${here}: [...]' below 'groups:' of the network file, or call the group 'service.role'`,
  })
}

/** At access routers the machines of a site have their public addresses: a rule about others meets no packet. */
function checkReach({ rule, of }: GroupRule, { book, log }: RuleContext): void {
  if (!of || of.isDefault) return
  const side = of.direction === 'in' ? of.destination : of.source
  const internal = book.lookup('internal')?.prefixes ?? []
  for (const address of side.addresses) {
    const name = nameIn(book, address)
    const prefixes = name === undefined ? [] : (book.lookup(name)?.prefixes ?? [])
    if (!prefixes.some((prefix) => internal.some((inner) => prefixesOverlap(prefix, inner)))) continue
    const what = `'${address.name}' of rule '${of.name}' has addresses inside, which access routers never see on that side`
    if (rule.deny)
      log.report('GL2121', address.at, `${what}: the denial would be lost`, {
        hint: 'deny the VIPs, or all destinations; or use the group as guest rules of a role',
      })
    else
      log.report('GL2121', address.at, `${what}: the rule allows nothing`, {
        severity: 'warning',
        hint: 'name the VIPs',
      })
    return
  }
}
