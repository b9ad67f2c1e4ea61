/** Probes that did not come out as predicted, for people: by what went wrong and by the rule that was to decide. */
import type { ProbeResult } from '../../lab/index.ts'
import { formatIp } from '../../net/index.ts'
import { formatOrigin } from '../../policy/index.ts'
import type { Colors } from '../terminal.ts'
import { plainLine } from './plain-line.ts'
import { table } from './table.ts'

/** Groups, and probes of each, that are shown; of more the number is told. */
const shownGroups = 12
const shownProbes = 6

export function disagreementsText(disagreed: readonly ProbeResult[], out: Colors): string {
  const groups = new Map<string, ProbeResult[]>()
  for (const result of disagreed) {
    const key = `${whatWentWrong(result)} ${ruleText(result)}`
    const group = groups.get(key)
    if (group) group.push(result)
    else groups.set(key, [result])
  }
  const blocks = Array.from(groups.values(), (group) => groupText(group, out))
  const more = blocks.length - shownGroups
  return [
    ...blocks.slice(0, shownGroups),
    ...(more > 0 ? [`… and ${more} more kinds of disagreement; --json lists them all`] : []),
  ].join('\n\n')
}

function groupText(group: readonly ProbeResult[], out: Colors): string {
  const [first] = group
  if (!first) return ''
  const more = group.length - shownProbes
  const count = group.length === 1 ? '1 probe' : `${group.length} probes`
  return [
    `${out.red('✗')} ${out.bold(count)}: ${whatWentWrong(first)}`,
    `  ${out.dim('decided by')} ${ruleText(first)}`,
    table(group.slice(0, shownProbes).map(probeRow), '    '),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ].join('\n')
}

function whatWentWrong({ predicted, observed, reason }: ProbeResult): string {
  // Outcomes may be alike, and the drop be counted elsewhere.
  return predicted === observed && reason !== undefined
    ? plainLine(reason)
    : `predicted ${predicted}, observed ${observed}`
}

const ruleText = ({ deciding }: ProbeResult): string =>
  deciding
    ? `${deciding.rule.id} (${deciding.tier}) at ${deciding.point}, ${plainLine(formatOrigin(deciding.rule.origin))}`
    : 'no rule: no enforcement point is on the way'

function probeRow({ probe: { opening, target } }: ProbeResult): string[] {
  const { from, protocol, destination, destinationPort } = opening
  const port = protocol === 'icmp' ? '' : ` port ${destinationPort}`
  return [from, `→ ${target}`, `${protocol} ${formatIp(destination)}${port}`]
}
