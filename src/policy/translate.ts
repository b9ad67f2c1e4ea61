/** The reference translation: what a balancer makes of one packet. See `translation.ts` for the meaning. */

import { type Ip, icmpOf, ipEquals, Protocol, portInRange } from '../net/index.ts'
import { type IpHeaders, icmpEcho, isIcmpError, type QuotedFlow } from '../wire/index.ts'
import type { EgressTable } from './egress-table.ts'
import { opensTcp } from './flow.ts'
import { type FiveTuple, flowHash, scaleHash } from './flow-hash.ts'
import { maglevTable } from './maglev.ts'
import type { Rule } from './rule.ts'
import type {
  Backend,
  EgressIn,
  EgressOut,
  EndpointIn,
  EndpointOut,
  Lending,
  Translation,
} from './translation.ts'

export interface Translated {
  readonly rule: Rule
  /** Absent if the rule denies: a connection has no room. */
  readonly packet?: IpHeaders
}

/** State a translation tier needs; `egress` may be absent where no translation is stateful. */
export interface TranslationState {
  readonly egress?: EgressTable
  /** Nanoseconds of a steady clock. */
  readonly now: bigint
}

/** The first translation that applies; `undefined` if none does. */
export function translate(
  translations: readonly Translation[],
  packet: IpHeaders,
  state: TranslationState,
): Translated | undefined {
  for (const translation of translations) {
    const rewritten = apply(translation, packet, state)
    if (rewritten) return 'rule' in rewritten ? rewritten : { rule: translation.rule, packet: rewritten }
  }
  return undefined
}

/** A connection that has no room. */
type Refused = Pick<Translated, 'rule'>

function apply(
  translation: Translation,
  packet: IpHeaders,
  state: TranslationState,
): IpHeaders | Refused | undefined {
  const error = isIcmpError(packet)
  if (error && !packet.quoted) return undefined
  switch (translation.kind) {
    case 'endpoint-in':
      return error
        ? endpointInError(translation, packet, quotedOf(packet), state)
        : endpointIn(translation, packet, state)
    case 'endpoint-out':
      return error
        ? endpointOutError(translation, packet, quotedOf(packet))
        : endpointOut(translation, packet)
    case 'egress-out':
      return error
        ? egressOutError(translation, packet, quotedOf(packet), state)
        : egressOut(translation, packet, state)
    case 'egress-in':
      return error
        ? egressInError(translation, packet, quotedOf(packet), state)
        : egressIn(translation, packet, state)
  }
}

/** The backend of an endpoint that a flow to its VIP and port chooses; `undefined` if it has none. */
export function chooseBackend(endpoint: EndpointIn, flow: FiveTuple): Backend | undefined {
  if (endpoint.backends.length === 0) return undefined
  let table = tables.get(endpoint)
  if (!table) {
    table = maglevTable(endpoint.backends.map(({ node }) => node))
    tables.set(endpoint, table)
  }
  return endpoint.backends[table[scaleHash(flowHash(flow), table.length)] as number]
}

const tables = new WeakMap<EndpointIn, Uint32Array>()

function endpointIn(
  t: EndpointIn,
  packet: IpHeaders,
  state: TranslationState,
): IpHeaders | Refused | undefined {
  if (
    !(isEnd(t, packet.protocol) && ipEquals(packet.destination, t.vip) && packet.destinationPort === t.port)
  )
    return undefined
  const backend = chooseBackend(t, packet)
  if (!backend) return undefined
  const inward = { ...packet, destination: backend.address, destinationPort: backend.port }
  return t.hairpin ? lend(t.hairpin, inward, state) : inward
}

/** The packet as it leaves by a port lent. */
function lend(
  lending: Lending,
  packet: IpHeaders,
  { egress, now }: TranslationState,
): IpHeaders | Refused | undefined {
  const port = egress?.send(lending, packet, now)
  if (port === undefined) return undefined
  return port === 'full' ? { rule: lending.full } : { ...packet, source: lending.address, sourcePort: port }
}

function endpointInError(
  t: EndpointIn,
  packet: IpHeaders,
  quoted: QuotedFlow,
  { egress, now }: TranslationState,
): IpHeaders | undefined {
  const concerns =
    isEnd(t, quoted.protocol) &&
    ipEquals(packet.destination, t.vip) &&
    ipEquals(quoted.source, t.vip) &&
    quoted.sourcePort === t.port
  if (!concerns) return undefined
  const backend = chooseBackend(t, reverse(quoted))
  if (!backend) return undefined
  const inward = {
    ...packet,
    destination: backend.address,
    quoted: { ...quoted, source: backend.address, sourcePort: backend.port },
  }
  if (!t.hairpin) return inward
  const port = egress?.port(reverse(inward.quoted), now)
  const { address } = t.hairpin
  return port === undefined
    ? undefined
    : {
        ...inward,
        source: address,
        quoted: { ...inward.quoted, destination: address, destinationPort: port },
      }
}

