/**
 * Network security groups of a document, as they are written there. Read are: ARM templates, with nested ones; what `az network nsg show`
 * and `list` print, and the answers of the REST interface; parameter files of Microsoft's template building blocks.
 */
import { type JsonDocument, type Located, plainValue } from '../../../file/index.ts'
import { type Resource, ResourceReader } from '../arm/resources.ts'
import type { Given } from '../arm/scope.ts'
import { isNull, memberOf, NoValue, textOf } from '../arm/value.ts'
import { expandNamedRules } from './named-rules.ts'

/** A rule, evaluated. Throws {@link NoValue}. */
export type WrittenRule = () => Located

/** Rules of a group that stand together. Throws {@link NoValue} if the file does not say what they are. */
export type WrittenPart = () => {
  readonly rules: readonly WrittenRule[]
  readonly defaults?: readonly WrittenRule[]
}

export interface WrittenGroup {
  readonly name: string
  readonly at: Located['at']
  readonly parts: readonly WrittenPart[]
  /** Only rules that are added to a group which is not in the file. */
  readonly isElsewhere: boolean
}

export interface GroupDocument {
  readonly groups: readonly WrittenGroup[]
  /** Templates that are linked, and so not read. */
  readonly linked: readonly Located[]
}

const groupType = 'microsoft.network/networksecuritygroups'
const ruleType = `${groupType}/securityrules`

/** Keys of a group's properties. One that is unknown may be a slip for these. */
const groupKeys = new Set([
  'securityrules',
  'defaultsecurityrules',
  'flushconnection',
  'flowlogs',
  'networkinterfaces',
  'subnets',
  'provisioningstate',
  'resourceguid',
  'copy',
])
const outerKeys = new Set([
  'name',
  'id',
  'etag',
  'type',
  'location',
  'tags',
  'resourcegroup',
  'resourcegroupname',
  'subscriptionid',
  'virtualnetworks',
  'kind',
])

/** `undefined` if the document is of none of the forms. Throws {@link NoValue} if it cannot be said which groups there are. */
export function writtenGroups({ root }: JsonDocument, given: Given): GroupDocument | undefined {
  if (root.kind === 'list') return { groups: root.items.map(shownGroup), linked: [] }
  if (root.kind !== 'map') return undefined
  const value = memberOf(root, 'value')
  if (memberOf(root, 'resources')) return templateGroups([{ template: root, given }])
  const template = memberOf(root, 'template')
  if (template?.kind === 'map') return templateGroups([{ template, given }])
  if (memberOf(root, 'parameters')) return parameterGroups(memberOf(root, 'parameters') as Located)
  if (value?.kind === 'list') return { groups: value.items.map(shownGroup), linked: [] }
  return { groups: [shownGroup(root)], linked: [] }
}

/** A group as `az` prints it, its properties within it or under `properties`. */
function shownGroup(group: Located): WrittenGroup {
  const properties = memberOf(group, 'properties') ?? group
  const rules = memberOf(properties, 'securityRules')
  const defaults = memberOf(properties, 'defaultSecurityRules')
  const type = textOf(memberOf(group, 'type'))
  if (!rules && !defaults)
    throw new NoValue(group.at, "this is no network security group: it has no 'securityRules'")
  if (type !== undefined && type.toLowerCase() !== groupType)
    throw new NoValue(group.at, `this is no network security group, but of type '${type}'`)
  return {
    name: textOf(memberOf(group, 'name')) ?? '',
    at: (memberOf(group, 'name') ?? group).at,
    isElsewhere: false,
    parts: [
      () => {
        checkKeys(properties, properties === group ? new Set([...groupKeys, ...outerKeys]) : groupKeys)
        return { rules: asWritten(rules), defaults: asWritten(defaults) }
      },
    ],
  }
}

function templateGroups(templates: readonly { template: Located; given: Given }[]): GroupDocument {
  const reader = new ResourceReader([groupType, ruleType])
  for (const { template, given } of templates) reader.template(template, given)
  const rules = new Map<string, Resource[]>()
  for (const rule of reader.found) {
    if (rule.type !== ruleType) continue
    const group = groupOf(rule).toLowerCase()
    const list = rules.get(group)
    if (list) list.push(rule)
    else rules.set(group, [rule])
  }
  const partsOf = (group: string): readonly WrittenPart[] =>
    (rules.get(group.toLowerCase()) ?? []).map((rule) => () => ({ rules: [() => childRule(rule)] }))
  const groups: WrittenGroup[] = reader.found
    .filter(({ type }) => type === groupType)
    .map((resource) => ({
      name: resource.name,
      at: nameAt(resource),
      isElsewhere: false,
      parts: [() => groupProperties(resource), ...partsOf(resource.name)],
    }))
  const known = new Set(groups.map(({ name }) => name.toLowerCase()))
  for (const [group, [first]] of rules)
    if (first && !known.has(group)) {
      const name = groupOf(first)
      groups.push({ name, at: nameAt(first), isElsewhere: true, parts: partsOf(name) })
    }
  return { groups, linked: reader.linked }
}

