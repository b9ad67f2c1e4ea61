/** `glacis trace FILE --from … --to …`: one packet hop by hop, the answer to it, and the rule that decides. */
import type { LiveTraceParameters, LiveTraceResult, RunningLab } from '../../lab/index.ts'
import { type Network, nodeById } from '../../model/index.ts'
import { type Family, formatIp, type Ip, parseIp } from '../../net/index.ts'
import {
  type Conversation,
  converse,
  createWorld,
  type Opening,
  type Outcome,
  rulesToChange,
  WorldState,
  walk,
} from '../../trace/index.ts'
import { askNetwork, chooseNetwork } from '../ask-network.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { type Destination, findDestination, openPorts } from '../find-destination.ts'
import { findNode } from '../find-node.ts'
import { type LiveAnswer, liveAnswer, toldGrants } from '../live-answer.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import { liveTraceText } from '../render/live-trace-text.ts'
import { errorJson, traceJson } from '../render/trace-json.ts'
import { errorText, traceText } from '../render/trace-text.ts'
import type { Terminal } from '../terminal.ts'
import { userName } from '../user-name.ts'
import { type ErrorOptions, errorOf } from './trace-error.ts'

export interface TraceOptions extends ErrorOptions {
  readonly from: string
  readonly to: string
  readonly proto: Opening['protocol']
  readonly dport?: number
  /** Default: 40000, or with `live` any. */
  readonly sport?: number
  readonly family?: Family
  /** Source address other than the node's own: what a forged packet meets. */
  readonly source?: string
  readonly expect?: Outcome
  /** Sends the packet in the network that is up, too; `expect` is then about what happens there. */
  readonly live: boolean
  /** Which network, if it is not up under the name in its file. */
  readonly name?: string
}

export async function trace(
  file: string | undefined,
  options: TraceOptions,
  terminal: Terminal,
): Promise<number> {
  const network = requireNetwork(file, terminal)
  const { to, proto, expect } = options
  const from = findNode(
    network.nodes.map(({ id }) => id),
    options.from,
  )
  const given = options.source === undefined ? undefined : parseIp(options.source)
  const destination = findDestination(network, to, options.family ?? given?.family)
  const opening: Opening = {
    from,
    source: sourceOf(network, from, destination, given),
    destination: destination.address,
    protocol: proto,
    sourcePort: options.sport ?? (options.live ? anyPort() : standardPort),
    destinationPort: portOf(network, destination, options),
  }
  if (options.errorFrom !== undefined && options.live)
    throw new CommandError('trace --live: it sends no ICMP errors; leave out --live, or --error-from')
  const lab = options.live ? chooseNetwork(options.name ?? network.name, 'trace --live') : undefined
  const policy = derived(network, terminal)
  const sent = lab && (await sendLive(lab, opening))
  const world = createWorld(network, policy, sent && toldGrants(sent.grants))
  const state = new WorldState(world)
  const conversation = converse(world, opening, state)
  const error = errorOf(network, options, conversation)
  const told = error && walk(world, state, error.from, error.packet)
  const changes = rulesToChange(world, conversation)
  const live = sent && liveAnswer(network, policy, conversation, sent)
  const agreed =
    expect === undefined ||
    (live ? live.observed === expect : conversation.outcome === expect && conversation.unanimous)
  const ok = agreed && (live?.agrees ?? true)
  terminal.result({
    ok,
    ...traceJson(network, conversation, destination.name, changes),
    ...(error && told && { error: errorJson(network, error.from, told) }),
    ...(live && { live }),
  })
  if (!terminal.json) {
    terminal.print(traceText(network, conversation, destination.name, terminal, changes))
    if (error && told) terminal.print(`\n${errorText(network, error.from, told, terminal)}`)
    if (live) terminal.print(`\n${liveTraceText(live, terminal.out)}`)
  }
  if (ok) return exitCodes.ok
  if (agreed) return exitCodes.no
  terminal.say(
    `${terminal.err.red('glacis:')} trace ${to}: expected ${expect}, and it is ${foundText(conversation, live)}`,
  )
  return exitCodes.no
}

const foundText = ({ outcome, unanimous }: Conversation, live: LiveAnswer | undefined): string =>
  live ? `${live.observed} in ${live.name}` : unanimous ? outcome : 'different on equal ways'

const standardPort = 40_000

/** One that no flow of an earlier trace has, as far as chance goes. */
const anyPort = (): number => 20_000 + Math.floor(Math.random() * 12_000)

const sendLive = async (lab: RunningLab, opening: Opening): Promise<LiveTraceResult> => {
  const params: LiveTraceParameters = {
    ...opening,
    source: formatIp(opening.source),
    destination: formatIp(opening.destination),
    by: userName(),
  }
  return (await askNetwork(lab, 'trace', { params })) as LiveTraceResult
}

function sourceOf(network: Network, from: string, { address }: Destination, given: Ip | undefined): Ip {
  const own = given ? [given] : (nodeById(network, from)?.addresses ?? [])
  const source = own.find(({ family }) => family === address.family)
  if (source) return source
  const remedy = given ? 'give two addresses of one family' : 'choose another destination, or --family'
  throw new CommandError(
    `trace from ${from}: ${given ? `--source is IPv${given.family}` : 'the node has no address'} and the destination is IPv${address.family}; ${remedy}`,
  )
}

function portOf(network: Network, { address }: Destination, { to, proto, dport }: TraceOptions): number {
  if (proto === 'icmp') {
    if (dport === undefined) return 0
    throw new CommandError('trace icmp: a ping has no destination port; leave out --dport')
  }
  if (dport !== undefined) return dport
  const open = openPorts(network, address)
  const remedy = open.length > 0 ? `give --dport (at ${to} there are ${open.join(', ')})` : 'give --dport'
  throw new CommandError(`trace ${proto}: it goes to a port; ${remedy}`)
}
