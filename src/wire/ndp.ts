/**
 * Neighbour solicitations and advertisements with a link-layer address option (RFC 4861 sections 4.3, 4.4, 4.6.1):
 * what resolves the next hops of the network's links. They travel as ICMPv6 with hop limit 255.
 */
import { formatMac, type Ip, type Mac, macBytes } from '../net/index.ts'
import { ipAt, setIp, u8 } from './bytes.ts'
import type { Other, View } from './icmp-message.ts'
import { Type } from './icmp6.ts'

/** Offsets from the start of the ICMPv6 message. */
export const field = Object.freeze({ flags: 4, target: 8, options: 24 })

/** Bits of the field `flags`, of advertisements. */
export const Flag = Object.freeze({ router: 0x80, solicited: 0x40, override: 0x20 } as const)

const optionLength = 8

export type Neighbour = Solicitation | Advertisement

export interface Solicitation {
  readonly kind: 'neighbour-solicitation'
  readonly target: Ip
  /** Source link-layer address. */
  readonly mac?: Mac
}

export interface Advertisement {
  readonly kind: 'neighbour-advertisement'
  readonly target: Ip
  /** OR of {@link Flag}s. */
  readonly flags: number
  /** Target link-layer address. */
  readonly mac?: Mac
}

/** `undefined` if it is neither of the two, is too short, or has an option of length 0 (section 4.6: discard). */
export function parse(view: View): Neighbour | undefined {
  const { type, code, bytes } = view
  const soliciting = type === Type.neighbourSolicitation
  if ((!soliciting && type !== Type.neighbourAdvertisement) || code !== 0 || bytes.length < field.options)
    return undefined
  const option = findOption(bytes, soliciting ? 1 : 2)
  if (option === 'malformed') return undefined
  const target = ipAt(bytes, field.target, 6)
  const mac = option && { mac: option }
  return soliciting
    ? { kind: 'neighbour-solicitation', target, ...mac }
    : { kind: 'neighbour-advertisement', target, flags: u8(bytes, field.flags), ...mac }
}

function findOption(bytes: Uint8Array, wanted: 1 | 2): Mac | 'malformed' | undefined {
  let found: Mac | undefined
  for (let at: number = field.options; at < bytes.length; ) {
    const length = at + 1 < bytes.length ? u8(bytes, at + 1) * 8 : 0
    if (length === 0 || at + length > bytes.length) return 'malformed'
    if (u8(bytes, at) === wanted && length === optionLength)
      found ??= formatMac(bytes.subarray(at + 2, at + 8))
    at += length
  }
  return found
}

/** As an ICMPv6 message, to be given to `icmp6.emit`. */
export function toMessage(neighbour: Neighbour): Other {
  const soliciting = neighbour.kind === 'neighbour-solicitation'
  const bytes = new Uint8Array(field.options + (neighbour.mac ? optionLength : 0))
  if (!soliciting) bytes[field.flags] = neighbour.flags
  setIp(bytes, field.target, neighbour.target)
  if (neighbour.mac) {
    bytes.set([soliciting ? 1 : 2, optionLength / 8], field.options)
    bytes.set(macBytes(neighbour.mac), field.options + 2)
  }
  const type = soliciting ? Type.neighbourSolicitation : Type.neighbourAdvertisement
  return { kind: 'other', type, code: 0, body: bytes.subarray(4) }
}