const nameAt = ({ written }: Resource): Located['at'] => (memberOf(written, 'name') ?? written).at

/** Throws {@link NoValue} if that is not known: the rule might be of any group. */
function groupOf({ name, above, nameless, written }: Resource): string {
  if (above !== undefined) return above
  if (nameless) throw nameless
  const [group, rule, ...more] = name.split('/')
  if (group && /^[\w.-]+$/.test(group) && rule && more.length === 0) return group
  throw new NoValue(
    (memberOf(written, 'name') ?? written).at,
    `'${name}' is no name of a rule: GROUP/RULE is expected`,
  )
}

function groupProperties({
  name,
  nameless,
  written,
  scope,
  loops,
  unsure,
}: Resource): ReturnType<WrittenPart> {
  if (unsure) throw unsure
  if (name === '' && nameless) throw nameless
  const properties = memberOf(written, 'properties')
  if (!properties) return { rules: [] }
  const value = properties.kind === 'map' ? properties : scope.value(properties, loops)
  const isWritten = value === properties
  const entries = isWritten
    ? scope.entries(value, loops)
    : new Map(
        Array.from(value.kind === 'map' ? value.entries : [], ([name, entry]) => [
          name,
          { key: entry.key, value: () => entry.value },
        ]),
      )
  const named = (wanted: string): readonly WrittenRule[] => {
    const list = isWritten ? memberOf(value, wanted) : undefined
    // Each rule by itself, so that all that cannot be evaluated is told.
    if (list?.kind === 'list') return list.items.map((item) => () => scope.value(item, loops))
    return Array.from(entries)
      .filter(([name]) => name.toLowerCase() === wanted.toLowerCase())
      .flatMap(([, entry]) => asWritten(entry.value()))
  }
  for (const [name, { key }] of entries)
    if (!groupKeys.has(name.toLowerCase()))
      throw new NoValue(key, `a network security group has no property '${name}'`)
  return { rules: named('securityRules'), defaults: named('defaultSecurityRules') }
}

/** A rule that is a resource of its own, with its name as rules in a group have it. */
function childRule({ name, written, scope, loops, unsure }: Resource): Located {
  if (unsure) throw unsure
  const properties = memberOf(written, 'properties')
  if (written.kind !== 'map' || !properties) throw new NoValue(written.at, "the rule lacks 'properties'")
  const at = memberOf(written, 'name')?.at ?? written.at
  const last: Located = { kind: 'scalar', at, value: name.slice(name.lastIndexOf('/') + 1) }
  return {
    kind: 'map',
    at: written.at,
    entries: new Map([
      ['name', { key: at, value: last }],
      ['properties', { key: properties.at, value: scope.value(properties, loops) }],
    ]),
  }
}

/** Parameters with settings that have security rules: `networkSecurityGroupsSettings`, `buildingBlocks`, or of any other name. */
function parameterGroups(parameters: Located): GroupDocument | undefined {
  const groups: WrittenGroup[] = []
  const templates: { template: Located; given: Given }[] = []
  const visit = (value: Located, isBlock: boolean): void => {
    if (value.kind === 'list') for (const item of value.items) visit(item, isBlock)
    if (value.kind !== 'map') return
    const template = memberOf(value, 'template')
    if (template && memberOf(template, 'resources')) {
      const given = memberOf(value, 'parameters')
      templates.push({ template, given: (name) => memberOf(memberOf(given, name), 'value') })
    } else if (memberOf(value, 'securityRules')) groups.push(settingsGroup(value, isBlock))
    else for (const { value: member } of value.entries.values()) visit(member, isBlock)
  }
  if (parameters.kind !== 'map') return undefined
  for (const [name, { value }] of parameters.entries)
    visit(memberOf(value, 'value') ?? value, name.toLowerCase() === 'buildingblocks')
  const found = templateGroups(templates)
  return { groups: [...groups, ...found.groups], linked: found.linked }
}

function settingsGroup(settings: Located, isBlock: boolean): WrittenGroup {
  const name = memberOf(settings, 'name')
  return {
    name: textOf(name) ?? '',
    at: (name ?? settings).at,
    isElsewhere: false,
    parts: [
      () => {
        checkKeys(settings, new Set([...groupKeys, ...outerKeys]))
        const rules = itemsOf(memberOf(settings, 'securityRules'))
        return { rules: (isBlock ? expandNamedRules(rules) : rules).map((rule) => () => rule) }
      },
    ],
  }
}

const asWritten = (value: Located | undefined): readonly WrittenRule[] =>
  itemsOf(value).map((item) => () => item)

function checkKeys(value: Located, known: ReadonlySet<string>): void {
  if (value.kind !== 'map') return
  for (const [name, { key }] of value.entries)
    if (!known.has(name.toLowerCase()))
      throw new NoValue(key, `a network security group has no property '${name}'`)
}

function itemsOf(value: Located | undefined): readonly Located[] {
  if (value === undefined || isNull(value)) return []
  if (value.kind === 'list') return value.items
  throw new NoValue(
    value.at,
    `security rules are a list, and not ${JSON.stringify(plainValue(value)).slice(0, 40)}`,
  )
}
