/** What breaks when elements fail, as text and as JSON. */
import { type Network, nodeById } from '../../model/index.ts'
import type { Break, Failure, Failures, Judged } from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { overloadJson, overloadText } from './overload-text.ts'
import { exceptionLines, exceptionsJson, lapsedLines } from './proof-text.ts'

/** What was looked at, and how long it took. */
export interface FailuresFound extends Judged {
  readonly all: Failures
  readonly network: Network
  readonly seconds: number
}

/** Breaks of one failure that are shown. */
const shown = 5

export function failuresText(
  { all, network, counting, exceptions, seconds }: FailuresFound,
  out: Colors,
): string {
  const lines = counting.flatMap((failure) => [
    `${out.red('✗')} ${failure.elements.map(({ kind, id }) => `${kind} ${out.bold(id)}`).join(' and ')}`,
    ...shortened(
      failure.breaks.map((each) => breakText(network, failure, each)),
      out,
    ),
    ...shortened(failure.overloads.map(overloadText), out),
  ])
  const always = all.overloads.map((each) => `${out.red('✗')} without any failure, ${overloadText(each)}`)
  const mark = counting.length > 0 || always.length > 0 ? out.red('✗') : out.green('✓')
  const kept = `${out.bold(`${all.tried - all.failures.length} of ${all.tried}`)} failures break none of ${all.promises} promises${isLoaded(all) ? ' and overload nothing' : ''}`
  const borne = all.failures.length - counting.length
  const but = borne > 0 ? `, ${borne} more are excepted` : ''
  return [
    ...always,
    ...lines,
    ...(always.length + lines.length > 0 ? [''] : []),
    ...lapsedLines(exceptions, `${out.yellow('!')} `),
    ...exceptionLines([{ invariant: { id: 'failures' }, exceptions }], out),
    ...(isLoaded(all) ? [] : [out.dim(`! ${unloadedText(all)}`)]),
    `${mark} ${kept}${but} ${out.dim(`(${seconds.toFixed(1)} s)`)}`,
  ].join('\n')
}

const shortened = (texts: readonly string[], out: Colors): string[] => [
  ...texts.slice(0, shown).map((text) => `    ${text}`),
  ...(texts.length > shown ? [out.dim(`    and ${texts.length - shown} more`)] : []),
]

const isLoaded = ({ rated, demands }: Failures): boolean => rated > 0 && demands > 0

/** Why nothing is said of loads. */
function unloadedText({ rated, demands }: Failures): string {
  const missing = [rated === 0 ? ["'capacity'"] : [], demands === 0 ? ["'demand'"] : []].flat()
  return `nothing is said of loads: the file declares no ${missing.join(' and no ')}`
}

function breakText(network: Network, failure: Failure, { promise, standing }: Break): string {
  const { id, name, site } = promise
  const what = `${name === id ? '' : `${id}: `}${name}${site === undefined ? '' : ` in ${site}`}`
  if (standing.kind === 'gone')
    return `${what}: nothing is left behind it; ${goneText(network, failure, promise)}`
  const { from, to, lostAt } = standing
  return `${what}: not everything gets there and back; from ${from} to ${to} it is lost at ${lostAt}`
}

function goneText(network: Network, { elements }: Failure, { goal, site }: Break['promise']): string {
  const isOfSite = elements.some(({ kind, id }) => kind === 'site' && id === site)
  if (isOfSite) return `it stands in ${site} alone`
  const machines =
    goal.kind === 'machines'
      ? goal.nodes
      : goal.kind === 'endpoint'
        ? [...new Set(goal.endpoints.flatMap(({ backends }) => backends.map(({ node }) => node)))]
        : []
  const hosts = new Set(machines.map((machine) => nodeById(network, machine)?.vm?.host))
  const [host] = hosts
  const on = hosts.size === 1 && host !== undefined ? ` on ${host}` : ''
  if (machines.length === 1) return `${machines[0]}${on} is its only machine`
  return on ? `all its ${machines.length} machines are${on}` : `all its ${machines.length} machines fail`
}

export const failuresJson = ({ all, network, counting, exceptions, seconds }: FailuresFound) => ({
  holds: counting.length === 0 && all.overloads.length === 0,
  seconds: Math.round(seconds * 1000) / 1000,
  tried: all.tried,
  promises: all.promises,
  loads: { capacities: all.rated, demands: all.demands },
  overloads: all.overloads.map(overloadJson),
  failures: all.failures.map((failure) => ({
    elements: failure.elements.map(({ kind, id }) => ({ kind, id })),
    excepted: !counting.includes(failure),
    breaks: failure.breaks.map((each) => ({
      promise: each.promise.id,
      name: each.promise.name,
      site: each.promise.site ?? null,
      does: each.standing.kind === 'gone' ? 'has nothing left' : 'is lost',
      lost:
        each.standing.kind === 'cut'
          ? { from: each.standing.from, to: each.standing.to, at: each.standing.lostAt }
          : null,
      text: breakText(network, failure, each),
    })),
    overloads: failure.overloads.map(overloadJson),
  })),
  exceptions: exceptionsJson(exceptions),
})
