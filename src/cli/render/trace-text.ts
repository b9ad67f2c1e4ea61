/** A conversation for people: the packet's way hop by hop, the answer's in short, what comes of it and which rule decides. */
import { listenerAt, type Network, neighboursOf, nodeById } from '../../model/index.ts'
import { formatPrefix, formatProtocol, hasPorts } from '../../net/index.ts'
import { formatOrigin, type Point, type Rule, type RulePlace, rulesOf } from '../../policy/index.ts'
import type { Conversation, End, Hop, Judgement, Path } from '../../trace/index.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { packetText } from './packet.ts'
import { plainLine } from './plain-line.ts'
import { table } from './table.ts'
import { whereToChange } from './where-to-change.ts'

/** @param to what the user called the destination, if that is more than its address */
export function traceText(
  network: Network,
  conversation: Conversation,
  to: string | undefined,
  { out }: Terminal,
  changes: readonly RulePlace[] = [],
): string {
  const { opening, forth, back } = conversation
  const [first] = forth
  const [start] = first?.hops ?? []
  if (!first || !start) throw new TypeError('show a trace: it has no path (a bug of Glacis)')
  const answer = first.end.kind === 'delivered' ? back[0] : undefined
  return [
    `${out.bold(packetText(start.packet))}  ${out.dim(`${opening.from} to ${to ?? 'an address that nobody has'}`)}`,
    '',
    ...pathLines(network, first, out),
    ...(answer ? ['', ...answerLines(answer, out)] : []),
    '',
    ...conclusion(network, conversation, changeRows(network, conversation, changes), out),
  ].join('\n')
}

/** An ICMP error that was sent then: the first of its ways, and how others end. */
export function errorText(network: Network, from: string, paths: readonly Path[], { out }: Terminal): string {
  const [first] = paths
  const [start] = first?.hops ?? []
  if (!first || !start) throw new TypeError('show an error: it has no path (a bug of Glacis)')
  const ends = [...new Set(paths.map(({ end }) => endText(end)))]
  return [
    `${out.bold(packetText(start.packet))}  ${out.dim(`then, from ${from}`)}`,
    '',
    ...pathLines(network, first, out),
    ...(ends.length > 1
      ? [
          out.yellow('Equal ways end differently; the first is shown. They end:'),
          ...ends.map((end) => `  ${end}`),
        ]
      : []),
  ].join('\n')
}

function pathLines(network: Network, { hops, end, packet }: Path, out: Colors): string[] {
  const lines = hops.flatMap((hop) => hopLines(network, hop, out))
  return end.kind === 'delivered'
    ? [...lines, `${out.green('●')} delivered: ${listenerText(network, end, packet)}`]
    : [...lines, `${out.red('✗')} ${endText(end)}`]
}

/** What meets a packet that has arrived. */
function listenerText(network: Network, { node }: End, packet: Path['packet']): string {
  if (!hasPorts(packet.protocol)) return packetText(packet)
  const protocol = formatProtocol(packet.protocol)
  const { listeners = [] } = nodeById(network, node) ?? {}
  const name = protocol === 'tcp' || protocol === 'udp' ? protocol : undefined
  const listener = name && listenerAt(listeners, name, packet.destination, packet.destinationPort)
  const at = `${protocol} port ${packet.destinationPort}`
  return listener ? `'${listener.name}' listens on ${at}` : `nothing listens on ${at}`
}

function hopLines(network: Network, hop: Hop, out: Colors): string[] {
  const { node, arrival, departure, alternatives, judgements, route } = hop
  const judged = (direction: 'in' | 'out') =>
    judgements
      .filter(({ point }) => point.direction === direction)
      .flatMap((judgement) => judgementLines(judgement, out))
  const neighbour = neighboursOf(network, node).find(({ near }) => near.interface === departure)
  const equal = alternatives > 0 ? `, 1 of ${alternatives + 1} equal ways` : ''
  const way =
    route && departure
      ? [`│  ${out.dim(`${formatPrefix(route.prefix)} by ${departure} to ${neighbour?.node.id}${equal}`)}`]
      : []
  return [
    `${out.cyan('○')} ${out.bold(node)}${arrival === undefined ? '' : out.dim(`  in ${arrival}`)}`,
    ...judged('in'),
    ...way,
    ...judged('out'),
  ]
}

function judgementLines({ point, decision }: Judgement, out: Colors): string[] {
  if (decision.verdict === 'pass-by') return []
  const { rule, tier, packet, audited = [] } = decision
  return [
    ...audited.map(
      (denying) =>
        `│  ${out.magenta('audit')} ${point.id}  ${out.bold(denying.id)} would deny it ${out.dim(plainLine(formatOrigin(denying.origin)))}`,
    ),
    `│  ${verdictText(decision.verdict, out)} ${point.id}  ${tier}: ${out.bold(rule.id)}`,
    `│        ${out.dim(plainLine(`${rule.why} ${formatOrigin(rule.origin)}`))}`,
    ...(packet ? [`│        becomes ${packetText(packet)}`] : []),
  ]
}