function endpointOut(t: EndpointOut, packet: IpHeaders): IpHeaders | undefined {
  if (opensTcp(packet) || !isBackend(t, packet.protocol, packet.source, packet.sourcePort)) return undefined
  return { ...packet, source: t.vip, sourcePort: t.port }
}

function endpointOutError(t: EndpointOut, packet: IpHeaders, quoted: QuotedFlow): IpHeaders | undefined {
  const concerns =
    isBackend(t, quoted.protocol, quoted.destination, quoted.destinationPort) &&
    ipEquals(packet.destination, quoted.source)
  if (!concerns) return undefined
  return { ...packet, source: t.vip, quoted: { ...quoted, destination: t.vip, destinationPort: t.port } }
}

function egressOut(
  t: EgressOut,
  packet: IpHeaders,
  state: TranslationState,
): IpHeaders | Refused | undefined {
  return isTranslatable(packet) && sameFamily(t.address, packet) ? lend(t, packet, state) : undefined
}

function egressOutError(
  t: EgressOut,
  packet: IpHeaders,
  quoted: QuotedFlow,
  { egress, now }: TranslationState,
): IpHeaders | undefined {
  const concerns =
    sameFamily(t.address, packet) &&
    ipEquals(packet.destination, quoted.source) &&
    !(isIcmp(quoted) && quoted.destinationPort === 0)
  const port = concerns ? egress?.port(reverse(quoted), now) : undefined
  if (port === undefined) return undefined
  return {
    ...packet,
    source: t.address,
    quoted: { ...quoted, destination: t.address, destinationPort: port },
  }
}

function egressIn(t: EgressIn, packet: IpHeaders, { egress, now }: TranslationState): IpHeaders | undefined {
  if (!(ipEquals(packet.destination, t.address) && portInRange(t.ports, packet.destinationPort)))
    return undefined
  const owner = egress?.owner(packet, t.address, packet.destinationPort, now)
  if (!owner) return undefined
  const inward = { ...packet, destination: owner.source, destinationPort: owner.sourcePort }
  const back = t.hairpin
    ? t.hairpin.map((endpoint) => endpointOut(endpoint, inward)).find((found) => found !== undefined)
    : inward
  return back && egress?.answer(owner, packet, now) ? back : undefined
}

function egressInError(
  t: EgressIn,
  packet: IpHeaders,
  quoted: QuotedFlow,
  { egress, now }: TranslationState,
): IpHeaders | undefined {
  const concerns =
    ipEquals(packet.destination, t.address) &&
    ipEquals(quoted.source, t.address) &&
    portInRange(t.ports, quoted.sourcePort)
  const owner = concerns ? egress?.owner(reverse(quoted), t.address, quoted.sourcePort, now) : undefined
  if (!owner) return undefined
  const back = { ...quoted, source: owner.source, sourcePort: owner.sourcePort }
  if (!t.hairpin) return { ...packet, destination: owner.source, quoted: back }
  const endpoint = t.hairpin.find((e) => isBackend(e, back.protocol, back.destination, back.destinationPort))
  if (!endpoint) return undefined
  return {
    ...packet,
    source: endpoint.vip,
    destination: owner.source,
    quoted: { ...back, destination: endpoint.vip, destinationPort: endpoint.port },
  }
}

const isEnd = (t: EndpointIn | EndpointOut, protocol: number): boolean => t.protocol === protocol

const isBackend = (t: EndpointOut, protocol: number, address: Ip, port: number): boolean =>
  isEnd(t, protocol) && t.backends.some((b) => b.port === port && ipEquals(b.address, address))

/** TCP, UDP and echo requests have a port of their own by which the reply finds back. */
const isTranslatable = ({ protocol, family, icmpType }: IpHeaders): boolean =>
  protocol === Protocol.tcp ||
  protocol === Protocol.udp ||
  (protocol === icmpOf(family) && icmpType === icmpEcho[family].request)

/** Of a quoted packet; with neither port it may be other than echo, and then has no identifier to rewrite. */
const isIcmp = ({ protocol }: QuotedFlow): boolean =>
  protocol === Protocol.icmp || protocol === Protocol.icmp6

const sameFamily = (address: Ip, packet: IpHeaders): boolean => address.family === packet.family

const quotedOf = (packet: IpHeaders): QuotedFlow => packet.quoted as QuotedFlow

const reverse = (q: QuotedFlow): FiveTuple => ({
  source: q.destination,
  destination: q.source,
  protocol: q.protocol,
  sourcePort: q.destinationPort,
  destinationPort: q.sourcePort,
})
