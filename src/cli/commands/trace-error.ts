/** `glacis trace … --error-from NODE`: an ICMP error about the packet that was followed, or about another of its flow. */
import { type Network, nodeById } from '../../model/index.ts'
import { formatIp, type Ip, icmpOf, parseIp } from '../../net/index.ts'
import { type Conversation, openingPacket, type Path } from '../../trace/index.ts'
import { type IpHeaders, icmpErrors, type QuotedFlow } from '../../wire/index.ts'
import { CommandError } from '../exit-code.ts'
import { findNode } from '../find-node.ts'

export interface ErrorOptions {
  /** Node that sends the error. */
  readonly errorFrom?: string
  /** Default: the node's own. */
  readonly errorSource?: string
  /** Default: the packet is too big. */
  readonly errorType?: { readonly type: number; readonly code: number }
  /** The packet that it quotes, or `answer`: what answers the one that is followed, where that arrived. Default: the one that is followed. */
  readonly about?: QuotedFlow | 'answer'
}

export interface SentError {
  readonly from: string
  readonly packet: IpHeaders
}

/** Fragmentation needed (RFC 1191), packet too big (RFC 4443 section 3.2). */
const tooBig = { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } } as const

/** @returns `undefined`: none is asked for */
export function errorOf(
  network: Network,
  { errorFrom, errorSource, errorType, about }: ErrorOptions,
  { opening, forth }: Conversation,
): SentError | undefined {
  if (errorFrom === undefined) {
    const given = Object.entries({
      '--error-source': errorSource,
      '--error-type': errorType,
      '--about': about,
    })
    const [idle] = given.find(([, value]) => value !== undefined) ?? []
    if (idle === undefined) return undefined
    throw new CommandError(`trace: ${idle} is about an ICMP error; give --error-from, or leave it out`)
  }
  const request = openingPacket(opening)
  const { family } = request
  const from = findNode(
    network.nodes.map(({ id }) => id),
    errorFrom,
  )
  const { type, code } = errorType ?? tooBig[family]
  if (!icmpErrors[family].includes(type))
    throw new CommandError(
      `trace: ICMP type ${type} is no error over IPv${family}; give --error-type ${icmpErrors[family].join(', ')}`,
    )
  const { source, destination, protocol, sourcePort, destinationPort } = quotedOf(about, request, forth)
  if (source.family !== family)
    throw new CommandError(
      `trace: --about is IPv${source.family} and the packet IPv${family}; give one family`,
    )
  return {
    from,
    packet: {
      kind: 'ip',
      family,
      source: sourceOf(network, from, family, errorSource),
      destination: source,
      protocol: icmpOf(family),
      hopLimit: 64,
      sourcePort: 0,
      destinationPort: 0,
      tcpFlags: 0,
      icmpType: type,
      icmpCode: code,
      quoted: { source, destination, protocol, sourcePort, destinationPort },
    },
  }
}

function quotedOf(about: ErrorOptions['about'], request: IpHeaders, forth: readonly Path[]): QuotedFlow {
  if (about !== 'answer') return about ?? request
  const arrived = forth.find(({ end }) => end.kind === 'delivered')?.packet
  if (!arrived)
    throw new CommandError("trace: nothing answers a packet that does not arrive; leave out '--about answer'")
  const { source, destination, protocol, sourcePort, destinationPort } = arrived
  return {
    source: destination,
    destination: source,
    protocol,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  }
}

function sourceOf(network: Network, from: string, family: 4 | 6, given: string | undefined): Ip {
  const node = nodeById(network, from)
  const own = given === undefined ? [...(node?.addresses ?? [])] : [parseIp(given)]
  const source = own.find((address) => address?.family === family)
  if (source) return source
  throw new CommandError(
    given === undefined
      ? `trace: ${from} has no IPv${family} address; give --error-source`
      : `trace: --error-source ${formatIp(own[0] as Ip)} is not IPv${family}, as the packet is; give another`,
  )
}
