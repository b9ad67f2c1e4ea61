/**
 * Packets for a ruleset. TCP is mostly drawn in the order in which machines speak it, since connection tracking knows that order and
 * takes what is out of it for invalid: such packets of a known connection are not compared.
 */
import type { Draw } from '../../../src/dataplane/testing/draw.ts'
import { drawFrame } from '../../../src/dataplane/testing/draw-frame.ts'
import { drawFilterStep } from '../../../src/dataplane/testing/filter-steps.ts'
import type { Pool } from '../../../src/dataplane/testing/pool.ts'
import { type Flow, flowOf, type Point, quotedFlowOf } from '../../../src/policy/index.ts'
import { checksum, type IpHeaders, isIcmpError } from '../../../src/wire/index.ts'
import { entrance } from './forwarder.ts'

export type Heading = 'from-local' | 'to-local'

export interface NftStep {
  readonly point: number
  readonly heading: Heading
  readonly frame: Uint8Array
}

const headings = ['from-local', 'to-local'] as const
const syn = 0x02
const ack = 0x10

/** How far a connection has come, as both sides have seen it. */
type Stage =
  | { readonly kind: 'opening' | 'answered'; readonly opener: Heading }
  | { readonly kind: 'established' }
  /** Something out of order was let through: what connection tracking makes of the rest is its own affair. */
  | { readonly kind: 'lost' }

/** What connection tracking knows in a run. */
export class Tracking {
  readonly #stages = new Map<string, Stage>()
  readonly #tracked = new Set<string>()
  readonly #foreign = new Set<string>()

  /** Whether a flow is tracked whose local end is the remote end of the packet, or of the packet that an error quotes. */
  isFromWrongSide(heading: Heading, headers: IpHeaders): boolean {
    const other = heading === 'from-local' ? 'to-local' : 'from-local'
    const flow = isIcmpError(headers) ? quotedFlowOf(other, headers) : flowOf(other, headers)
    return flow !== undefined && this.#tracked.has(keyOf(flow))
  }

  /** Whether connection tracking takes the packet for part of its connection, or for one of none. */
  isInOrder(heading: Heading, headers: IpHeaders): boolean {
    const stage = this.#stages.get(keyOf(flowOf(heading, headers)))
    if (!stage || headers.protocol !== 6) return true
    if (!hasUsualNumbers(headers)) return false
    const flags = headers.tcpFlags & 0x37
    switch (stage.kind) {
      case 'opening':
        return heading === stage.opener ? flags === syn : flags === (syn | ack)
      case 'answered':
        return heading === stage.opener ? flags === ack : flags === (syn | ack)
      case 'established':
        return flags === ack
      case 'lost':
        return false
    }
  }

  /** Whether it is an error about a flow whose packets were out of the points' scope. */
  isAboutForeign(heading: Heading, headers: IpHeaders): boolean {
    const flow = isIcmpError(headers) ? quotedFlowOf(heading, headers) : undefined
    return flow !== undefined && this.#foreign.has(keyOf(flow))
  }

  /** Takes note of a packet that was out of scope. */
  passedBy(heading: Heading, headers: IpHeaders): void {
    this.#foreign.add(keyOf(flowOf(heading, headers)))
    this.passed(heading, headers)
  }

  /** Takes note of a packet that was let through. */
  passed(heading: Heading, headers: IpHeaders): void {
    if (!isIcmpError(headers)) this.#tracked.add(keyOf(flowOf(heading, headers)))
    if (headers.protocol !== 6) return
    const key = keyOf(flowOf(heading, headers))
    const stage = this.#stages.get(key)
    const isUsual = stage ? this.isInOrder(heading, headers) : hasUsualNumbers(headers)
    const next = isUsual ? following(stage, heading) : ({ kind: 'lost' } as const)
    this.#stages.set(key, next)
  }

