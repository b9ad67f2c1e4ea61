/** What was proven of a network, as text and as JSON. */
import { formatOrigin } from '../../policy/index.ts'
import type { Counterexample, Verdict } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { packetJson, packetText } from './packet.ts'
import { plainLine } from './plain-line.ts'
import { ruleJson } from './rule-json.ts'

/** A line if all hold; else each that does not, with the packets that break it. */
export function proofText(verdicts: readonly Verdict[], seconds: number, out: Colors): string {
  const broken = verdicts.filter(({ holds }) => !holds)
  const lines = broken.flatMap((verdict) => brokenLines(verdict, out))
  const mark = broken.length > 0 ? out.red('✗') : out.green('✓')
  const count = out.bold(`${verdicts.length - broken.length} of ${verdicts.length}`)
  const last = `${mark} ${count} invariants hold for every packet ${out.dim(`(${seconds.toFixed(1)} s)`)}`
  return [...lines, last].join('\n')
}

function brokenLines(
  { invariant, counterexamples, places, remarks }: Verdict,
  out: Colors,
): readonly string[] {
  const { id, rows, claim } = invariant
  const more = places - counterexamples.length - remarks.length
  return [
    `${out.red('✗')} ${out.bold(id)} ${out.dim(`(${rows.join(', ')})`)}  ${claim}`,
    ...counterexamples.flatMap((example) => exampleLines(example, out)),
    ...remarks.slice(0, shown).map((remark) => `    ${remark}`),
    ...(more > 0 || remarks.length > shown
      ? [out.dim(`    and ${Math.max(more, 0) + Math.max(remarks.length - shown, 0)} more`)]
      : []),
    '',
  ]
}

const shown = 5

function exampleLines(example: Counterexample, out: Colors): readonly string[] {
  const { sender, packet, rule } = example
  const where = whereabouts(example)
  const from = sender === undefined ? '' : ` from ${sender}`
  const line = `    ${packetText(packet)}${from} ${where}`
  if (!rule) return [line]
  return [
    line,
    out.dim(`      by ${rule.rule.id} (${rule.tier}), ${plainLine(formatOrigin(rule.rule.origin))}`),
  ]
}

function whereabouts({ at, sender, does }: Counterexample): string {
  if (sender === undefined) return `passes ${at}`
  const [node, iface] = at.split(' ')
  if (does) return `${does} at ${node}`
  return iface ? `leaves ${node} by ${iface}` : `reaches ${node}`
}

export const proofJson = (verdicts: readonly Verdict[], seconds: number) => ({
  holds: verdicts.every(({ holds }) => holds),
  seconds: Math.round(seconds * 1000) / 1000,
  invariants: verdicts.map(({ invariant: { id, rows, claim }, holds, places, counterexamples, remarks }) => ({
    id,
    rows,
    claim,
    holds,
    places,
    counterexamples: counterexamples.map(({ at, does, sender, packet, rule }) => ({
      at,
      does: does ?? null,
      sender: sender ?? null,
      packet: packetJson(packet),
      rule: rule ? { point: rule.point.id, tier: rule.tier, ...ruleJson(rule.rule) } : null,
    })),
    remarks,
  })),
})
