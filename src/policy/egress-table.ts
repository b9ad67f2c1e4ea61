/**
 * Connections that a balancer translated outward: each has a port of the egress address, unique for its remote end, so
 * that the reply names it.
 */
import { formatIp, type Ip, type PortRange } from '../net/index.ts'
import { type FiveTuple, flowHash, scaleHash } from './flow-hash.ts'

/** Ports tried before a connection is refused. Free ports are found at the first try unless the range is nearly full. */
export const egressAttempts = 8

/** Distance between tries; odd and prime, so that tries of neighbouring flows do not march together. */
export const egressStride = 7919

/** The ports to try for a connection, in order. */
export function egressCandidates(flow: FiveTuple, ports: PortRange): number[] {
  const size = ports.last - ports.first + 1
  const start = scaleHash(flowHash(flow), size)
  return Array.from({ length: egressAttempts }, (_, i) => ports.first + ((start + i * egressStride) % size))
}

export class EgressTable {
  readonly #ports = new Map<string, number>()
  readonly #owners = new Map<string, FiveTuple>()

  /** The port of a connection, assigned now if it is new; `undefined` if all tries are taken. */
  assign(flow: FiveTuple, address: Ip, ports: PortRange): number | undefined {
    const known = this.#ports.get(flowKey(flow))
    if (known !== undefined) return known
    for (const port of egressCandidates(flow, ports)) {
      const reply = replyKey(flow.protocol, flow.destination, flow.destinationPort, address, port)
      if (this.#owners.has(reply)) continue
      this.#owners.set(reply, flow)
      this.#ports.set(flowKey(flow), port)
      return port
    }
    return undefined
  }

  /** The connection, as its VM knows it, to which a packet from `remote` to the egress address belongs. */
  owner(protocol: number, remote: Ip, remotePort: number, address: Ip, port: number): FiveTuple | undefined {
    return this.#owners.get(replyKey(protocol, remote, remotePort, address, port))
  }

  /** The port of a known connection. */
  port(flow: FiveTuple): number | undefined {
    return this.#ports.get(flowKey(flow))
  }
}

const flowKey = (flow: FiveTuple): string =>
  `${flow.protocol} ${formatIp(flow.source)} ${flow.sourcePort} ${formatIp(flow.destination)} ${flow.destinationPort}`

const replyKey = (protocol: number, remote: Ip, remotePort: number, address: Ip, port: number): string =>
  `${protocol} ${formatIp(remote)} ${remotePort} ${formatIp(address)} ${port}`
