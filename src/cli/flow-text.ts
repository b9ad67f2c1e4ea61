/** A flow in the words in which packets are shown: `tcp 10.0.0.1:443 -> 192.0.2.1:40000`. */
import { hasPorts, type Ip, parseIp, parseProtocol } from '../net/index.ts'
import type { QuotedFlow } from '../wire/index.ts'

/** `undefined`: the text is none, or its ends are of two families. */
export function parseFlow(text: string): QuotedFlow | undefined {
  const [, name, from, to] = /^\s*(\S+)\s+(\S+)\s*(?:→|->)\s*(\S+)\s*$/.exec(text) ?? []
  const protocol = name === undefined ? undefined : parseProtocol(name)
  if (protocol === undefined || from === undefined || to === undefined) return undefined
  const [source, destination] = [from, to].map((end) => parseEnd(end, hasPorts(protocol)))
  if (!source || !destination || source.address.family !== destination.address.family) return undefined
  return {
    source: source.address,
    destination: destination.address,
    protocol,
    sourcePort: source.port,
    destinationPort: destination.port,
  }
}

interface End {
  readonly address: Ip
  readonly port: number
}

function parseEnd(text: string, withPort: boolean): End | undefined {
  const [, bare, port] = withPort ? (/^(\[.+\]|[^:]+):(\d{1,5})$/.exec(text) ?? []) : ['', text, '0']
  const address = bare === undefined ? undefined : parseIp(bare.replace(/^\[(.*)\]$/, '$1'))
  const number = Number(port)
  return address && number <= 65_535 ? { address, port: number } : undefined
}
