/**
 * Packets that netfilter rules tell of (`log group N`): nfnetlink_log (linux/netfilter/nfnetlink_log.h). Each comes at once, alone, and
 * waits in the socket; what finds that full is dropped by the kernel, which counts it. A group has one reader in its namespace.
 */
import { errno, KernelError } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { allocate, lazily } from '../memory.ts'
import type { Namespace } from '../netns.ts'
import { openConversation, setOption } from './conversation.ts'
import {
  attribute,
  eachAttribute,
  type NetlinkMessage,
  type NetlinkRequest,
  readMessages,
  readText,
  viewOf,
} from './message.ts'
import { be32, NETLINK_NETFILTER, netfilterPayload, netfilterType, readNetfilter } from './netfilter.ts'

export interface LoggedPacket {
  readonly group: number
  /** What the rule calls it. */
  readonly prefix: string
  /** Index of the interface that received it, or that sends it; of a packet that passes through both may be there. */
  readonly receivedBy: number | undefined
  readonly sentBy: number | undefined
  /** Nanoseconds since 1970-01-01 UTC, to the microsecond; `undefined` of what is about to be sent. */
  readonly time: bigint | undefined
  /** Its link-layer header; empty if it has none yet. */
  readonly linkHeader: Uint8Array
  /** The packet's beginning, from the IP header on. */
  readonly packet: Uint8Array
}

export interface PacketLog {
  /** Readable when there are packets; for a `Poller`. */
  readonly fd: number
  /**
   * From now on these groups and no others. Throws `KernelError`, `EBUSY` or `EPERM`: another reads one of them; the others are followed then,
   * and a later call tries again.
   */
  follow(groups: readonly number[]): void
  /**
   * Hands over what is there, oldest first, at most `limit` packets, and returns how many. The bytes are valid only during the call:
   * copy what you keep.
   */
  read(handle: (packet: LoggedPacket) => void, limit?: number): number
  /** Packets since the opening that found the socket full. */
  lost(): number
  close(): void
}

export interface PacketLogOptions {
  /** Bytes of each packet that are wanted. */
  readonly snap: number
  /** Bytes of kernel memory in which packets wait. */
  readonly room: number
}

const NFULNL_MSG_PACKET = 0
const NFULNL_MSG_CONFIG = 1
const configure = { command: 1, mode: 2, bufferSize: 3, threshold: 5 } as const
const command = { bind: 1, unbind: 2 } as const
const NFULNL_COPY_PACKET = 2
const field = {
  time: 3,
  receivedBy: 4,
  sentBy: 5,
  payload: 9,
  prefix: 10,
  linkHeader: 16,
} as const

const SOL_SOCKET = 1
const SO_MEMINFO = 55
/** SK_MEMINFO_DROPS of the nine words (linux/sock_diag.h). */
const drops = { at: 8 * 4, size: 9 * 4 } as const
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5
const MSG_DONTWAIT = 0x40

const receiving = lazily(() => allocate(64 * 1024))
const nothing = new Uint8Array(0)

/** Opens a log that follows no group yet. Throws `KernelError`. */
export function openPacketLog(namespace: Namespace, { snap, room }: PacketLogOptions): PacketLog {
  const { fd, batch, close } = openConversation(namespace, NETLINK_NETFILTER)
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, room)
  // Else a full socket takes nothing more until all of it has been read.
  setOption(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
  let followed: readonly number[] = []

  return Object.freeze({
    fd,
    follow(groups: readonly number[]): void {
      const gone = followed.filter((group) => !groups.includes(group))
      const fresh = groups.filter((group) => !followed.includes(group))
      followed = followed.filter((group) => groups.includes(group))
      batch(gone.map(unbind))
      const refusals = fresh.flatMap((group) => {
        try {
          batch(bind(group, snap))
          followed = [...followed, group]
          return []
        } catch (error) {
          return [error]
        }
      })
      if (refusals.length > 0) throw refusals[0]
    },
    read(handle: (packet: LoggedPacket) => void, limit = Number.POSITIVE_INFINITY): number {
      const { address, bytes } = receiving()
      let count = 0
      while (count < limit) {
        const size = libc().recv(fd, address, bytes.length, MSG_DONTWAIT)
        if (size < 0) {
          const code = lastErrno()
          if (code === errno.EINTR) continue
          if (code === errno.EAGAIN) break
          throw new KernelError('read logged packets', code)
        }
        // A handler may read another log.
        for (const message of readMessages(bytes.slice(0, size))) {
          if (message.type !== netfilterType('log', NFULNL_MSG_PACKET)) continue
          count++
          handle(readPacket(message))
        }
      }
      return count
    },
    lost(): number {
      const words = new Uint8Array(drops.size)
      const length = Uint8Array.of(drops.size, 0, 0, 0)
      check(libc().getsockopt(fd, SOL_SOCKET, SO_MEMINFO, words, length), 'ask what a packet log lost')
      return viewOf(words).getUint32(drops.at, true)
    },
    close,
  })
}

const bind = (group: number, snap: number): readonly NetlinkRequest[] => {
  // struct nfulnl_msg_config_mode: bytes to copy, mode, padding.
  const mode = Uint8Array.of(...be32(snap), NFULNL_COPY_PACKET, 0)
  return [
    request(group, 'follow', [attribute(configure.command, Uint8Array.of(command.bind))]),
    request(group, 'set up', [
      attribute(configure.mode, mode),
      attribute(configure.bufferSize, be32(512)),
      attribute(configure.threshold, be32(1)),
    ]),
  ]
}

const unbind = (group: number): NetlinkRequest =>
  request(group, 'leave', [attribute(configure.command, Uint8Array.of(command.unbind))])

const request = (group: number, verb: string, attributes: readonly Uint8Array[]): NetlinkRequest => ({
  type: netfilterType('log', NFULNL_MSG_CONFIG),
  flags: 0,
  payload: netfilterPayload(0, group, attributes),
  what: `${verb} packet log group ${group}`,
})

function readPacket(message: NetlinkMessage): LoggedPacket {
  const { resource: group, attributes } = readNetfilter(message)
  const values = new Map(eachAttribute(attributes))
  const index = (type: number): number | undefined => {
    const value = values.get(type)
    return value && viewOf(value).getUint32(0)
  }
  const time = values.get(field.time)
  return {
    group,
    prefix: readText(values.get(field.prefix) ?? nothing),
    receivedBy: index(field.receivedBy),
    sentBy: index(field.sentBy),
    time: time && readTime(viewOf(time)),
    linkHeader: values.get(field.linkHeader) ?? nothing,
    packet: values.get(field.payload) ?? nothing,
  }
}

/** struct nfulnl_msg_packet_timestamp: seconds and microseconds. */
const readTime = (view: DataView): bigint =>
  view.getBigUint64(0) * 1_000_000_000n + view.getBigUint64(8) * 1000n
