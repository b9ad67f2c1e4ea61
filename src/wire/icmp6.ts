/** ICMPv6 (RFC 4443). Neighbour discovery has the kind `other` here; its bodies are in `ndp.ts`. */
import { Protocol } from '../net/index.ts'
import { setU16, u32 } from './bytes.ts'
import { type Addresses, checksum, pseudoHeaderSum } from './checksum.ts'
import { field, layOut, layOutOther, type Message, parseEcho, parseOther, type View } from './icmp-message.ts'

export { check, field, type Message, type View } from './icmp-message.ts'

/** Types that Glacis names (IANA icmpv6-parameters registry). */
export const Type = Object.freeze({
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
  redirect: 137,
} as const)

/** Codes of `unreachable`. */
export const UnreachableCode = Object.freeze({ route: 0, prohibited: 1, address: 3, port: 4 } as const)

export const checksumHolds = (view: View, addresses: Addresses): boolean =>
  checksum(view.bytes, pseudoHeaderSum(addresses, Protocol.icmp6, view.bytes.length)) === 0

export function parse(view: View): Message {
  const { type, code } = view
  const quoted = view.body.slice()
  if (type === Type.echoRequest && code === 0) return parseEcho('echo-request', view)
  if (type === Type.echoReply && code === 0) return parseEcho('echo-reply', view)
  if (type === Type.unreachable) return { kind: 'unreachable', code, quoted }
  if (type === Type.packetTooBig && code === 0)
    return { kind: 'packet-too-big', mtu: u32(view.bytes, field.rest), quoted }
  if (type === Type.timeExceeded) return { kind: 'time-exceeded', code, quoted }
  if (type === Type.parameterProblem)
    return { kind: 'parameter-problem', code, pointer: u32(view.bytes, field.rest), quoted }
  return parseOther(view)
}

/** The message with its checksum, which covers the addresses (RFC 4443 section 2.3). */
export function emit(message: Message, addresses: Addresses): Uint8Array {
  const bytes = body(message)
  setU16(bytes, field.checksum, checksum(bytes, pseudoHeaderSum(addresses, Protocol.icmp6, bytes.length)))
  return bytes
}

function body(message: Message): Uint8Array {
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply': {
      const type = message.kind === 'echo-request' ? Type.echoRequest : Type.echoReply
      return layOut(type, 0, [message.identifier, message.sequence], message.data)
    }
    case 'unreachable':
      return layOut(Type.unreachable, message.code, [0, 0], message.quoted)
    case 'packet-too-big':
      return layOut(Type.packetTooBig, 0, [message.mtu >>> 16, message.mtu & 0xffff], message.quoted)
    case 'time-exceeded':
      return layOut(Type.timeExceeded, message.code, [0, 0], message.quoted)
    case 'parameter-problem':
      return layOut(
        Type.parameterProblem,
        message.code,
        [message.pointer >>> 16, message.pointer & 0xffff],
        message.quoted,
      )
    case 'other':
      return layOutOther(message)
  }
}