  /** Takes note of a TCP packet that was dropped: connection tracking has seen it before the filter. */
  dropped(heading: Heading, headers: IpHeaders): void {
    const key = keyOf(flowOf(heading, headers))
    if (headers.protocol === 6 && this.#stages.has(key)) this.#stages.set(key, { kind: 'lost' })
  }

  /** The next packet of a connection in its order. */
  next(d: Draw, flow: Flow): { readonly heading: Heading; readonly flags: number } {
    const stage = this.#stages.get(keyOf(flow))
    const push = d.pick([0, 0, 0x08])
    if (!stage || stage.kind === 'lost') return { heading: d.pick(headings), flags: syn }
    if (stage.kind === 'established') return { heading: d.pick(headings), flags: ack | push }
    const other = stage.opener === 'from-local' ? 'to-local' : 'from-local'
    if (stage.kind === 'opening')
      return d.chance(80) ? { heading: other, flags: syn | ack } : { heading: stage.opener, flags: syn }
    return { heading: stage.opener, flags: ack | push }
  }
}

/** Numbers by which every packet acknowledges the SYN of every other: connection tracking, told to be liberal, looks at none. */
const hasUsualNumbers = ({ tcpFlags, tcpSequence = 0, tcpAcknowledgement = 0 }: IpHeaders): boolean =>
  tcpSequence === 0 && ((tcpFlags & 0x37) === syn || tcpAcknowledgement === 1)

function following(stage: Stage | undefined, heading: Heading): Stage {
  if (!stage) return { kind: 'opening', opener: heading }
  if (stage.kind === 'opening')
    return heading === stage.opener ? stage : { kind: 'answered', opener: stage.opener }
  if (stage.kind === 'answered') return heading === stage.opener ? { kind: 'established' } : stage
  return stage
}

export const keyOf = (flow: Flow): string =>
  `${flow.protocol} ${flow.local.value} ${flow.localPort} ${flow.remote.value} ${flow.remotePort} ${flow.local.family}`

/** A step; its frame bears the number `index` (below 2¹⁶), and is addressed to the forwarder. */
export function drawNftStep(
  d: Draw,
  pool: Pool,
  points: readonly Point[],
  order: Tracking,
  index: number,
): NftStep {
  const { point, frame } = d.chance(25) ? inOrder(d, pool, order) : drawFilterStep(d, pool, points, false)
  const heading = headings[point] as Heading
  return { point, heading, frame: fitted(frame, heading, index) }
}

function inOrder(d: Draw, pool: Pool, order: Tracking): { point: number; frame: Uint8Array } {
  const flow = d.pick(pool.flows)
  const tcp: Flow = { ...flow, protocol: 6 }
  const { heading, flags } = order.next(d, tcp)
  const ends =
    heading === 'from-local'
      ? {
          source: tcp.local,
          destination: tcp.remote,
          sourcePort: tcp.localPort,
          destinationPort: tcp.remotePort,
        }
      : {
          source: tcp.remote,
          destination: tcp.local,
          sourcePort: tcp.remotePort,
          destinationPort: tcp.localPort,
        }
  const headers: IpHeaders = {
    kind: 'ip',
    family: tcp.local.family,
    ...ends,
    protocol: 6,
    tcpSequence: 0,
    tcpAcknowledgement: 1,
    hopLimit: 64,
    tcpFlags: flags,
    icmpType: 0,
    icmpCode: 0,
  }
  return { point: headings.indexOf(heading), frame: drawFrame(d, headers) }
}

/** Addresses it to the forwarder, numbers it, gives it hops to live, and a right IPv4 header checksum: else the kernel drops it unseen. */
function fitted(drawn: Uint8Array, heading: Heading, index: number): Uint8Array {
  const frame = drawn.slice()
  frame.set(entrance[heading])
  const etherType = ((frame[12] as number) << 8) | (frame[13] as number)
  if (etherType === 0x86dd && frame.length >= 54) {
    frame[15] = (frame[15] as number) & 0xf0
    frame[16] = index >>> 8
    frame[17] = index
    if (frame[21] !== 255) frame[21] = Math.max(2, frame[21] as number)
  }
  if (etherType === 0x0800 && frame.length >= 34) {
    frame[18] = index >>> 8
    frame[19] = index
    frame[22] = Math.max(2, frame[22] as number)
    const length = Math.min(((frame[14] as number) & 15) * 4, frame.length - 14)
    frame.fill(0, 24, 26)
    const sum = checksum(frame.subarray(14, 14 + length))
    frame[24] = sum >>> 8
    frame[25] = sum
  }
  return frame
}

/** The number that a frame bears. */
export const numberOf = (frame: Uint8Array): number =>
  frame[12] === 0x86
    ? ((frame[16] as number) << 8) | (frame[17] as number)
    : ((frame[18] as number) << 8) | (frame[19] as number)
