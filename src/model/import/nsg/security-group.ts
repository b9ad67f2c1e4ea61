/** Reads a network security group from a file: which one, its rules in their order, and the default rules that every group ends with. */
import {
  type DiagnosticLog,
  type JsonDocument,
  type Located,
  parseJson,
  type SourceRange,
  type SourceText,
  suggestion,
} from '../../../file/index.ts'
import type { Given } from '../arm/scope.ts'
import { memberOf, NoValue } from '../arm/value.ts'
import { defaultRules } from './default-rules.ts'
import { readSecurityRule } from './read-rule.ts'
import type { Report, SecurityRule } from './security-rule.ts'
import { type GroupDocument, type WrittenGroup, type WrittenRule, writtenGroups } from './written-group.ts'

export interface SecurityGroup {
  readonly name: string
  readonly at: SourceRange
  /** Those of a direction in the order in which they are asked; the last of each denies everything. */
  readonly rules: readonly SecurityRule[]
}

export interface GroupChoice {
  /** Which of several; not case-sensitive. */
  readonly name?: string
  /** A parameter file (`deploymentParameters.json`) for the template. */
  readonly parameters?: SourceText
  /** Where a wrong choice is reported; default: the start of the file. */
  readonly at?: SourceRange
}

/** Azure's own limit. */
const maxRules = 1000

/** `undefined` if anything of the group is wrong, or there is no such group: the reasons are in the log. */
export function readSecurityGroup(
  source: SourceText,
  choice: GroupChoice,
  log: DiagnosticLog,
): SecurityGroup | undefined {
  const json = parseJson(source, log)
  if (!json) return undefined
  const given = choice.parameters ? parametersOf(choice.parameters, log) : nothingGiven
  if (!given) return undefined
  const place = choice.at ?? { file: source.file, line: 1, column: 1, length: 1 }
  const report = reporter(json, log)
  return guarded(report, () => {
    const document = writtenGroups(json, given)
    const group = document && chosen(document, choice.name, place, log)
    if (!document) log.report('GL1041', json.root.at, `${source.file} holds no network security group`)
    if (!group) return undefined
    warnOfElsewhere(document, group, log)
    return assembled(group, report)
  })
}

const nothingGiven: Given = () => undefined

/** What a parameter file says; `undefined` if it is none. */
function parametersOf(source: SourceText, log: DiagnosticLog): Given | undefined {
  const json = parseJson(source, log)
  if (!json) return undefined
  const parameters = memberOf(json.root, 'parameters')
  if (parameters?.kind !== 'map') {
    log.report('GL1041', json.root.at, `${source.file} is no parameter file: it has no 'parameters'`)
    return undefined
  }
  return (name) => {
    const parameter = memberOf(parameters, name)
    const value = memberOf(parameter, 'value')
    if (parameter && !value) throw new NoValue(parameter.at, `parameter '${name}' has no value in the file`)
    return value
  }
}

function chosen(
  { groups }: GroupDocument,
  name: string | undefined,
  at: SourceRange,
  log: DiagnosticLog,
): WrittenGroup | undefined {
  const fit = name === undefined ? groups : groups.filter((group) => same(group.name, name))
  const [only] = fit
  if (fit.length === 1 && only?.isElsewhere && groups.some((group) => !group.isElsewhere)) {
    log.report(
      'GL1042',
      only.at,
      `the network security group '${only.name}' itself is not in the file, though others are`,
      {
        hint: 'correct the name in this rule, or in the group',
      },
    )
    return undefined
  }
  if (fit.length === 1) return only
  const names = groups.map((group) => group.name)
  if (groups.length === 0) log.report('GL1041', at, 'the file holds no network security group')
  else if (name === undefined)
    log.report('GL1042', at, `the file holds ${groups.length} network security groups`, {
      hint: `name one of ${names.map((one) => `'${one}'`).join(', ')}`,
    })
  else if (fit.length === 0)
    log.report('GL1042', at, `no network security group of the file is called '${name}'`, {
      hint: suggestion(name, names, 'there are'),
    })
  else
    log.report('GL1042', at, `${fit.length} network security groups of the file are called '${name}'`, {
      related: fit.map((group) => ({ message: 'one is here', at: group.at })),
    })
  return undefined
}