const verdictText = (verdict: 'allow' | 'deny', out: Colors): string =>
  verdict === 'allow' ? out.green('allow') : out.red('deny ')

function answerLines({ hops, end }: Path, out: Colors): string[] {
  const [start] = hops
  const judged = hops.flatMap(({ judgements }) => judgements)
  return [
    `${out.bold('answer')}  ${start ? packetText(start.packet) : ''}`,
    `        ${out.dim(hops.map(({ node }) => node).join(' → '))}`,
    ...judged.flatMap(({ point, decision }) => {
      if (decision.verdict === 'pass-by') return []
      const becomes = decision.packet ? `, becomes ${packetText(decision.packet)}` : ''
      return [
        ...(decision.audited ?? []).map(
          (rule) => `        ${out.magenta('audit')} ${rule.id} at ${point.id} would deny it`,
        ),
        `        ${verdictText(decision.verdict, out)} ${decision.rule.id} at ${point.id}${becomes}`,
      ]
    }),
    ...(end.kind === 'delivered' ? [] : [`        ${out.red('✗')} ${endText(end)}`]),
  ]
}

const meanings = {
  answered: 'an answer comes back',
  refused: 'the machine is reached and says that nothing listens there',
  silent: 'nothing comes back',
} as const

type Row = readonly [label: string, text: string]

function conclusion(
  network: Network,
  conversation: Conversation,
  changes: readonly Row[],
  out: Colors,
): string[] {
  const { outcome, unanimous, stops, decider, forth, back } = conversation
  const paint = { answered: out.green, refused: out.yellow, silent: out.red }[outcome]
  const lines = [`${out.bold(paint(outcome))}: ${meanings[outcome]}`]
  if (!unanimous) {
    lines.push(out.yellow('Equal ways end differently; the first is shown. They end:'))
    for (const { end } of [...forth, ...back]) lines.push(`  ${endText(end)}`)
  }
  const [stop] = stops
  if (outcome === 'silent' && stop) return [...lines, stopText(network, stop, changes)]
  if (!decider) return [...lines, '  no enforcement point stands on this way']
  const { point, rule } = decider
  const tier = rulesOf(point).find((place) => place.rule === rule)?.tier ?? ''
  return [
    ...lines,
    table(
      [
        ['allowed by', `${out.bold(rule.id)} (${tier}) at ${point.id}`],
        ['why', plainLine(rule.why)],
        ['written at', plainLine(formatOrigin(rule.origin))],
        ...changes,
      ],
      '  ',
    ),
  ]
}

function stopText(
  network: Network,
  { end, way }: Conversation['stops'][number],
  changes: readonly Row[],
): string {
  const what = way === 'forth' ? 'packet' : 'answer'
  if (end.kind !== 'denied') return `  the ${what} is ${endText(end)}`
  const { rule, tier, point } = end
  return table(
    [
      [`${what} denied by`, `${rule.id} (${tier}) at ${point.id}`],
      ['why', plainLine(rule.why)],
      ['where to change', plainLine(whereToChange(network, point, rule))],
      ...changes,
    ],
    '  ',
  )
}

/** What else would have to change for the other outcome; the first rule of what is silent stands in the conclusion already. */
function changeRows(
  network: Network,
  { outcome, stops }: Conversation,
  changes: readonly RulePlace[],
): readonly Row[] {
  const silent = outcome === 'silent'
  const told = new Set(
    silent && stops[0]?.end.kind === 'denied' ? [ruleKey(stops[0].end.point, stops[0].end.rule)] : [],
  )
  const rows: Row[] = []
  for (const { point, tier, rule } of changes) {
    const key = ruleKey(point, rule)
    if (told.has(key)) continue
    told.add(key)
    const word = rows.length > 0 || silent ? 'and then' : 'to deny it'
    rows.push([
      word,
      `change ${rule.id} (${tier}) at ${point.id}: ${plainLine(whereToChange(network, point, rule))}`,
    ])
  }
  return rows
}

/** Equal ways have the same rule at points of their own. */
const ruleKey = ({ kind, direction }: Point, { id }: Rule): string => `${kind} ${direction} ${id}`

/** How a path ends, in words. */
export function endText(end: End): string {
  switch (end.kind) {
    case 'delivered':
      return `delivered to ${end.node}`
    case 'denied':
      return `denied at ${end.point.id} by ${end.rule.id}`
    case 'no-route':
      return `discarded at ${end.node}: ${end.route ? `its route ${formatPrefix(end.route.prefix)} leads nowhere, by intent` : 'it has no route there'}`
    case 'not-for-node':
      return `discarded at ${end.node}: it is not for this node, which is no router`
    case 'hop-limit':
      return `discarded at ${end.node}: its hop limit is used up`
  }
}
