/** Why somebody can, or cannot, reach somebody: for people and as JSON. */
import { formatSource } from '../../file/index.ts'
import { formatOrigin } from '../../policy/index.ts'
import {
  type ChangeSet,
  type Edit,
  rewritten,
  type Stopping,
  type WayAnswer,
  type Why,
  type WhyExample,
} from '../../verify/index.ts'
import type { Colors } from '../terminal.ts'
import { packetJson, packetText } from './packet.ts'
import { plainLine } from './plain-line.ts'
import { listed, trafficText } from './plan/words.ts'
import { ruleJson } from './rule-json.ts'
import { trafficJson } from './traffic-json.ts'

/** Rules, and sets of changes, that are shown; `--json` has all. */
const shown = 5

export function whyText(text: string, why: Why, seconds: number, out: Colors): string {
  const { ways, reaches } = why
  const answer = reaches ? out.green(out.bold('yes')) : out.red(out.bold('no'))
  return [
    out.bold(plainLine(text)),
    '',
    ...ways.flatMap((way) => [...wayLines(way, out), '']),
    `${answer}: ${answerText(why)} ${out.dim(`(${seconds.toFixed(1)} s)`)}`,
    ...changeLines(why, out),
  ].join('\n')
}

function answerText({ reaches, ways }: Why): string {
  if (reaches)
    return ways.every(({ amount }) => amount === 'all')
      ? 'everything arrives, and is answered'
      : 'what is said above arrives, and is answered'
  return ways.some(({ amount }) => amount !== 'none')
    ? 'it arrives, but no answer comes back'
    : 'nothing arrives'
}

const wayNames = { address: 'to their own addresses', vip: 'by VIP', outside: 'to the Internet' } as const

function wayLines(way: WayAnswer, out: Colors): readonly string[] {
  const { kind, endpoint, amount, arrives, example, stops, lost, answered } = way
  const mark = { all: out.green('●'), some: out.yellow('◐'), none: out.red('○') }[amount]
  const name = `${wayNames[kind]}${endpoint === undefined ? '' : ` ${endpoint}`}`
  const what =
    amount === 'none' ? 'nothing arrives' : `${amount === 'all' ? 'all' : 'in part'}: ${trafficText(arrives)}`
  const more = stops.length - shown
  return [
    `${mark} ${out.bold(name)}  ${what}`,
    ...(example ? exampleLines(example, out) : []),
    ...(answered === false ? [`    ${out.red('no answer comes back')}`] : []),
    ...stops.slice(0, shown).flatMap((stop) => stopLines(stop, out)),
    ...(more > 0 ? [out.dim(`    and ${more} more rules stop some of it; --json has all`)] : []),
    ...(lost.length > 0 ? [`    no way leads on at ${listed(lost)}`] : []),
  ]
}

function exampleLines(example: WhyExample, out: Colors): readonly string[] {
  const { path, packet, sender } = example
  const judged = path.hops.flatMap(({ judgements }) => judgements)
  const last = judged.findLast(({ point }) => point.kind !== 'distribution-router') ?? judged.at(-1)
  const decider = last && last.decision.verdict !== 'pass-by' ? last.decision.rule : undefined
  return [
    `    ${packetText(packet)} from ${sender}`,
    ...rewritten(example).map((each) => `      becomes ${packetText(each)}`),
    out.dim(`      ${path.hops.map(({ node }) => node).join(' → ')}`),
    ...(last && decider
      ? [
          `    let in by ${decider.id} at ${last.point.id}  ${out.dim(plainLine(formatOrigin(decider.origin)))}`,
        ]
      : []),
  ]
}

function stopLines({ place, points, way, traffic, packet }: Stopping, out: Colors): readonly string[] {
  const { rule, tier } = place
  const more = points.length > 1 ? ` and ${points.length - 1} more` : ''
  const what = way === 'back' ? `answers, ${trafficText(traffic)},` : trafficText(traffic)
  return [
    `    ${out.red('✗')} ${what} stopped at ${points[0]}${more} by ${out.bold(rule.id)} (${tier})`,
    out.dim(`      ${plainLine(`${rule.why} ${formatOrigin(rule.origin)}`)}`),
    out.dim(`      such as ${packetText(packet)}`),
  ]
}

function changeLines({ reaches, changes, looked }: Why, out: Colors): readonly string[] {
  const verb = reaches ? 'close' : 'open'
  if (changes.length === 0)
    return [`  No set of up to ${looked} changes of rules, endpoints or clients would ${verb} it.`]
  const size = Math.min(...changes.map(({ edits }) => edits.length))
  const title =
    size === 1
      ? `  One change would ${verb} it${changes.length > 1 ? '; each of these alone is enough' : ''}:`
      : `  ${size} changes would ${verb} it, and no fewer${changes.length > 1 ? '; any of these sets' : ''}:`
  const more = changes.length - shown
  return [
    title,
    ...changes.slice(0, shown).flatMap((change, index) => setLines(change, index, out)),
    ...(more > 0 ? [out.dim(`    and ${more} more; --json has all`)] : []),
  ]
}

function setLines({ edits, example, confirmed }: ChangeSet, index: number, out: Colors): readonly string[] {
  const [first, ...rest] = edits.flatMap((edit) => editLines(edit, out))
  const then = example
    ? [`       then ${packetText(example.packet)} from ${example.sender} arrives at ${example.path.end.node}`]
    : []
  return [
    `    ${index + 1}. ${first}`,
    ...rest.map((line) => `       ${line}`),
    ...then.map((line) => out.dim(line)),
    ...(confirmed ? [] : [out.yellow('       (no packet that was tried shows it)')]),
  ]
}

const marks: Readonly<Record<Edit['kind'], string>> = {
  own: '',
  grant: ' [for a time]',
  override: ' [rules that come with Glacis: a template can name a file of its own]',
  fixed: ' [part of Glacis]',
}

const editLines = ({ text, kind, at }: Edit, out: Colors): readonly string[] => [
  `${text}${out.yellow(marks[kind])}`,
  ...(at ? [out.dim(`  ${plainLine(formatSource(at))}`)] : []),
]

export const whyJson = (text: string, { reaches, ways, changes, looked }: Why, seconds: number) => ({
  question: text,
  reaches,
  seconds,
  ways: ways.map((way) => ({
    kind: way.kind,
    endpoint: way.endpoint ?? null,
    amount: way.amount,
    arrives: way.arrives.map(trafficJson),
    text: trafficText(way.arrives),
    answered: way.answered ?? null,
    example: way.example ? exampleJson(way.example) : null,
    stops: way.stops.map(({ place, points, way: direction, traffic, packet }) => ({
      rule: ruleJson(place.rule),
      tier: place.tier,
      points,
      way: direction,
      traffic: traffic.map(trafficJson),
      text: trafficText(traffic),
      packet: packetJson(packet),
    })),
    lost: way.lost,
  })),
  changes: changes.map(({ edits, confirmed, example }) => ({
    confirmed,
    edits: edits.map(({ kind, text: what, at }) => ({ kind, text: what, at: at ?? null })),
    example: example ? exampleJson(example) : null,
  })),
  looked,
})

const exampleJson = (example: WhyExample) => ({
  sender: example.sender,
  packet: packetJson(example.packet),
  becomes: rewritten(example).map(packetJson),
  nodes: example.path.hops.map(({ node }) => node),
  answered: example.answered ?? null,
})
