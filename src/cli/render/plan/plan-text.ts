/** A plan for people at a terminal. */
import type { ReachChange, RuleChange } from '../../../verify/index.ts'
import type { Colors } from '../../terminal.ts'
import { brokenLines } from '../proof-text.ts'
import { besideReach, changesSomething, type Plan } from './plan.ts'
import {
  besideText,
  exampleText,
  listed,
  machineLines,
  reachText,
  reasonLines,
  ruleChangeText,
  settingCounts,
  settingKind,
  settingText,
} from './words.ts'

/** Of more differences than these the rest is counted; `--json` has all. */
export const shownDifferences = 20
/** Of rules without effect. */
export const shownRules = 8

export function planText(plan: Plan, out: Colors): string {
  const { change, broken } = plan
  const sections = [
    reachLines(change.reach, out),
    machineLines(change.machines).map(({ kind, text }) => `${markOf(kind, out)} ${text}`),
    change.settings.map((setting) => `${markOf(settingKind(setting), out)} ${settingText(setting)}`),
    someRules(besideReach(change), besideText, out),
    someRules(change.rules.filter(isUnproven), unprovenText, out),
    withoutEffect(plan, out),
    (broken?.newly ?? []).flatMap((verdict) => brokenLines(verdict, out)),
  ].filter((lines) => lines.length > 0)
  return [...sections.map((lines) => `${lines.join('\n').trimEnd()}\n`), lastLine(plan, out)].join('\n')
}

function reachLines(reach: readonly ReachChange[], out: Colors): readonly string[] {
  const lines = reach.slice(0, shownDifferences).flatMap((change) => {
    const mark = change.kind === 'opened' ? out.green('+') : out.red('-')
    const example = exampleText(change)
    return [
      `${mark} ${out.bold(reachText(change))} ${change.kind}`,
      ...reasonLines(change).map((line) => `    ${line}`),
      ...(example ? [out.dim(`    ${example}`)] : []),
    ]
  })
  const more = reach.length - shownDifferences
  return more > 0 ? [...lines, out.dim(`  and ${more} more; --json has all`)] : lines
}

const markOf = (kind: string, out: Colors): string =>
  kind === 'added' ? out.green('+') : kind === 'removed' ? out.red('-') : out.yellow('~')

function someRules(
  rules: readonly RuleChange[],
  text: (rule: RuleChange) => string,
  out: Colors,
): readonly string[] {
  const more = rules.length - shownRules
  return [
    ...rules.slice(0, shownRules).map((rule) => `${out.yellow('~')} ${text(rule)}`),
    ...(more > 0 ? [out.dim(`  and ${more} more; --json has all`)] : []),
  ]
}

/** Rates, grants and audit mode are about more than one packet, or about none. */
const unprovenText = (rule: RuleChange): string =>
  `rule of a limit, a grant or an audit, ${ruleChangeText(rule)}`

/** A balancer's rules are part of who reaches whom. */
export const isUnproven = ({ effect, rule }: RuleChange): boolean =>
  effect === 'unproven' && rule.point.tiers.every(({ kind }) => kind !== 'translation')

function withoutEffect({ change }: Plan, out: Colors): readonly string[] {
  const none = change.rules.filter(({ effect }) => effect === 'none')
  if (none.length === 0) return []
  const more = none.length - shownRules
  return [
    `No effect: ${none.length === 1 ? 'one rule' : `${none.length} rules`} changed, and every packet is judged as before`,
    ...none.slice(0, shownRules).map((rule) => out.dim(`    ${ruleChangeText(rule)}`)),
    ...(more > 0 ? [out.dim(`    and ${more} more; --json has all`)] : []),
  ]
}

function lastLine(plan: Plan, out: Colors): string {
  const time = out.dim(`(${plan.seconds.toFixed(1)} s)`)
  const kept = plan.broken ? invariantText(plan.broken, out) : ''
  if (!changesSomething(plan))
    return `${out.green('✓')} ${out.bold('No change')}: ${nothingText(plan)}${kept} ${time}`
  return `${out.bold('Plan')}: ${countsText(plan)}${kept} ${time}`
}

/** What of a plan that changes nothing is to be said. */
export const nothingText = ({ change: { rules } }: Plan): string =>
  rules.length === 0 ? 'no rule says anything else' : 'nobody reaches more or less'

const machinesText = (count: number): string => (count === 1 ? '1 machine' : `${count} machines`)

/** `2 opened, 1 closed, 3 machines new`. */
export function countsText({ change }: Plan): string {
  const { reach, machines, rules, settings } = change
  const [opened, closed] = (['opened', 'closed'] as const).map(
    (kind) => reach.filter((each) => each.kind === kind).length,
  )
  const nodes = (kind: string): number =>
    machines.filter((each) => each.kind === kind).reduce((sum, { nodes: list }) => sum + list.length, 0)
  const others = machines.some(({ kind }) => kind !== 'added' && kind !== 'removed')
  const unproven = rules.filter(isUnproven).length
  const beside = besideReach(change).length
  const parts = [
    ...(opened ? [`${opened} opened`] : []),
    ...(closed ? [`${closed} closed`] : []),
    ...(nodes('added') ? [`${machinesText(nodes('added'))} new`] : []),
    ...(nodes('removed') ? [`${machinesText(nodes('removed'))} gone`] : []),
    ...(others ? ['machines changed'] : []),
    ...settingCounts(settings),
    ...(unproven ? [`${unproven} limits or audits changed`] : []),
    ...(beside
      ? [
          `${beside === 1 ? 'one rule judges' : `${beside} rules judge`} otherwise${reach.length === 0 ? ', and nobody reaches more or less' : ''}`,
        ]
      : []),
  ]
  if (parts.length > 0) return listed(parts, 10)
  const balancers = rules.some(({ effect }) => effect === 'unproven')
    ? 'rules of balancers changed, and '
    : ''
  return `${balancers}nobody reaches more or less`
}

function invariantText({ newly, still, count }: NonNullable<Plan['broken']>, out: Colors): string {
  if (newly.length > 0)
    return `; ${out.red(`${newly.length} of ${count} invariants ${newly.length === 1 ? 'breaks' : 'break'}`)}`
  if (still.length > 0) return `; ${still.length} of ${count} invariants do not hold, as before`
  return `; all ${count} invariants hold`
}
