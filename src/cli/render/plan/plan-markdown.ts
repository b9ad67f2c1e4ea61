/** A plan as text for a pull request. */
import type { ReachChange, Verdict } from '../../../verify/index.ts'
import { counterexampleText } from '../proof-text.ts'
import { besideReach, changesSomething, type Plan } from './plan.ts'
import { countsText, isUnproven, nothingText, shownDifferences, shownRules } from './plan-text.ts'
import {
  besideText,
  exampleText,
  machineLines,
  reachText,
  reasonLines,
  ruleChangeText,
  ruleText,
  settingText,
} from './words.ts'

export function planMarkdown(plan: Plan): string {
  const { change, broken, network } = plan
  const head = changesSomething(plan) ? countsText(plan) : `no change, ${nothingText(plan)}`
  const opened = change.reach.filter(({ kind }) => kind === 'opened')
  const closed = change.reach.filter(({ kind }) => kind === 'closed')
  const rules = change.rules.filter(({ effect }) => effect === 'none')
  const sections = [
    [`### ${plain(network)}: ${head}`],
    section('Broken', (broken?.newly ?? []).map(brokenItem)),
    section('Opened', opened.map(reachItem)),
    section('Closed', closed.map(reachItem)),
    section(
      'Machines',
      machineLines(change.machines).map(({ text }) => plain(text)),
    ),
    section(
      'Other settings',
      change.settings.map((setting) => plain(settingText(setting))),
    ),
    section(
      'Rules',
      besideReach(change).map((rule) => plain(besideText(rule))),
      shownRules,
    ),
    section(
      'Not proven',
      change.rules.filter(isUnproven).map((rule) => plain(ruleChangeText(rule))),
    ),
    section(
      'No effect',
      rules.map((rule) => plain(ruleChangeText(rule))),
      shownRules,
    ),
    [footer(plan)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function section(title: string, items: readonly string[], most = shownDifferences): readonly string[] {
  if (items.length === 0) return []
  const more = items.length - most
  return [
    `**${title}**`,
    '',
    ...items.slice(0, most).map((item) => `- ${item}`),
    ...(more > 0 ? [`- … and ${more} more`] : []),
  ]
}

/** What is broken, and one packet that breaks it. */
function brokenItem({
  invariant: { id, claim },
  counterexamples: [example],
  remarks: [remark],
}: Verdict): string {
  const why = example
    ? `\n  <br>\`${counterexampleText(example).replaceAll('`', "'")}\`${example.rule ? `\n  <br>by ${plain(ruleText(example.rule))}` : ''}`
    : remark === undefined
      ? ''
      : `\n  <br>${plain(remark)}`
  return `**${id}**: ${plain(claim)}${why}`
}

function reachItem(change: ReachChange): string {
  const example = exampleText(change)
  return [
    `**${plain(reachText(change))}**`,
    ...reasonLines(change).map((line) => `  <br>${plain(line)}`),
    ...(example ? [`  <br>\`${example.replaceAll('`', "'")}\``] : []),
  ].join('\n')
}

function footer({ broken, old, next }: Plan): string {
  const proof =
    broken === undefined
      ? 'Invariants were not proven.'
      : broken.newly.length > 0
        ? `${broken.newly.length} of ${broken.count} invariants ${broken.newly.length === 1 ? 'breaks' : 'break'}.`
        : broken.still.length > 0
          ? `${broken.still.length} of ${broken.count} invariants do not hold, as before.`
          : `All ${broken.count} invariants hold.`
  const from = old.running ? `what runs in ${old.running.name}, revision ${old.running.revision}` : old.file
  return `<sub>${proof} From ${plain(from)} to ${plain(next.file)}, for every packet.</sub>`
}

/** Text of files, which must not become markup. */
const plain = (text: string): string =>
  text.replace(/[\\`*_<>[\]|~#]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`))