function warnOfElsewhere({ groups, linked }: GroupDocument, group: WrittenGroup, log: DiagnosticLog): void {
  const severity = 'warning'
  const [first] = linked
  if (first)
    log.report('GL1047', first.at, 'linked templates are not read: rules that they add are not known here', {
      severity,
    })
  for (const other of groups)
    if (other.isElsewhere && other !== group)
      log.report(
        'GL1047',
        other.at,
        `the group '${other.name}', to which this rule is added, is not in the file`,
        { severity },
      )
  if (group.isElsewhere)
    log.report(
      'GL1047',
      group.at,
      `the group '${group.name}' itself is not in the file, only rules that are added to it`,
      {
        severity,
      },
    )
}

function assembled(group: WrittenGroup, report: Report): SecurityGroup | undefined {
  let wrong = false
  const noted: Report = (...mistake) => {
    wrong = true
    report(...mistake)
  }
  const parts = group.parts.flatMap((part) => guarded(noted, part) ?? [])
  const values = (rules: readonly WrittenRule[]) => rules.flatMap((rule) => guarded(noted, rule) ?? [])
  const written = values(parts.flatMap(({ rules }) => rules))
  const defaults = values(parts.flatMap(({ defaults: own = [] }) => own))
  if (written.length > maxRules) {
    noted('GL1044', group.at, `'${group.name}' has ${written.length} rules, and Azure allows ${maxRules}`)
    return undefined
  }
  const read = (isDefault: boolean) => (rule: Located) => readSecurityRule(rule, isDefault, noted) ?? []
  const rules = withoutTwins(written.flatMap(read(false)), noted)
  const all = [...rules, ...defaultRules(group, defaults.flatMap(read(true)), noted)]
  if (wrong) return undefined
  const ordered = (['in', 'out'] as const).flatMap((direction) =>
    all.filter((rule) => rule.direction === direction).toSorted((a, b) => a.priority - b.priority),
  )
  return Object.freeze({ name: group.name, at: group.at, rules: Object.freeze(ordered) })
}

/** A rule may stand in its group and be a resource of its own too, as in exported templates; then both say the same. */
function withoutTwins(rules: readonly SecurityRule[], report: Report): readonly SecurityRule[] {
  const names = new Map<string, SecurityRule>()
  const places = new Map<string, SecurityRule>()
  return rules.filter((rule) => {
    const twin = names.get(rule.name.toLowerCase())
    if (twin) {
      if (meaning(twin) === meaning(rule)) return false
      report('GL1046', rule.at, `two rules are called '${rule.name}', the other in line ${twin.at.line}`)
      return true
    }
    names.set(rule.name.toLowerCase(), rule)
    const place = `${rule.direction} ${rule.priority}`
    const first = places.get(place)
    if (first)
      report(
        'GL1046',
        rule.at,
        `rules '${first.name}' and '${rule.name}' have the same priority ${rule.priority}`,
        'give one of them another: it is not said which is asked first',
      )
    places.set(place, rule)
    return true
  })
}

/** Equal for rules that say the same. */
export const meaning = ({
  direction,
  access,
  priority,
  protocol,
  source,
  destination,
}: SecurityRule): string =>
  JSON.stringify([
    [direction, access, priority, protocol],
    ...[source, destination].map(({ addresses, ports }) => [
      addresses.map(({ kind, name }) => `${kind} ${name.toLowerCase()}`).toSorted(),
      ports.map(({ range }) => `${range.first}-${range.last}`).toSorted(),
    ]),
  ])

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Messages name the JSON pointer of the value, for files whose lines are long. */
function reporter(json: JsonDocument, log: DiagnosticLog): Report {
  return (code, at, message, hint) => {
    const pointer = json.pointer(at)
    log.report(code, at, pointer && at.file === json.root.at.file ? `${message} (${pointer})` : message, {
      hint,
    })
  }
}

function guarded<T>(report: Report, work: () => T | undefined): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof NoValue)) throw error
    report('GL1043', error.at, error.message, error.hint)
    return undefined
  }
}
