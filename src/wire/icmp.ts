/** ICMP for IPv4 (RFC 792; MTU in fragmentation-needed: RFC 1191). */
import { setU16, u8, u16 } from './bytes.ts'
import { checksum } from './checksum.ts'
import { field, layOut, layOutOther, type Message, parseEcho, parseOther, type View } from './icmp-message.ts'

export { check, field, type Message, type View } from './icmp-message.ts'

/** Types that Glacis names (IANA icmp-parameters registry). */
export const Type = Object.freeze({
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  routerAdvertisement: 9,
  timeExceeded: 11,
  parameterProblem: 12,
} as const)

/** Codes of `unreachable`. */
export const UnreachableCode = Object.freeze({
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  prohibited: 13,
} as const)

/** Code of `unreachable` that tells the MTU. */
const fragmentationNeeded = 4

export const checksumHolds = (view: View): boolean => checksum(view.bytes) === 0

export function parse(view: View): Message {
  const { type, code } = view
  const quoted = view.body.slice()
  if (type === Type.echoRequest && code === 0) return parseEcho('echo-request', view)
  if (type === Type.echoReply && code === 0) return parseEcho('echo-reply', view)
  if (type === Type.unreachable && code === fragmentationNeeded)
    return { kind: 'packet-too-big', mtu: u16(view.bytes, field.rest + 2), quoted }
  if (type === Type.unreachable) return { kind: 'unreachable', code, quoted }
  if (type === Type.timeExceeded) return { kind: 'time-exceeded', code, quoted }
  if (type === Type.parameterProblem)
    return { kind: 'parameter-problem', code, pointer: u8(view.bytes, field.rest), quoted }
  return parseOther(view)
}

/** The message with its checksum. Pointers are 8 bits and MTUs 16 bits here: higher bits are lost. */
export function emit(message: Message): Uint8Array {
  const bytes = body(message)
  setU16(bytes, field.checksum, checksum(bytes))
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
      return layOut(Type.unreachable, fragmentationNeeded, [0, message.mtu], message.quoted)
    case 'time-exceeded':
      return layOut(Type.timeExceeded, message.code, [0, 0], message.quoted)
    case 'parameter-problem':
      return layOut(Type.parameterProblem, message.code, [message.pointer << 8, 0], message.quoted)
    case 'other':
      return layOutOther(message)
  }
}
