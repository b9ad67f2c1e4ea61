/** A flow in the words in which packets are shown: `tcp 10.0.0.1:443 -> 192.0.2.1:40000`. */
import { hasPorts, type Ip, parseIp, parseProtocol } from '../net/index.ts'
import type { QuotedFlow } from '../wire/index.ts'

/** @returns a text: what is wrong, and what to write */
export function parseFlow(text: string): QuotedFlow | string {
  const [, name, from, to] = /^\s*(\S+)\s+(\S+)\s*(?:→|->)\s*(\S+)\s*$/.exec(text) ?? []
  if (name === undefined || from === undefined || to === undefined) return unlike
  const protocol = parseProtocol(name)
  if (protocol === undefined) return `'${name}' is no protocol. Give one such as tcp, udp, icmp or icmp6.`
  const read = hasPorts(protocol) ? parsePorted : parseBare
  const [source, destination] = [read(from), read(to)]
  if (typeof source === 'string') return source
  if (typeof destination === 'string') return destination
  if (source.address.family !== destination.address.family)
    return 'The ends are of two families. Give two IPv4 addresses, or two IPv6 addresses.'
  return {
    source: source.address,
    destination: destination.address,
    protocol,
    sourcePort: source.port,
    destinationPort: destination.port,
  }
}

const unlike =
  "Give 'answer', or a protocol and two ends, such as 'tcp 10.0.0.1:443 -> 192.0.2.1:40000' or 'icmp6 2001:db8::1 -> 2001:db8::2'."

interface End {
  readonly address: Ip
  readonly port: number
}

/** `10.0.0.1:443`, `[2001:db8::1]:443`. */
function parsePorted(text: string): End | string {
  const { address, port } = parted(text)
  const number = Number(port)
  if (address && port !== undefined && number <= 65_535) return { address, port: number }
  if (port !== undefined && number > 65_535) return `'${text}' has no port from 0 to 65535.`
  return parseIp(text)?.family === 6
    ? `'${text}' does not say which part is the port. Write [ADDRESS]:PORT, such as [2001:db8::1]:443.`
    : `'${text}' is no end of it. Write ADDRESS:PORT, such as 10.0.0.1:443 or [2001:db8::1]:443.`
}

/** `10.0.0.1`, `2001:db8::1`, `[2001:db8::1]`; the port that there is not may be said to be 0. */
function parseBare(text: string): End | string {
  const { address, port } = parted(text)
  if (port !== undefined && address)
    return Number(port) === 0 ? { address, port: 0 } : `'${text}' has a port, and the protocol has none.`
  const whole = parseIp(text.replace(/^\[(.*)\]$/, '$1'))
  if (!whole) return `'${text}' is no address. Write one such as 10.0.0.1 or 2001:db8::1.`
  const before = text.endsWith(':0') ? parseIp(text.slice(0, -2)) : undefined
  return before
    ? `'${text}' may be an address, or one with port 0. Write [${text}] or [${text.slice(0, -2)}].`
    : { address: whole, port: 0 }
}

/** An address and a port that are told apart by the text alone. */
function parted(text: string): { readonly address?: Ip | undefined; readonly port?: string | undefined } {
  const [, bare, port] = /^(\[.+\]|[^:]+):(\d{1,5})$/.exec(text) ?? []
  return { address: bare === undefined ? undefined : parseIp(bare.replace(/^\[(.*)\]$/, '$1')), port }
}
