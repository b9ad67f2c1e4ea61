/** Where programs and evaluator disagree about a case, told so that it can be understood and repeated. */
import { formatIp } from '../../net/index.ts'
import { type Decision, formatMatch, type Point, type Rule, rulesOf } from '../../policy/index.ts'
import { type Headers, readHeaders } from '../../wire/index.ts'
import type { Count } from '../counter-map.ts'
import { eventKind, snapLength } from '../event-map.ts'
import { decodeRecord, type EventRecord } from '../event-record.ts'
import { frameFault } from './expected-frame.ts'
import { type Observation, type PointCase, type ProgramAnswer, pointsIn, type Step } from './point-runner.ts'

/** The first difference, or `undefined`. */
export function difference(
  testCase: PointCase,
  programs: Observation<ProgramAnswer>,
  evaluator: Observation<Decision>,
): string | undefined {
  for (const [index, { point, frame }] of testCase.steps.entries()) {
    const [answer, decision] = [programs.answers[index], evaluator.answers[index]]
    const fault =
      answer && decision
        ? (stepFault(frame, answer, decision) ?? eventFault(testCase, index, answer, decision))
        : 'a run has no answer'
    if (fault) return `step ${index} at point ${point}: ${fault}\n${describeCase(testCase, index)}`
  }
  for (const [index, point] of testCase.points.entries()) {
    const fault = counterFault(point, programs.counters[index] ?? [], evaluator.counters[index] ?? [])
    if (fault) return `${fault}\n${describeCase(testCase, testCase.steps.length - 1)}`
  }
  for (const [index, uses] of evaluator.uses.entries())
    if (programs.uses[index] !== uses)
      return `grant ${index} was used ${programs.uses[index]} times, by the evaluator ${uses}\n${describeCase(testCase, testCase.steps.length - 1)}`
  return undefined
}

function stepFault(frame: Uint8Array, answer: ProgramAnswer, decision: Decision): string | undefined {
  const verdict = decision.verdict === 'pass-by' ? 'allow' : decision.verdict
  const by = decision.verdict === 'pass-by' ? 'out of scope' : decision.rule.id
  if (answer.verdict !== verdict)
    return `the program returned ${answer.returned} (${answer.verdict}), the evaluator says ${verdict} (${by})`
  const wanted = decision.verdict === 'pass-by' ? undefined : decision.packet
  if (!wanted)
    return Buffer.compare(frame, answer.packet) === 0
      ? undefined
      : `the program changed the frame: ${hex(answer.packet)}`
  const [meaning, expected] = [describeHeaders(readHeaders(answer.packet)), describeHeaders(wanted)]
  if (meaning !== expected) return `rewritten by ${by} to\n  ${meaning}, expected\n  ${expected}`
  const fault = frameFault(frame, answer.packet, wanted)
  return fault && `rewritten by ${by}: ${fault}: ${hex(answer.packet)}`
}

/** What was told is what the evaluator decided, audited rules first, as far as its kind was wanted. */
function eventFault(
  testCase: PointCase,
  step: number,
  { events, packet }: ProgramAnswer,
  decision: Decision,
): string | undefined {
  const { steps, watch = 0 } = testCase
  const { point: index, frame, epoch } = steps[step] as Step
  const points = pointsIn(testCase, epoch)
  const first = points.slice(0, index).reduce((sum, point) => sum + rulesOf(point).length, 0)
  const numbers = new Map(rulesOf(points[index] as Point).map(({ rule }, number) => [rule, first + number]))
  const record = (kind: number, rule: Rule, bytes: Uint8Array) => {
    const slot = numbers.get(rule) as number
    return { kind, slot, length: bytes.length, frame: bytes.subarray(0, snapLength) }
  }
  const decided =
    decision.verdict === 'pass-by'
      ? []
      : [
          ...(decision.audited ?? []).map((rule) => record(eventKind.audit, rule, frame)),
          record(kindOf(decision), decision.rule, packet),
        ]
  const wanted = decided.filter(({ kind }) => (kind & watch) !== 0).map(describeRecord)
  const told = events.map((bytes) => describeRecord(decodeRecord(bytes)))
  if (told.join() === wanted.join()) return undefined
  return `with mode ${watch} the program told\n  ${told.join('\n  ')}\nexpected\n  ${wanted.join('\n  ')}`
}

function kindOf({ verdict, rule, opened }: Exclude<Decision, { verdict: 'pass-by' }>): number {
  if (verdict === 'deny') return eventKind.drop
  // A denial that lets pass is in audit mode.
  if (rule.action === 'deny') return eventKind.audit
  return opened ? eventKind.flow : eventKind.pass
}

const describeRecord = ({ slot, kind, length, frame }: Omit<EventRecord, 'time' | 'interface'>): string =>
  `kind ${kind} of slot ${slot}, ${length} bytes: ${hex(frame)}`

function counterFault(point: Point, counted: readonly Count[], wanted: readonly Count[]): string | undefined {
  for (const [index, { rule, tier }] of rulesOf(point).entries()) {
    const [is, should] = [counted[index], wanted[index]].map(
      (c) => c && `${c.packets} packets, ${c.bytes} bytes, ${c.lastHit > 0n ? 'a last hit' : 'no last hit'}`,
    )
    if (is !== should)
      return `rule ${index} (${tier}: ${rule.id}) of ${point.id} counted ${is}, the evaluator ${should}`
  }
  return undefined
}

/** All that rules ask about, in one line. */
export function describeHeaders(headers: Headers): string {
  if (headers.kind === 'odd') return headers.reason
  const { protocol, hopLimit, tcpFlags, icmpType, icmpCode, quoted } = headers
  const { tcpSequence = 0, tcpAcknowledgement = 0 } = headers
  const tcp = `flags ${tcpFlags} sequence ${tcpSequence} acknowledges ${tcpAcknowledgement}`
  const details = `protocol ${protocol} hops ${hopLimit} ${tcp} type ${icmpType} code ${icmpCode}`
  return `${ends(headers)} ${details}${quoted ? ` about ${ends(quoted)} protocol ${quoted.protocol}` : ''}`
}

type Ends = Pick<
  Extract<Headers, { kind: 'ip' }>,
  'source' | 'destination' | 'sourcePort' | 'destinationPort'
>

const ends = ({ source, destination, sourcePort, destinationPort }: Ends): string =>
  `${formatIp(source)} ${sourcePort} → ${formatIp(destination)} ${destinationPort}`

/** The points' tiers and rules, and the frames up to a step. */
function describeCase({ points, egress, steps }: PointCase, last: number): string {
  const lines = points.flatMap((point, index) => [
    `point ${index} ${point.id} flow ${point.flow?.table ?? 'none'} behind ${(point.behind ?? []).map(formatIp)} scope ${point.scope ? formatMatch(point.scope) : 'all'}`,
    ...point.tiers.flatMap((tier) =>
      tier.kind === 'rules'
        ? [
            `  tier ${tier.name}`,
            ...tier.rules.map(({ id, action, match }) => `    ${id} ${action} ${formatMatch(match)}`),
          ]
        : [`  tier ${tier.name} (${tier.kind})`],
    ),
  ])
  const frames = steps
    .slice(0, last + 1)
    .slice(-6)
    .map(
      ({ point, frame, wait }) =>
        `  at ${point}${wait ? ` after ${wait} ns` : ''}: ${describeHeaders(readHeaders(frame))}: ${hex(frame)}`,
    )
  return [...lines, `egress ${egress.map(formatIp)}`, ...frames].join('\n')
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
