/** Findings of lint, as text and as JSON. */
import { formatOrigin, type RulePlace } from '../../policy/index.ts'
import type { Finding, LintResult } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { packetJson, packetText } from './packet.ts'
import { plainLine } from './plain-line.ts'
import { ruleJson } from './rule-json.ts'

const shown = 4

export function lintText({ findings, lines, unjudged }: LintResult, out: Colors): string {
  const several = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
  const left = unjudged.length > 0 ? `; ${several(unjudged.length, 'point')} not judged: too intricate` : ''
  const last =
    findings.length === 0
      ? `${out.green('✓')} ${out.bold('no findings')} in ${several(lines, 'line')} with rules${left}`
      : `${out.bold(several(findings.length, 'finding'))} in ${several(lines, 'line')} with rules${left}`
  return [...findings.flatMap((finding) => findingLines(finding, out)), last].join('\n')
}

function findingLines(finding: Finding, out: Colors): readonly string[] {
  const { kind, place, points } = finding
  const where =
    points.length > shown
      ? `${points.slice(0, shown).join(', ')}, … (${points.length} points)`
      : points.join(', ')
  return [
    `${out.yellow('!')} ${out.bold(kind)}  ${placeText(place)}`,
    `    ${saying(finding)}`,
    out.dim(`    at ${plainLine(where)}`),
    '',
  ]
}

const placeText = ({ rule }: RulePlace): string =>
  plainLine(`${rule.action} ${rule.id}, ${formatOrigin(rule.origin)}`)

/** What to do about a rule that never decides. */
const remedies = {
  none: 'Remove it, or move it up.',
  declares: 'Nothing comes of it there.',
  closes:
    'Removed, it would open the endpoint to all that no entry denies, since no other entry allows: mend it, or move it up.',
  'closes-together':
    'One entry that allows has to stay: with all of them removed, the endpoint would be open to all that no entry denies, and the others never decide either. Mend this one, move it up, or see that another stays.',
} as const

/** A sentence for people. */
function saying({ kind, place, by, packet, ports, lasting }: Finding): string {
  const others = listed(by)
  switch (kind) {
    case 'shadowed':
      return by.length > 0
        ? `It never decides: ${others} before it ${by.length > 1 ? 'take' : 'takes'} all that it matches. ${remedies[lasting ?? 'none']}`
        : 'It matches no packet that its points are asked about. Remove it, or mend its condition.'
    case 'redundant':
      return by.length > 0
        ? `It may go: without it ${others} further on ${place.rule.action === 'deny' ? 'deny' : 'do'} the same.`
        : 'It may go: without it its packets are judged the same.'
    case 'unreachable':
      return 'No packet that it would decide about comes here, whoever sends it: another filter, or no route, keeps it away.'
    case 'contradictory':
      return `${others} before it says the opposite of some packets, as ${packet ? packetText(packet) : 'some'}; only their order decides. Say the exception in one of them.`
    case 'over-broad':
      return `Nothing listens on ${(ports ?? []).slice(0, shown).join(', ')}${(ports?.length ?? 0) > shown ? ', …' : ''} of what it opens. Name the ports that are used.`
  }
}

function listed(by: readonly RulePlace[]): string {
  const names = [...new Set(by.map(placeText))]
  return names.length > shown ? `${names.slice(0, shown).join('; ')}; … (${names.length})` : names.join('; ')
}

export const findingJson = (finding: Finding) => ({
  kind: finding.kind,
  text: saying(finding),
  rule: ruleJson(finding.place.rule),
  points: finding.points,
  by: finding.by.map(({ rule }) => ruleJson(rule)),
  packet: finding.packet ? packetJson(finding.packet) : null,
  ports: finding.ports ?? null,
  lasting: finding.lasting ?? null,
})
