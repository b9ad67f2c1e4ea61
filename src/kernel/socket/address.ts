/** Socket addresses: struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)). */
import { type Ip, ipBytes, ipFromBytes } from '../../net/index.ts'

/** An address and a port; ports of ICMP sockets are echo identifiers. */
export interface SocketAddress {
  readonly address: Ip
  readonly port: number
}

export const AF_INET = 2
export const AF_INET6 = 10
/** Room for either family. */
export const addressSize = 28

/** 16 or 28 bytes. `scope`: interface index, needed by link-local addresses (RFC 4007 section 6). */
export function encodeAddress({ address, port }: SocketAddress, scope = 0): Uint8Array {
  const four = address.family === 4
  const bytes = new Uint8Array(four ? 16 : addressSize)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, four ? AF_INET : AF_INET6, true)
  view.setUint16(2, port)
  bytes.set(ipBytes(address), four ? 4 : 8)
  if (!four) view.setUint32(24, scope, true)
  return bytes
}

/** Throws `TypeError` on another address family. */
export function decodeAddress(bytes: Uint8Array): SocketAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const family = view.getUint16(0, true)
  if (family !== AF_INET && family !== AF_INET6) throw new TypeError(`read socket address: family ${family}`)
  const address = family === AF_INET ? bytes.subarray(4, 8) : bytes.subarray(8, 24)
  return { address: ipFromBytes(address), port: view.getUint16(2) }
}
