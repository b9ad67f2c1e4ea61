/** What breaks when elements fail, as text and as JSON. */
import type { Network } from '../../model/index.ts'
import type { Break, Element, Failure, Failures, Judged } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { type AlikeFailures, alike } from './alike-failures.ts'
import { breakText } from './break-text.ts'
import { overloadJson, overloadText } from './overload-text.ts'
import { exceptionLines, exceptionsJson, lapsedLines } from './proof-text.ts'

/** What was looked at, and how long it took. */
export interface FailuresFound extends Judged {
  readonly all: Failures
  readonly network: Network
  readonly seconds: number
}

/** Groups of failures that are shown; `--json` has all. */
const shown = 20
/** Failures of a group that are named. */
const named = 8
const namedPairs = 3

export function failuresText(found: FailuresFound, out: Colors): string {
  const { all, network, counting, exceptions, seconds } = found
  const groups = alike(network, counting)
  const lines = groups.slice(0, shown).flatMap((group) => groupLines(group, out))
  const more = groups.slice(shown).reduce((sum, { failures }) => sum + failures.length, 0)
  const always = [
    ...all.overloads.map((each) => `${out.red('✗')} without any failure, ${overloadText(each)}`),
    ...all.breaks.map(
      (each) =>
        `${out.yellow('!')} without any failure, ${breakText(network, { elements: [] }, each)}; failures do not tell of it again`,
    ),
  ]
  return [
    ...always,
    ...lines,
    ...(more > 0 ? [out.dim(`and ${more} more such failures; --json has all`)] : []),
    ...(always.length + lines.length > 0 ? [''] : []),
    ...lapsedLines(exceptions, `${out.yellow('!')} `),
    ...exceptionLines([{ invariant: { id: 'failures' }, exceptions }], out),
    ...(isLoaded(all) ? [] : [out.dim(`! ${unloadedText(all)}`)]),
    `${counting.length > 0 || all.overloads.length > 0 ? out.red('✗') : out.green('✓')} ${lastText(found, out)} ${out.dim(`(${seconds.toFixed(1)} s)`)}`,
  ].join('\n')
}

/** What fails, then what breaks: of failures that do alike, as the first of them does. */
function groupLines({ failures, lines, isSame }: AlikeFailures, out: Colors): string[] {
  const most = failures[0]?.elements.length === 1 ? named : namedPairs
  const [first, ...others] = failures
    .slice(0, most)
    .map((failure, index) => failingText(failure, out, failures[index - 1]))
  const rest = [...others, ...(failures.length > most ? [`${failures.length - most} more`] : [])].join(', ')
  return [
    `${out.red('✗')} ${first}${rest === '' ? '' : `, ${isSame ? '' : 'likewise '}${rest}`}`,
    ...lines.map((line) => `    ${line}`),
  ]
}

/** `link west/ar1:lb1`; of an element of the kind that was named before, the id. */
function failingText({ elements }: Failure, out: Colors, before: Failure | undefined): string {
  const [{ kind }] = elements as [Element]
  if (elements.length === 1 && kind === before?.elements[0]?.kind) return out.bold(elements[0]?.id ?? '')
  return elements.map((each) => `${each.kind} ${out.bold(each.id)}`).join(' and ')
}

/** `8 of 110 failures break some of 53 promises; 1 more is excepted`. */
function lastText({ all, counting }: FailuresFound, out: Colors): string {
  const borne = all.failures.length - counting.length
  const but = borne > 0 ? `; ${borne} more ${borne === 1 ? 'is' : 'are'} excepted` : ''
  const count = out.bold(`${counting.length === 0 ? 'none' : counting.length} of ${all.tried}`)
  const does =
    counting.length === 0
      ? `failures breaks any of ${all.promises} promises${isLoaded(all) ? ' or overloads anything' : ''}`
      : `failures ${counting.length === 1 ? 'breaks' : 'break'} some of ${all.promises} promises${isLoaded(all) ? ' or overload something' : ''}`
  return `${count} ${does}${but}`
}

const isLoaded = ({ rated, demands }: Failures): boolean => rated > 0 && demands > 0

/** Why nothing is said of loads. */
function unloadedText({ rated, demands }: Failures): string {
  const missing = [rated === 0 ? ["'capacity'"] : [], demands === 0 ? ["'demand'"] : []].flat()
  return `nothing is said of loads: the file declares no ${missing.join(' and no ')}`
}

export const failuresJson = ({ all, network, counting, exceptions, seconds }: FailuresFound) => ({
  holds: counting.length === 0 && all.overloads.length === 0,
  seconds: Math.round(seconds * 1000) / 1000,
  tried: all.tried,
  promises: all.promises,
  loads: { capacities: all.rated, demands: all.demands },
  overloads: all.overloads.map(overloadJson),
  breaks: all.breaks.map((each) => breakJson(network, { elements: [] }, each)),
  failures: all.failures.map((failure) => ({
    elements: failure.elements.map(({ kind, id }) => ({ kind, id })),
    excepted: !counting.includes(failure),
    breaks: failure.breaks.map((each) => breakJson(network, failure, each)),
    overloads: failure.overloads.map(overloadJson),
  })),
  exceptions: exceptionsJson(exceptions),
})

const breakJson = (network: Network, failure: Pick<Failure, 'elements'>, each: Break) => ({
  promise: each.promise.id,
  name: each.promise.name,
  site: each.promise.site ?? null,
  does: each.standing.kind === 'gone' ? 'has nothing left' : 'is lost',
  lost:
    each.standing.kind === 'cut'
      ? { from: each.standing.from, to: each.standing.to, at: each.standing.lostAt }
      : null,
  text: breakText(network, failure, each),
})
