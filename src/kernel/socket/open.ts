/** Sockets made inside a namespace: non-blocking, close-on-exec, and bound before anyone else sees them. */
import { closeSync } from 'node:fs'
import { type Family, formatEnd, type Ip } from '../../net/index.ts'
import { errno } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { inNamespace, type Namespace } from '../netns.ts'
import {
  AF_INET,
  AF_INET6,
  addressSize,
  decodeAddress,
  encodeAddress,
  type SocketAddress,
} from './address.ts'

export type SocketKind = 'tcp' | 'udp' | 'icmp'

/** Where a socket shall listen or receive. */
export interface LocalAddress {
  readonly address: Ip
  /** 0: the kernel chooses. */
  readonly port: number
  /** IPv6 only: refuse IPv4 on the wildcard address; absent: true. */
  readonly v6only?: boolean
}

const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const IPPROTO_ICMP = 1
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17
const IPPROTO_IPV6 = 41
const IPPROTO_ICMPV6 = 58
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_ERROR = 4
const SO_LINGER = 13
const IPV6_V6ONLY = 26
const IP_RECVERR = 11
const IPV6_RECVERR = 25

/**
 * A listening TCP socket in `namespace`, for `server.listen({ fd })` of Node's net, http and https, which then own the descriptor.
 * Throws `KernelError`, e.g. `EADDRNOTAVAIL`.
 */
export function listenTcp(namespace: Namespace, local: LocalAddress, backlog = 511): number {
  return inNamespace(namespace, () => {
    const fd = openSocket('tcp', local.address.family)
    return orClose(fd, () => {
      setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1)
      bindSocket(fd, local)
      check(libc().listen(fd, backlog), () => `listen on ${describe(local)}`)
    })
  })
}

/** A bound UDP socket in `namespace`, for `dgram.createSocket(…).bind({ fd })`, which then owns the descriptor. */
export function bindUdp(namespace: Namespace, local: LocalAddress): number {
  return inNamespace(namespace, () => {
    const fd = openSocket('udp', local.address.family)
    return orClose(fd, () => bindSocket(fd, local))
  })
}

/** In the namespace that the thread is in. ICMP sockets need `allowPing` there. */
export function openSocket(kind: SocketKind, family: Family): number {
  const four = family === 4
  const type = (kind === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC
  const protocol =
    kind === 'tcp' ? IPPROTO_TCP : kind === 'udp' ? IPPROTO_UDP : four ? IPPROTO_ICMP : IPPROTO_ICMPV6
  const remedy = kind === 'icmp' ? 'set net.ipv4.ping_group_range to "0 0"' : undefined
  return check(libc().socket(four ? AF_INET : AF_INET6, type, protocol), `open ${kind} socket`, remedy)
}

export function bindSocket(fd: number, local: LocalAddress): void {
  if (local.address.family === 6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, local.v6only === false ? 0 : 1)
  const bytes = encodeAddress(local)
  check(libc().bind(fd, bytes, bytes.length), () => `bind to ${describe(local)}`)
}

/** Starts to connect. Returns 0 if it is under way or done, else the reason as a positive number. */
export function startConnect(fd: number, remote: SocketAddress): number {
  const bytes = encodeAddress(remote)
  if (libc().connect(fd, bytes, bytes.length) === 0) return 0
  const code = lastErrno()
  return code === errno.EINPROGRESS ? 0 : code
}

/** ICMP errors, soft ones such as host unreachable included, fail the next call at once (ip(7), IP_RECVERR). */
export function reportErrors(fd: number, family: Family): void {
  if (family === 4) setOption(fd, 0, IP_RECVERR, 1)
  else setOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
}

/** Closing resets the connection, so that no state of it lingers. */
export function resetOnClose(fd: number): void {
  check(
    libc().setsockopt(fd, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8),
    'set up socket',
  )
}

/** The pending error, which is cleared by asking; 0 if none. */
export function socketError(fd: number): number {
  const value = new Uint8Array(4)
  check(libc().getsockopt(fd, SOL_SOCKET, SO_ERROR, value, Uint8Array.of(4, 0, 0, 0)), 'read socket error')
  return new DataView(value.buffer).getInt32(0, true)
}

/** Where the socket stands on this side. */
export function localAddress(fd: number): SocketAddress {
  const bytes = new Uint8Array(addressSize)
  check(libc().getsockname(fd, bytes, Uint8Array.of(addressSize, 0, 0, 0)), 'read socket address')
  return decodeAddress(bytes)
}

export function setOption(fd: number, level: number, name: number, value: number): void {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  check(libc().setsockopt(fd, level, name, bytes, 4), 'set up socket')
}

/** Runs `prepare` and returns the descriptor, which is closed if that throws. */
export function orClose(fd: number, prepare: () => void): number {
  try {
    prepare()
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

const describe = ({ address, port }: SocketAddress): string => formatEnd(address, port)
