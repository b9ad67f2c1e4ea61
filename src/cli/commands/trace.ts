/** `glacis trace FILE --from … --to …`: one packet hop by hop, the answer to it, and the rule that decides. */
import { nearest } from '../../file/index.ts'
import { type Network, type Node, nodeById } from '../../model/index.ts'
import { type Family, formatIp, type Ip, parseIp } from '../../net/index.ts'
import { derivePolicy, formatOrigin } from '../../policy/index.ts'
import { type Conversation, converse, createWorld, type Hop, type Path } from '../../trace/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { requireNetwork, requireNode } from '../network-argument.ts'
import { endText, packetText, pathJson, ruleJson } from '../packet-text.ts'
import type { Terminal } from '../terminal.ts'

export interface TraceOptions {
  readonly from: string
  readonly to: string
  readonly proto: 'tcp' | 'udp' | 'icmp'
  readonly dport?: number
  readonly sport: number
  readonly family?: Family
  /** Source address other than the node's own: what a spoofed packet meets. */
  readonly source?: string
}

export function trace(file: string | undefined, options: TraceOptions, terminal: Terminal): number {
  const network = requireNetwork(file, terminal)
  const { proto, dport, sport } = options
  if (proto !== 'icmp' && dport === undefined)
    throw new CommandError(`Tracing ${proto} failed: it goes to a port; give --dport`)
  const from = requireNode(network, options.from)
  const destination = destinationOf(network, options.to, options.family)
  const source = sourceOf(from, destination, options.source)
  const world = createWorld(network, derivePolicy(network))
  const opening = {
    from: from.id,
    source,
    destination,
    protocol: proto,
    sourcePort: sport,
    destinationPort: dport ?? 0,
  }
  const conversation = converse(world, opening)
  terminal.result(conversationJson(conversation))
  if (!terminal.json) terminal.print(render(network, conversation, terminal))
  return exitCodes.ok
}

function sourceOf(from: Node, destination: Ip, given: string | undefined): Ip {
  if (given !== undefined) {
    const parsed = parseIp(given)
    if (!parsed)
      throw new CommandError(`Reading --source failed: '${given}' is no address; give one such as 192.0.2.1`)
    if (parsed.family !== destination.family)
      throw new CommandError(
        'Reading --source failed: source and destination differ in family; give two of one family',
      )
    return parsed
  }
  const own = from.addresses.find(({ family }) => family === destination.family)
  if (own) return own
  throw new CommandError(
    `Tracing from ${from.id} failed: it has no IPv${destination.family} address; choose another destination or --family`,
  )
}

/** An address, a node, or a service's name with or without the zone. */
function destinationOf(network: Network, to: string, family: Family | undefined): Ip {
  const address = parseIp(to)
  if (address) return address
  const name = to.toLowerCase().replace(/\.$/, '')
  const candidates = new Map<string, readonly Ip[]>()
  for (const { deployments } of network.services)
    for (const { dnsName, vips } of deployments) candidates.set(dnsName, vips)
  const short = name.endsWith(`.${network.zone}`) ? name.slice(0, -network.zone.length - 1) : name
  const vips = candidates.get(short)
  const node =
    nodeById(network, to) ??
    (vips ? undefined : network.nodes.find((n) => n.name === to && isOnly(network, n)))
  const addresses = vips ?? node?.addresses
  if (!addresses) {
    const near = nearest(to, [...candidates.keys(), ...network.nodes.map(({ id }) => id)])
    const remedy = near
      ? `did you mean '${near}'?`
      : 'give an address, a node such as west/fc1, or a service such as shop.west'
    throw new CommandError(`Finding '${to}' failed: it is no address, node or service; ${remedy}`)
  }
  const chosen = addresses.find((a) => family === undefined || a.family === family)
  if (chosen) return chosen
  throw new CommandError(
    `Finding '${to}' failed: it has no ${family ? `IPv${family} ` : ''}address; choose another`,
  )
}

const isOnly = (network: Network, node: Node): boolean =>
  network.nodes.filter(({ name }) => name === node.name).length === 1

