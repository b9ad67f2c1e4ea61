/**
 * Requests and answers over one netlink socket, of any protocol. The socket belongs to the namespace in which it was made, wherever
 * the thread is later; it holds the namespace alive until it is closed.
 */
import { closeSync } from 'node:fs'
import { errno, KernelError } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { align4, allocate, lazily } from '../memory.ts'
import { inNamespace, type Namespace } from '../netns.ts'
import {
  headerSize,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_REQUEST,
  readAttributes,
  readMessages,
  readText,
  viewOf,
  writeRequest,
} from './message.ts'

export interface Conversation {
  readonly fd: number
  /**
   * Sends the requests in order; the kernel carries each out before the next. All are tried, those after a failed one too.
   * Throws `NetlinkError` with every failure, after the last has been answered.
   */
  batch(requests: readonly NetlinkRequest[]): void
  /**
   * What the kernel has of something; `read` gives `undefined` for what is not wanted. Throws `KernelError`.
   * @param most after more than so many it ends, with those it has; the conversation is then good for nothing but to be closed
   */
  dump<T>(request: NetlinkRequest, read: (message: NetlinkMessage) => T | undefined, most?: number): T[]
  /** The one thing that the request names. Throws `KernelError`: `ENOENT`, there is none. */
  ask<T>(request: NetlinkRequest, read: (message: NetlinkMessage) => T | undefined): T | undefined
  close(): void
}

/** A request that the kernel refused. */
export interface NetlinkFailure {
  /** Place in the batch. */
  readonly index: number
  readonly request: NetlinkRequest
  /** Positive number as in errno(3). */
  readonly errno: number
  /** What the kernel says about it in words (NLMSGERR_ATTR_MSG), if it does. */
  readonly reason?: string
}

/** Names the first failure; `failures` has all. */
export class NetlinkError extends KernelError {
  readonly failures: readonly NetlinkFailure[]

  constructor(failures: readonly [NetlinkFailure, ...NetlinkFailure[]]) {
    const [first] = failures
    const more = failures.length === 1 ? '' : ` (first of ${failures.length} failures)`
    super(`${first.request.what}${first.reason ? `: ${first.reason}` : ''}${more}`, first.errno)
    this.name = 'NetlinkError'
    this.failures = Object.freeze(failures)
  }
}

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0x80000
const SOL_SOCKET = 1
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_DUMP_INTR = 0x10
const NLM_F_ACK_TLVS = 0x200
const NLMSGERR_ATTR_MSG = 1
/** Bytes of one send; more requests go in several. */
const chunkSize = 64 * 1024
/** An error takes about 1 KiB of receive buffer; a chunk has at most 2,000 requests. Charged only while in use. */
const bufferSize = 8 * 1024 * 1024

const sending = lazily(() => allocate(chunkSize))
const receiving = lazily(() => allocate(256 * 1024))

/**
 * Opens a socket in `namespace`. Throws `KernelError`.
 * @param protocol `NETLINK_*`
 */
