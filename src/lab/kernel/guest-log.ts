/**
 * Events of a guest firewall: each rule of the lab's ruleset logs to a group of nfnetlink_log, under the number of the ruleset and the slot
 * of the rule. Whoever is root in the guest can log in their name: what comes is only what the guest claims, and of that only what a rule of
 * its own can do, at an interface where it stands, is taken. With no reader a group costs a packet one look-up. A node tells at most `limit` packets a second; then its socket rests
 * until the next one, and what comes meanwhile fills it and is counted.
 */
import {
  encodeRecord,
  eventKind,
  type NodeDeployment,
  snapLength,
  type Untold,
} from '../../dataplane/index.ts'
import type { NftLog } from '../../firewall/index.ts'
import { type LoggedPacket, openPacketLog, type PacketLog, realtimeOffset } from '../../kernel/index.ts'
import type { RecordHandler } from '../fabric.ts'
import type { EventTap } from './event-taps.ts'
import { guestRecord, linkHeaderLength } from './guest-record.ts'
import type { KernelNode } from './node.ts'

/** Groups by outcome, where hardly anybody else is: `gl`, in ASCII, and the two numbers behind it. */
const groups = { deny: 0x676c, allow: 0x676d, audit: 0x676e } as const

/** Kinds of events that come by each group. */
const kindsOf = {
  deny: eventKind.drop,
  allow: eventKind.flow | eventKind.pass,
  audit: eventKind.audit,
} as const

/** Bytes in which packets of a node wait: some 300. */
const room = 256 * 1024

/** The `log` statements of a ruleset; `generation` tells rulesets of a node apart. */
export const logStatement =
  ({ firstCounters }: NodeDeployment, generation: number): NftLog =>
  ({ id }, index, outcome) => {
    const slot = (firstCounters.get(id) ?? 0) + index
    return `log prefix "${generation}/${slot}" group ${groups[outcome]} snaplen ${snapLength - linkHeaderLength}`
  }

export class GuestLog {
  readonly #node: KernelNode
  readonly #rulesets: (generation: number) => NodeDeployment | undefined
  #log: PacketLog | undefined
  #mode = 0
  #limit = 0
  #second = 0n
  #told = 0
  #suppressed = 0n
  #lost = 0n
  /** Of the open log: what it had lost when it was last asked. */
  #known = 0
  #resting = false

  /** @param rulesets what was in force under a number; `undefined`: nobody knows any more */
  constructor(node: KernelNode, rulesets: (generation: number) => NodeDeployment | undefined) {
    this.#node = node
    this.#rulesets = rulesets
  }

  /** Throws `KernelError` if another program of the guest reads one of the groups; the others are told of. */
  tell(mode: number, limit: number): void {
    this.#mode = mode
    this.#limit = limit
    if (mode === 0) return this.close()
    this.#log ??= openPacketLog(this.#node.namespace, { snap: snapLength - linkHeaderLength, room })
    this.#log.follow(outcomes.flatMap((outcome) => (kindsOf[outcome] & mode ? [groups[outcome]] : [])))
  }

  /** `undefined`: nobody listens. */
  openTap(): EventTap | undefined {
    if (!this.#log) return undefined
    return {
      fd: this.#log.fd,
      read: (handle, most) => this.#read(handle, most),
      close: () => {},
    }
  }

  untold(): Untold {
    this.#accountLosses()
    return { suppressed: this.#suppressed, lost: this.#lost }
  }

  close(): void {
    this.#accountLosses()
    this.#log?.close()
    this.#log = undefined
    this.#known = 0
    this.#resting = false
  }

  #read(handle: RecordHandler, most?: number): number {
    if (!this.#log) return 0
    const now = process.hrtime.bigint()
    if (now / second !== this.#second) this.#beginSecond(now / second)
    const offset = realtimeOffset()
    this.#log.read((packet) => {
      const record = this.#recordOf(packet, offset)
      if (!record) return
      if (this.#told >= this.#limit) {
        this.#suppressed++
        return
      }
      this.#told++
      handle(record.deployment, record.bytes)
    }, most)
    if (this.#told < this.#limit) return 0
    this.#accountLosses()
    this.#resting = true
    return Number((second - (now % second)) / 1_000_000n) + 1
  }

  #beginSecond(number: bigint): void {
    this.#accountLosses()
    // What waits is of the second that had enough.
    if (this.#resting)
      this.#log?.read((packet) => void (this.#recordOf(packet, 0n) && this.#suppressed++), waiting)
    this.#resting = false
    this.#second = number
    this.#told = 0
  }

  /** What a log that is not read loses, it loses since there was enough. */
  #accountLosses(): void {
    if (!this.#log) return
    const lost = this.#log.lost()
    const fresh = BigInt(lost - this.#known)
    if (this.#resting) this.#suppressed += fresh
    else this.#lost += fresh
    this.#known = lost
  }

  /** `undefined`: not of a rule that is known, or not of a kind that is wanted. */
  #recordOf(logged: LoggedPacket, offset: bigint): Told | undefined {
    const [, generation, slot] = /^(\d{1,9})\/(\d{1,9})$/.exec(logged.prefix)?.map(Number) ?? []
    if (generation === undefined || slot === undefined) return undefined
    const deployment = this.#rulesets(generation)
    const outcome = outcomes.find((one) => groups[one] === logged.group)
    const record = deployment && outcome && guestRecord(logged, outcome, deployment, slot, this.#node, offset)
    return record && record.kind & this.#mode ? { deployment, bytes: encodeRecord(record) } : undefined
  }
}

interface Told {
  readonly deployment: NodeDeployment
  readonly bytes: Uint8Array
}

const outcomes = ['deny', 'allow', 'audit'] as const
const second = 1_000_000_000n
/** More than a log holds. */
const waiting = 10_000