function render(network: Network, conversation: Conversation, terminal: Terminal): string {
  const { out } = terminal
  const { forth, back, outcome, unanimous } = conversation
  const lines: string[] = []
  const first = forth[0] as Path
  lines.push(...pathLines(first, terminal))
  const answer = first.end.kind === 'delivered' ? back[0] : undefined
  if (answer) lines.push('', out.bold('The answer'), ...pathLines(answer, terminal))
  const verdict = { answered: out.green, refused: out.yellow, silent: out.red }[outcome](outcome)
  lines.push(
    '',
    `${out.bold('Outcome')}  ${verdict}${unanimous ? '' : ' on this way; others end differently'}`,
  )
  const meaning = {
    answered: 'the client gets an answer',
    refused: 'the packet arrives, and nobody listens there',
    silent: 'the client hears nothing',
  }[outcome]
  lines.push(`         ${meaning}`)
  if (forth.length > 1) lines.push(`         ${forth.length} different ways lead there; the first is shown`)
  const stop = conversation.stops[0]
  if (stop?.end.kind === 'denied') {
    const { rule, point } = stop.end
    lines.push(
      `${out.bold('Decided')}  by ${out.bold(rule.id)} at ${point.id}, from ${formatOrigin(rule.origin)}`,
    )
    lines.push(`         ${rule.why} To let it pass, a rule before it in this point has to allow it.`)
  } else if (stop) lines.push(`${out.bold('Decided')}  ${endText(stop.end)}`)
  else if (conversation.decider) {
    const { rule, point } = conversation.decider
    lines.push(
      `${out.bold('Decided')}  by ${out.bold(rule.id)} at ${point.id}, from ${formatOrigin(rule.origin)}`,
    )
  } else lines.push(`${out.bold('Decided')}  by no rule: no filter stands on the way in ${network.name}`)
  return lines.join('\n')
}

function pathLines({ hops, end, packet }: Path, terminal: Terminal): string[] {
  const { out } = terminal
  const lines = hops.flatMap((hop, index) => hopLines(hop, index === 0, terminal))
  const mark = end.kind === 'delivered' ? out.green('●') : out.red('✗')
  return [
    ...lines,
    `${mark} ${endText(end)}${end.kind === 'delivered' ? out.dim(`  ${packetText(packet)}`) : ''}`,
  ]
}

function hopLines(hop: Hop, start: boolean, { out }: Terminal): string[] {
  const way = [hop.arrival && `in ${hop.arrival}`, hop.departure && `out ${hop.departure}`]
    .filter(Boolean)
    .join(', ')
  const equal = hop.alternatives > 0 ? out.dim(` (1 of ${hop.alternatives + 1} equal ways)`) : ''
  const lines = [
    `${out.cyan('○')} ${out.bold(hop.node)}  ${way}${equal}${start ? `  ${packetText(hop.packet)}` : ''}`,
  ]
  for (const { point, decision } of hop.judgements) {
    if (decision.verdict === 'pass-by') continue
    const verdict = decision.verdict === 'allow' ? out.green('allow') : out.red('deny ')
    lines.push(
      `│   ${verdict} ${point.id}  ${decision.tier}: ${out.bold(decision.rule.id)}  ${out.dim(formatOrigin(decision.rule.origin))}`,
    )
    if (decision.packet) lines.push(`│         translated to ${packetText(decision.packet)}`)
  }
  return lines
}

const conversationJson = ({ opening, outcome, unanimous, forth, back, stops, decider }: Conversation) => ({
  opening: {
    from: opening.from,
    source: formatIp(opening.source),
    destination: formatIp(opening.destination),
    protocol: opening.protocol,
    sourcePort: opening.sourcePort,
    destinationPort: opening.destinationPort,
  },
  outcome,
  unanimous,
  decider: decider ? { point: decider.point.id, rule: ruleJson(decider.rule) } : null,
  stops: stops.map(({ end, way }) => ({
    way,
    kind: end.kind,
    node: end.node,
    ...(end.kind === 'denied' ? { point: end.point.id, tier: end.tier, rule: ruleJson(end.rule) } : {}),
  })),
  forth: forth.map(pathJson),
  back: back.map(pathJson),
})
