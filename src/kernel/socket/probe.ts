/**
 * Real packets from real sockets, and what came back: a TCP handshake, a datagram and its answer, an echo. Hundreds at
 * once, from any namespaces.
 */
import { closeSync } from 'node:fs'
import type { Ip } from '../../net/index.ts'
import { errnoName, KernelError } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { inNamespace, type Namespace } from '../netns.ts'
import type { SocketAddress } from './address.ts'
import {
  bindSocket,
  localAddress,
  openSocket,
  orClose,
  reportErrors,
  resetOnClose,
  type SocketKind,
  socketError,
  startConnect,
} from './open.ts'
import type { Poller } from './poller.ts'

export interface SocketProbe {
  readonly namespace: Namespace
  /** `icmp`: an echo request of the destination's family; the namespace must `allowPing`. */
  readonly protocol: SocketKind
  /** Absent: as the kernel chooses by its routes. */
  readonly source?: Ip
  /** Absent or 0: as the kernel chooses. Of `icmp` the echo identifier. */
  readonly sourcePort?: number
  readonly destination: Ip
  /** Not used by `icmp`. */
  readonly port?: number
  /** What to send, by `udp` and `icmp`; absent: a few bytes. */
  readonly payload?: Uint8Array
}

/**
 * - `connected`: the TCP handshake is complete
 * - `answered`: a datagram or an echo reply came back
 * - `refused`: a reset, or an ICMP error, came back: `error` says which
 * - `silent`: nothing came back in time
 * - `unsent`: the own machine refused to send: no route, no such source address
 */
export type Outcome = 'connected' | 'answered' | 'refused' | 'silent' | 'unsent'

export interface SocketProbeResult {
  readonly outcome: Outcome
  /** Of `refused` and `unsent`: `ECONNREFUSED`, `EHOSTUNREACH`, … */
  readonly error?: string
  /** As which it was sent, if it was. */
  readonly local?: SocketAddress
  /** Of `answered`: the datagram; of `icmp` the ICMP message. */
  readonly reply?: Uint8Array
  /** From sending to the outcome. */
  readonly milliseconds: number
}

/**
 * Sends all probes at once and waits until each has an outcome, at most `timeout` milliseconds after the last was sent. Never
 * rejects.
 */
export async function sendProbes(
  poller: Poller,
  probes: readonly SocketProbe[],
  timeout: number,
): Promise<SocketProbeResult[]> {
  const deadline = new Deadline()
  try {
    const results = probes.map((probe) => sendProbe(poller, probe, deadline))
    deadline.start(poller, timeout)
    return await Promise.all(results)
  } finally {
    deadline.clear()
  }
}

/**
 * Opens a TCP connection from `namespace`, for `new net.Socket({ fd })`, which then owns the descriptor. Rejects with
 * `KernelError`, after `timeout` milliseconds at most.
 */
export async function connectTcp(
  poller: Poller,
  probe: Omit<SocketProbe, 'protocol' | 'payload'>,
  timeout: number,
): Promise<number> {
  const what = 'connect'
  const fd = openProbe({ ...probe, protocol: 'tcp' })
  const code = await new Promise<number>((resolve) => {
    const failed = startConnect(fd, { address: probe.destination, port: probe.port ?? 0 })
    if (failed !== 0) return resolve(failed)
    const timer = setTimeout(() => finish(110), timeout)
    const finish = (result: number) => {
      clearTimeout(timer)
      poller.unwatch(fd)
      resolve(result)
    }
    poller.watch(fd, { writable: true }, () => finish(socketError(fd)))
  })
  if (code === 0) return fd
  closeSync(fd)
  throw new KernelError(what, code)
}

/** One timer for all probes of a call. */
class Deadline {
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  /** Whatever has come by then is looked at, even if the process was busy with other things all the time. */
  start(poller: Poller, milliseconds: number): void {
    this.#timer = setTimeout(() => {
      poller.poll()
      for (const expire of [...this.#waiting]) expire()
    }, milliseconds)
  }

  add(expire: () => void): () => void {
    this.#waiting.add(expire)
    return () => this.#waiting.delete(expire)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

function sendProbe(poller: Poller, probe: SocketProbe, deadline: Deadline): Promise<SocketProbeResult> {
  const start = performance.now()
  const elapsed = () => performance.now() - start
  let fd: number
  try {
    fd = openProbe(probe)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return Promise.resolve({ outcome: 'unsent', error: error.code, milliseconds: elapsed() })
  }
  return new Promise((resolve) => {
    const remote = { address: probe.destination, port: probe.port ?? 0 }
    const refused = startConnect(fd, remote) || (probe.protocol === 'tcp' ? 0 : sendPayload(fd, probe))
    if (refused !== 0) {
      closeSync(fd)
      resolve({ outcome: 'unsent', error: errnoName(refused), milliseconds: elapsed() })
      return
    }
    const local = localAddress(fd)
    const finish = (result: Pick<SocketProbeResult, 'outcome' | 'error' | 'reply'>) => {
      forget()
      poller.unwatch(fd)
      closeSync(fd)
      resolve({ ...result, local, milliseconds: elapsed() })
    }
    const forget = deadline.add(() => finish({ outcome: 'silent' }))
    const interest = probe.protocol === 'tcp' ? { writable: true } : { readable: true }
    poller.watch(fd, interest, () => {
      const result = probe.protocol === 'tcp' ? readHandshake(fd) : readAnswer(fd)
      if (result) finish(result)
    })
  })
}

/** Bound, with errors reported, not yet connected. */
function openProbe({ namespace, protocol, source, sourcePort = 0, destination }: SocketProbe): number {
  return inNamespace(namespace, () => {
    const fd = openSocket(protocol, destination.family)
    return orClose(fd, () => {
      reportErrors(fd, destination.family)
      if (protocol === 'tcp') resetOnClose(fd)
      if (source || sourcePort !== 0)
        bindSocket(fd, { address: source ?? { family: destination.family, value: 0n }, port: sourcePort })
    })
  })
}

/** Returns 0, or the reason as a positive number. */
function sendPayload(fd: number, { protocol, destination, payload = defaultPayload }: SocketProbe): number {
  const bytes = protocol === 'icmp' ? echoRequest(destination.family, payload) : payload
  return libc().send(fd, bytes, bytes.length, 0) >= 0 ? 0 : lastErrno()
}

const defaultPayload = new TextEncoder().encode('glacis probe')

/** RFC 792 and RFC 4443 section 4.1, sequence number 1; the kernel fills identifier and checksum in. */
function echoRequest(family: 4 | 6, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length)
  bytes[0] = family === 4 ? 8 : 128
  bytes[7] = 1
  bytes.set(payload, 8)
  return bytes
}

function readHandshake(fd: number): Pick<SocketProbeResult, 'outcome' | 'error'> {
  const code = socketError(fd)
  return code === 0 ? { outcome: 'connected' } : { outcome: 'refused', error: errnoName(code) }
}

function readAnswer(fd: number): Pick<SocketProbeResult, 'outcome' | 'error' | 'reply'> | undefined {
  const buffer = new Uint8Array(65536)
  const size = libc().recv(fd, buffer, buffer.length, 0)
  if (size >= 0) return { outcome: 'answered', reply: buffer.slice(0, size) }
  const name = errnoName(lastErrno())
  return name === 'EAGAIN' ? undefined : { outcome: 'refused', error: name }
}
