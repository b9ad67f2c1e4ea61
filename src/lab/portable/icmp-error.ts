/** ICMP errors that routers and hosts send (RFC 792, RFC 1812 section 4.3, RFC 4443), and when they must not. */
import { type Ip, icmpOf } from '../../net/index.ts'
import { buildPacket, type IcmpMessage, icmp, icmp6, icmpErrors } from '../../wire/index.ts'
import type { Datagram } from './datagram.ts'

export type IcmpCause = 'no-route' | 'port-unreachable' | 'hop-limit'

/**
 * The error about a packet, from `source` to its sender; `undefined` where none may be sent (RFC 1122 section 3.2.2, RFC 4443
 * section 2.4 e): about errors, later fragments, and packets from or to an address of many.
 */
export function icmpError(cause: IcmpCause, about: Datagram, source: Ip): Uint8Array | undefined {
  const mute =
    about.laterFragment || isError(about) || !isOneHost(about.source) || !isOneHost(about.destination)
  return mute
    ? undefined
    : buildPacket({ ip: { source, destination: about.source }, icmp: messageOf(cause, about) })
}

function messageOf(cause: IcmpCause, { family, bytes }: Datagram): IcmpMessage {
  const quoted = bytes.slice(0, longestQuote[family])
  if (cause === 'hop-limit') return { kind: 'time-exceeded', code: 0, quoted }
  const code =
    cause === 'port-unreachable'
      ? portUnreachable[family]
      : family === 4
        ? icmp.UnreachableCode.network
        : icmp6.UnreachableCode.route
  return { kind: 'unreachable', code, quoted }
}

/** Code of `unreachable` that says that nothing listens. */
export const portUnreachable = Object.freeze({
  4: icmp.UnreachableCode.port,
  6: icmp6.UnreachableCode.port,
} as const)

/**
 * Bytes of the packet that an error quotes: the whole error is at most 576 (RFC 1812 section 4.3.2.3) or 1280 (RFC 4443
 * section 2.4 c) bytes long, its own headers included.
 */
const longestQuote = Object.freeze({ 4: 576 - 20 - 8, 6: 1280 - 40 - 8 } as const)

function isError({ family, protocol, payload }: Datagram): boolean {
  const isIcmp = protocol === icmpOf(family)
  return isIcmp && icmpErrors[family].includes(payload[0] ?? -1)
}

/** False for multicast, broadcast, loopback and the unspecified address. */
export function isOneHost({ family, value }: Ip): boolean {
  if (family === 6) return value > 1n && value >> 120n !== 0xffn
  const first = Number(value >> 24n)
  return first !== 0 && first !== 127 && first < 224
}
