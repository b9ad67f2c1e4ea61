/**
 * What a port sees of a frame beside its IP headers: who sent it on the link, and what it says about addresses on the link,
 * by ARP or by neighbour discovery. The reference for port security; the data plane must read the same of every byte string.
 */
import { formatMac, type Ip, type Mac } from '../net/index.ts'
import * as arp from './arp.ts'
import { ipAt, u8 } from './bytes.ts'
import * as ethernet from './ethernet.ts'
import type { Headers } from './headers.ts'
import * as icmp6 from './icmp6.ts'
import * as ipv6 from './ipv6.ts'
import * as ndp from './ndp.ts'
import { readHeaders } from './read-headers.ts'

export interface LinkHeaders {
  /** Hardware address in the Ethernet header. */
  readonly source: Mac
  /** Bytes of the frame, from the Ethernet header. */
  readonly length: number
  /** Of an odd frame with the reason `arp`: what it says; `undefined` if it is not about IPv4 on Ethernet. */
  readonly arp?: arp.Header
  /** Of an odd frame with the reason `neighbour-discovery`. */
  readonly discovery?: Discovery
}

/** A message of neighbour discovery (RFC 4861 section 4). */
export interface Discovery {
  /** ICMPv6 type, 133–137. */
  readonly type: number
  readonly source: Ip
  /** Of solicitations and advertisements of neighbours. */
  readonly target?: Ip
  /**
   * Link-layer addresses in options of the type that the message may have. `undefined`: the message is cut short, or has an
   * option other than those and nonces, or more than {@link maxOptions}.
   */
  readonly claims?: readonly Mac[]
}

/** Options of a message that are read: a link-layer address and a nonce (RFC 7527) are all that a machine sends. */
export const maxOptions = 2

/** Bytes of an option that is read: type, length in units of 8, and 6 more. */
export const optionSize = 8

/** Option types (RFC 4861 section 4.6.1, RFC 3971 section 5.3.2). */
export const OptionType = Object.freeze({ sourceLinkLayer: 1, targetLinkLayer: 2, nonce: 14 } as const)

/** By ICMPv6 type: bytes before the options, and the link-layer option that belongs to it. Others are not read further. */
export const discoveryForms: Readonly<Record<number, { readonly options: number; readonly claim: number }>> =
  Object.freeze({
    [icmp6.Type.routerSolicitation]: { options: 8, claim: OptionType.sourceLinkLayer },
    [icmp6.Type.neighbourSolicitation]: { options: ndp.field.options, claim: OptionType.sourceLinkLayer },
    [icmp6.Type.neighbourAdvertisement]: { options: ndp.field.options, claim: OptionType.targetLinkLayer },
  })

/** As `readHeaders`, with `link` where the frame has an Ethernet header. Never throws. */
export function readFrame(frame: Uint8Array): Headers {
  const headers = readHeaders(frame)
  const link = ethernet.check(frame)
  if (!link) return headers
  const { source, payload } = link
  return Object.freeze({ ...headers, link: { source, length: frame.length, ...readTalk(headers, payload) } })
}

function readTalk(headers: Headers, payload: Uint8Array): Pick<LinkHeaders, 'arp' | 'discovery'> {
  if (headers.kind !== 'odd') return {}
  if (headers.reason === 'arp') {
    const view = arp.check(payload)
    return view ? { arp: arp.parse(view) } : {}
  }
  if (headers.reason !== 'neighbour-discovery') return {}
  const packet = ipv6.check(payload)
  return packet ? { discovery: readDiscovery(packet) } : {}
}

function readDiscovery({ source, payload: message }: ipv6.View): Discovery {
  const type = u8(message, icmp6.field.type)
  const form = discoveryForms[type]
  if (!form) return { type, source }
  const claims = readClaims(message, form)
  if (form.options === icmp6.field.body || message.length < form.options)
    return { type, source, ...(claims && { claims }) }
  return { type, source, target: ipAt(message, ndp.field.target, 6), ...(claims && { claims }) }
}

function readClaims(
  message: Uint8Array,
  { options, claim }: { options: number; claim: number },
): Mac[] | undefined {
  const count = (message.length - options) / optionSize
  if (![0, 1, maxOptions].includes(count)) return undefined
  const claims: Mac[] = []
  for (let at = options; at < message.length; at += optionSize) {
    const type = u8(message, at)
    if (u8(message, at + 1) !== 1 || (type !== claim && type !== OptionType.nonce)) return undefined
    if (type === claim) claims.push(formatMac(message.subarray(at + 2, at + optionSize)))
  }
  return claims
}
