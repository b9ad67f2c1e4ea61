/** A packet that a guest firewall told of, as the record that a program would have written of it. */
import { type EventRecord, eventKind, type NodeDeployment } from '../../dataplane/index.ts'
import type { LoggedPacket } from '../../kernel/index.ts'
import { icmpOf } from '../../net/index.ts'
import { type Point, type Rule, rulesOf } from '../../policy/index.ts'
import { ethernet, icmpEcho, readHeaders } from '../../wire/index.ts'
import type { KernelNode } from './node.ts'

/** Bytes of an Ethernet header. */
export const linkHeaderLength = ethernet.field.payload

/**
 * `undefined`: the guest has no rule of that slot that does this, or not on the interface that is named.
 * @param deployment what it enforced
 * @param offset what the clock of the day is ahead of the monotonic one, in nanoseconds
 */
export function guestRecord(
  logged: LoggedPacket,
  outcome: 'allow' | 'deny' | 'audit',
  deployment: NodeDeployment,
  slot: number,
  node: KernelNode,
  offset: bigint,
): EventRecord | undefined {
  const place = placesOf(deployment)[slot]
  if (!place || place.outcome !== outcome) return undefined
  const { point } = place
  const index = point.direction === 'in' ? logged.receivedBy : logged.sentBy
  if (index === undefined || !point.interfaces.some((name) => node.interfaceIndex(name) === index))
    return undefined
  const frame = frameOf(logged, point, node)
  const length = linkHeaderLength + lengthOf(logged.packet)
  return {
    // Netfilter gives what is about to be sent no time: it was told of just now.
    time: logged.time === undefined ? process.hrtime.bigint() : logged.time - offset,
    slot,
    interface: index,
    length,
    kind:
      outcome === 'deny'
        ? eventKind.drop
        : outcome === 'audit'
          ? eventKind.audit
          : place.opens && isTracked(frame, length)
            ? eventKind.flow
            : eventKind.pass,
    frame,
  }
}

interface Place {
  readonly point: Point
  /** What it does to a packet; `undefined`: it decides about none. */
  readonly outcome: 'allow' | 'deny' | 'audit' | undefined
  /** What it allows opens a flow. */
  readonly opens: boolean
}

const places = new WeakMap<NodeDeployment, readonly Place[]>()

/** By slot. */
function placesOf(deployment: NodeDeployment): readonly Place[] {
  const known = places.get(deployment)
  if (known) return known
  const list: Place[] = []
  for (const { point } of deployment.attachments) {
    const first = deployment.firstCounters.get(point.id) ?? 0
    const opening = openingRules(point)
    for (const [index, { rule, audited }] of rulesOf(point).entries()) {
      const outcome = audited ? 'audit' : rule.action === 'next' ? undefined : rule.action
      list[first + index] = { point, outcome, opens: opening.has(rule) }
    }
  }
  places.set(deployment, list)
  return list
}

/** Those behind the flow tier. */
function openingRules({ tiers, defaultDeny }: Point): ReadonlySet<Rule> {
  const tracked = tiers.findIndex(({ kind }) => kind === 'flow')
  if (tracked < 0) return new Set()
  const behind = tiers.slice(tracked + 1).flatMap((tier) => (tier.kind === 'rules' ? tier.rules : []))
  return new Set([...behind, defaultDeny])
}

/** Of ICMP only echo has flows. */
function isTracked(frame: Uint8Array, length: number): boolean {
  const whole = new Uint8Array(Math.max(length, frame.length))
  whole.set(frame)
  const headers = readHeaders(whole)
  if (headers.kind === 'odd') return false
  const { family, protocol, icmpType } = headers
  return protocol !== icmpOf(family) || icmpType === icmpEcho[family].request
}

/** What is about to be sent has no link-layer header yet: it gets the one that it will have on the machine's cable. */
function frameOf({ linkHeader, packet }: LoggedPacket, { interfaces }: Point, node: KernelNode): Uint8Array {
  if (linkHeader.length === linkHeaderLength) {
    const frame = new Uint8Array(linkHeaderLength + packet.length)
    frame.set(linkHeader)
    frame.set(packet, linkHeaderLength)
    return frame
  }
  const { near, far } = node.cable(interfaces[0] as string)
  const { ipv4, ipv6 } = ethernet.EtherType
  const header = { destination: far.mac, source: near.mac, etherType: isIpv6(packet) ? ipv6 : ipv4 }
  return ethernet.emit(header, packet)
}

const isIpv6 = (packet: Uint8Array): boolean => (packet[0] ?? 0) >> 4 === 6

/** Netfilter sees no packet that is not as long as its IP header says (RFC 791 section 3.1, RFC 8200 section 3). */
function lengthOf(packet: Uint8Array): number {
  const word = (at: number): number => ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0)
  return Math.max(packet.length, isIpv6(packet) ? 40 + word(4) : word(2))
}
