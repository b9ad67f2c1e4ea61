/**
 * Where a packet really went: of all that the data plane told, what belongs to one conversation, in order, and whether that is what the
 * tracer says. Translations are followed: a packet that a balancer rewrote is the same conversation under another name.
 */
import { formatIp, type Ip } from '../net/index.ts'
import type { Rule } from '../policy/index.ts'
import type { Conversation, Outcome, Path } from '../trace/index.ts'
import { openingPacket } from '../trace/index.ts'
import type { QuotedFlow } from '../wire/index.ts'
import type { PacketEvent } from './event.ts'

/** The first packet of the conversation that a point judged in one direction. */
export interface LiveStep {
  readonly event: PacketEvent
  /** Whether it is the client's packet or what came back. */
  readonly way: 'forth' | 'back'
  /** The tracer says that this rule of this point decides. */
  readonly predicted: boolean
}

export interface LiveTrace {
  readonly steps: readonly LiveStep[]
  readonly observed: Outcome
  /** How what happened differs from the prediction, in sentences; none: it does not. */
  readonly differences: readonly string[]
}

/**
 * @param events all that was told while the packet was under way, oldest first
 */
export function liveTrace(
  conversation: Conversation,
  observed: Outcome,
  events: readonly PacketEvent[],
): LiveTrace {
  const rules = predictedRules(conversation)
  const steps = guestsFirst(firstOfEach(followConversation(conversation, events))).map(({ event, way }) => ({
    event,
    way,
    predicted: rules.has(key(event.point.id, event.rule)),
  }))
  return { steps, observed, differences: differencesOf(conversation, observed, steps) }
}

interface Followed {
  readonly event: PacketEvent
  readonly way: 'forth' | 'back'
}

function followConversation(conversation: Conversation, events: readonly PacketEvent[]): Followed[] {
  const request = openingPacket(conversation.opening)
  const forth = new Flows([request])
  for (const path of conversation.forth) forth.addAll(packetsOf(path))
  for (const path of conversation.back) forth.addAll(packetsOf(path).map(reversed))
  return events.flatMap((event): Followed[] => {
    const { headers } = event
    if (headers.kind === 'odd') return []
    const flow = headers.quoted ? reversed(headers.quoted) : headers
    const translated = event.point.tiers.some(
      (tier) =>
        tier.kind === 'translation' && tier.translations.some(({ rule }) => rule.id === event.rule.id),
    )
    if (forth.has(flow) || (translated && forth.sharesEnd(flow))) {
      forth.addAll([flow])
      return [{ event, way: 'forth' }]
    }
    if (!forth.has(reversed(flow)) && !(translated && forth.sharesEnd(reversed(flow)))) return []
    forth.addAll([reversed(flow)])
    return [{ event, way: 'back' }]
  })
}

/** Names under which the client's packet is known, as seen on its way forth. */
class Flows {
  readonly #known = new Set<string>()
  readonly #ends = new Set<string>()

  constructor(flows: readonly QuotedFlow[]) {
    this.addAll(flows)
  }

  addAll(flows: readonly QuotedFlow[]): void {
    for (const flow of flows) {
      this.#known.add(name(flow))
      for (const end of endsOf(flow)) this.#ends.add(end)
    }
  }

  has(flow: QuotedFlow): boolean {
    return this.#known.has(name(flow))
  }

  /** What is rewritten at one end keeps the other. */
  sharesEnd(flow: QuotedFlow): boolean {
    return endsOf(flow).some((end) => this.#ends.has(end))
  }
}

const end = (side: string, address: Ip, port: number, protocol: number): string =>
  `${side} ${formatIp(address)} ${port} ${protocol}`

const endsOf = ({ source, sourcePort, destination, destinationPort, protocol }: QuotedFlow) => [
  end('from', source, sourcePort, protocol),
  end('to', destination, destinationPort, protocol),
]

const name = (flow: QuotedFlow): string => endsOf(flow).join(' ')

const reversed = (flow: QuotedFlow): QuotedFlow => ({
  protocol: flow.protocol,
  source: flow.destination,
  destination: flow.source,
  sourcePort: flow.destinationPort,
  destinationPort: flow.sourcePort,
})

/** A packet under each name that it has on its way; of an ICMP error, what it quotes, as the way back has it. */
function packetsOf({ hops, packet }: Path): readonly QuotedFlow[] {
  const rewritten = hops.flatMap(({ judgements }) =>
    judgements.flatMap(({ decision }) =>
      decision.verdict !== 'pass-by' && decision.packet ? [decision.packet] : [],
    ),
  )
  return [...hops.map((hop) => hop.packet), ...rewritten, packet].map((one) =>
    one.quoted ? reversed(one.quoted) : one,
  )
}

/** Retransmissions, and the packets that follow the first, meet the same points again. */
function firstOfEach(followed: readonly Followed[]): readonly Followed[] {
  const seen = new Set<string>()
  return followed.filter(({ event, way }) => {
    const place = event.kind === 'audit' ? key(event.point.id, event.rule) : event.point.id
    const known = seen.has(`${way} ${place}`)
    seen.add(`${way} ${place}`)
    return !known
  })
}

/** What a guest sends is told of a moment after it was sent: it belongs before what its host says of the packet. */
function guestsFirst(followed: readonly Followed[]): readonly Followed[] {
  const order = [...followed]
  for (const guest of followed) {
    const { node, point } = guest.event
    if (point.kind !== 'guest' || point.direction !== 'out') continue
    const machine = node.slice(node.lastIndexOf('/') + 1)
    const host = order.findIndex(
      ({ event, way }) => way === guest.way && event.point.id.endsWith(`/vm/${machine}/out`),
    )
    const at = order.indexOf(guest)
    if (host >= 0 && host < at) order.splice(host, 0, ...order.splice(at, 1))
  }
  return order
}

const key = (point: string, rule: Rule): string => `${point} ${rule.id}`

function predictedRules({ judged }: Conversation): ReadonlySet<string> {
  return new Set(
    judged.flatMap(({ point, decision }) =>
      decision.verdict === 'pass-by'
        ? []
        : [...(decision.audited ?? []), decision.rule].map((rule) => key(point.id, rule)),
    ),
  )
}

function differencesOf(
  conversation: Conversation,
  observed: Outcome,
  steps: readonly LiveStep[],
): readonly string[] {
  const { outcome, stops } = conversation
  const differences: string[] = []
  if (outcome !== observed) differences.push(`the outcome is ${observed}, predicted was ${outcome}`)
  for (const { event, predicted } of steps)
    if (!predicted)
      differences.push(`${event.rule.id} decided at ${event.point.id}, which the prediction does not say`)
  const denials = stops.flatMap((stop) => (stop.end.kind === 'denied' ? [stop.end] : []))
  const wanted = new Set(denials.map(({ point, rule }) => key(point.id, rule)))
  const stopped = steps.some(
    ({ event }) => event.kind === 'drop' && wanted.has(key(event.point.id, event.rule)),
  )
  if (outcome === 'silent' && wanted.size > 0 && !stopped)
    differences.push(
      `no packet was dropped by ${[...wanted].map((place) => place.split(' ')[1]).join(' or ')}`,
    )
  return differences
}