export function openConversation(namespace: Namespace, protocol: number): Conversation {
  const fd = inNamespace(namespace, () =>
    check(libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), 'open netlink socket'),
  )
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bufferSize)
  setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, 4 * chunkSize)
  setOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1)
  setOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
  let sequence = 0

  function batch(requests: readonly NetlinkRequest[]): void {
    const failures: NetlinkFailure[] = []
    for (let start = 0; start < requests.length; ) start = sendChunk(requests, start, failures)
    const [first, ...more] = failures
    if (first) throw new NetlinkError([first, ...more])
  }

  /** Only the last request asks for an answer: refusals are always answered, and all answers come in order. */
  function sendChunk(requests: readonly NetlinkRequest[], start: number, failures: NetlinkFailure[]): number {
    const end = chunkEnd(requests, start)
    const base = sequence + 1
    let size = 0
    for (let index = start; index < end; index++) {
      const flags = index === end - 1 ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST
      size = writeRequest(sending().bytes, size, requests[index]!, flags, ++sequence)
    }
    send(size, requests[start]!.what)
    receive(requests[end - 1]!.what, (message) => {
      if (message.type !== NLMSG_ERROR || message.sequence < base) return false
      const index = start + message.sequence - base
      const code = -viewOf(message.payload).getInt32(0, true)
      if (code !== 0) failures.push({ index, request: requests[index]!, errno: code, ...readReason(message) })
      return message.sequence === sequence
    })
    return end
  }

  function ask<T>(request: NetlinkRequest, read: (message: NetlinkMessage) => T | undefined): T | undefined {
    let found: T | undefined
    sequence++
    send(writeRequest(sending().bytes, 0, request, NLM_F_REQUEST | NLM_F_ACK, sequence), request.what)
    receive(request.what, (message) => {
      if (message.sequence !== sequence) return false
      if (message.type !== NLMSG_ERROR) {
        found ??= read(message)
        return false
      }
      const code = -viewOf(message.payload).getInt32(0, true)
      if (code !== 0) throw new KernelError(request.what, code)
      return true
    })
    return found
  }

  function dump<T>(
    request: NetlinkRequest,
    read: (message: NetlinkMessage) => T | undefined,
    most = Number.POSITIVE_INFINITY,
  ): T[] {
    for (let attempt = 0; ; attempt++) {
      const found: T[] = []
      let interrupted = false
      sequence++
      send(writeRequest(sending().bytes, 0, request, NLM_F_REQUEST, sequence), request.what)
      receive(request.what, (message) => {
        if (message.sequence !== sequence) return false
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true
        if (message.type === NLMSG_DONE) return true
        if (message.type === NLMSG_ERROR)
          throw new KernelError(request.what, -viewOf(message.payload).getInt32(0, true))
        const object = read(message)
        if (object !== undefined) found.push(object)
        return found.length > most
      })
      if (found.length > most) return found
      if (!interrupted) return found
      if (attempt === 9) throw new KernelError(request.what, errno.EAGAIN, 'they keep changing; try again')
    }
  }

  function send(size: number, what: string): void {
    check(libc().send(fd, sending().address, size, 0), what)
  }

  /** Reads until `handle` says that this was the last message. */
  function receive(what: string, handle: (message: NetlinkMessage) => boolean): void {
    for (let done = false; !done; ) {
      const size = libc().recv(fd, receiving().address, receiving().bytes.length, 0)
      if (size < 0) {
        const code = lastErrno()
        if (code === errno.EINTR) continue
        throw new KernelError(`${what}: read the answer`, code)
      }
      for (const message of readMessages(receiving().bytes.subarray(0, size))) done = handle(message) || done
    }
  }

  return Object.freeze({ fd, batch, dump, ask, close: () => closeSync(fd) })
}

function chunkEnd(requests: readonly NetlinkRequest[], start: number): number {
  let size = 0
  let end = start
  for (; end < requests.length; end++) {
    size += headerSize + align4(requests[end]!.payload.length)
    if (size > chunkSize) break
  }
  if (end === start)
    throw new RangeError(`${requests[start]!.what}: request of ${size} bytes; at most ${chunkSize} fit`)
  return end
}

/** Extended acknowledgement: attributes behind the error code and the header of the request. */
function readReason({ flags, payload }: NetlinkMessage): { reason?: string } {
  if ((flags & NLM_F_ACK_TLVS) === 0) return {}
  const bytes = readAttributes(payload.subarray(4 + headerSize)).get(NLMSGERR_ATTR_MSG)
  return bytes ? { reason: readText(bytes) } : {}
}

/** An option of the socket that is a number. */
export function setOption(fd: number, level: number, name: number, value: number): void {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  check(libc().setsockopt(fd, level, name, bytes, 4), 'set up netlink socket')
}
