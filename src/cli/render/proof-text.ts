/** What was proven of a network, as text and as JSON. */
import { formatDate, formatSource } from '../../file/index.ts'
import { type Exception, exceptionScope, failuresId } from '../../model/index.ts'
import { formatOrigin, type RulePlace } from '../../policy/index.ts'
import type { Counterexample, Verdict } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { packetJson, packetText } from './packet.ts'
import { plainLine } from './plain-line.ts'
import { ruleJson } from './rule-json.ts'
import { traceCommand } from './trace-command.ts'

/** A line if all hold; else each that does not, with the packets that break it, and what is to be known of exceptions. */
export function proofText(verdicts: readonly Verdict[], seconds: number, out: Colors): string {
  const broken = verdicts.filter(({ holds }) => !holds)
  const lines = [...broken.flatMap((verdict) => brokenLines(verdict, out)), ...exceptionLines(verdicts, out)]
  const mark = broken.length > 0 ? out.red('✗') : out.green('✓')
  const count = out.bold(`${verdicts.length - broken.length} of ${verdicts.length}`)
  const expected = verdicts.some(({ invariant }) => invariant.kind === 'expectation')
  const what = expected ? 'invariants and expectations' : 'invariants'
  const excused = verdicts.filter(({ holds, exceptions }) => holds && exceptions.covering.length > 0).length
  const but = excused > 0 ? `, ${excused} of them but for exceptions` : ''
  const last = `${mark} ${count} ${what} hold for every packet${but} ${out.dim(`(${seconds.toFixed(1)} s)`)}`
  return [...lines, last].join('\n')
}

/** What an invariant says, and how it is broken; an empty line after it. */
export function brokenLines(
  { invariant, counterexamples, places, remarks, exceptions }: Verdict,
  out: Colors,
): readonly string[] {
  const { id, rows } = invariant
  const more = places - counterexamples.length - remarks.length
  const where = invariant.kind === 'expectation' ? formatSource(invariant.expectation.at) : rows.join(', ')
  return [
    `${out.red('✗')} ${out.bold(id)} ${out.dim(`(${plainLine(where)})`)}  ${plainLine(invariant.claim)}`,
    ...counterexamples.flatMap((example) => exampleLines(example, out)),
    ...remarks.slice(0, shown).map((remark) => `    ${remark}`),
    ...(more > 0 || remarks.length > shown
      ? [out.dim(`    and ${Math.max(more, 0) + Math.max(remarks.length - shown, 0)} more`)]
      : []),
    ...lapsedLines(exceptions),
    '',
  ]
}

export const lapsedLines = ({ lapsed }: Verdict['exceptions'], indent = '    '): readonly string[] =>
  lapsed.map(
    (each) =>
      `${indent}The exception at ${placeOf(each)} lapsed on ${formatDate(each.until)}: ${plainLine(each.why)}`,
  )

/** Failures that are borne, and exceptions that nothing needs any more. */
export function exceptionLines(
  verdicts: readonly {
    readonly invariant: { readonly id: string }
    readonly exceptions: Verdict['exceptions']
  }[],
  out: Colors,
): readonly string[] {
  const lines = verdicts.flatMap(({ invariant: { id }, exceptions: { covering, stale } }) => [
    ...covering.map(
      (each) =>
        `${out.yellow('!')} ${out.bold(id)}${placed(each)} ${id === failuresId ? 'are' : 'fails as'} excepted until ${formatDate(each.until)} ${out.dim(`(${placeOf(each)})`)}  ${plainLine(each.why)}`,
    ),
    ...stale.map(
      (each) =>
        `${out.yellow('!')} the exception of ${out.bold(id)}${placed(each)} covers nothing: nothing that it speaks of breaks; correct or remove it ${out.dim(`(${placeOf(each)})`)}`,
    ),
  ])
  return lines.length > 0 ? [...lines, ''] : []
}

/** Where it is narrowed to. */
const placed = (exception: Exception): string => {
  const scope = exceptionScope(exception, 2)
  return scope === '' ? '' : ` ${plainLine(scope.trim())}`
}

const placeOf = ({ at }: Exception): string => plainLine(formatSource(at))

const shown = 5

function exampleLines(example: Counterexample, out: Colors): readonly string[] {
  const { rule, after = [] } = example
  const command = traceCommand(example)
  return [
    `    ${counterexampleText(example)}`,
    ...byLines(rule, out),
    ...after.flatMap((opening) =>
      opening.at === undefined
        ? [`      after ${packetText(opening.packet)}${fromText(opening)}`, ...byLines(opening.rule, out)]
        : [],
    ),
    ...(command === undefined ? [] : [out.dim(`      ${command}`)]),
  ]
}

/** `tcp 10.16.64.1:49152 → 10.16.0.1:179 from west/shop-web-0 reaches west/dr1`. */
export function counterexampleText(example: Counterexample): string {
  const what = (example.after ?? []).flatMap(({ at, packet: opening }) =>
    at === undefined ? [] : [`, which answers ${packetText(opening)} at ${at},`],
  )
  return `${packetText(example.packet)}${fromText(example)}${what.join('')} ${whereabouts(example)}`
}

const fromText = ({ sender }: Pick<Counterexample, 'sender'>): string =>
  sender === undefined ? '' : ` from ${sender}`

const byLines = (place: RulePlace | undefined, out: Colors): readonly string[] =>
  place
    ? [out.dim(`      by ${place.rule.id} (${place.tier}), ${plainLine(formatOrigin(place.rule.origin))}`)]
    : []

function whereabouts({ at, sender, does }: Counterexample): string {
  if (sender === undefined) return does ? `${does} at ${at}` : `passes ${at}`
  const [node, iface] = at.split(' ')
  if (does) return `${does} at ${node}`
  return iface ? `leaves ${node} by ${iface}` : `reaches ${node}`
}

export const proofJson = (verdicts: readonly Verdict[], seconds: number) => ({
  holds: verdicts.every(({ holds }) => holds),
  seconds: Math.round(seconds * 1000) / 1000,
  invariants: verdicts.map(verdictJson),
})

export const verdictJson = ({ invariant, holds, places, counterexamples, remarks, exceptions }: Verdict) => ({
  id: invariant.id,
  rows: invariant.rows,
  claim: invariant.claim,
  expected: invariant.kind === 'expectation' ? formatSource(invariant.expectation.at) : null,
  holds,
  places,
  counterexamples: counterexamples.map(({ at, does, sender, packet, rule, after }) => ({
    at,
    does: does ?? null,
    sender: sender ?? null,
    packet: packetJson(packet),
    after: (after ?? []).map((opening) => ({
      at: opening.at ?? null,
      sender: opening.sender ?? null,
      packet: packetJson(opening.packet),
      rule: placeJson(opening.rule),
    })),
    rule: placeJson(rule),
  })),
  remarks,
  exceptions: exceptionsJson(exceptions),
})

const placeJson = (place: RulePlace | undefined) =>
  place ? { point: place.point.id, tier: place.tier, ...ruleJson(place.rule) } : null

export const exceptionsJson = (exceptions: Verdict['exceptions']) =>
  (['covering', 'stale', 'lapsed'] as const).flatMap((state) =>
    exceptions[state].map((each) => ({
      state,
      at: formatSource(each.at),
      why: each.why,
      until: formatDate(each.until),
    })),
  )
