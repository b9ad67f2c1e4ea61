/** Openings as real sockets inside the namespaces, and what the kernel says about them in the words of the tracer. */
import { name } from '../../dns/index.ts'
import { createPoller, type Poller, type SocketProbeResult, sendProbes } from '../../kernel/index.ts'
import type { Network } from '../../model/index.ts'
import type { Opening, Outcome } from '../../trace/index.ts'
import type { Observation } from '../fabric.ts'
import { nameQuery } from '../name-query.ts'
import type { KernelNode } from './node.ts'

/** Sockets open at once. */
const batch = 1000

export class Prober {
  readonly #nodes: ReadonlyMap<string, KernelNode>
  readonly #namePorts: ReadonlySet<number>
  readonly #question: Uint8Array
  readonly #poller: Poller = createPoller()

  constructor(network: Network, nodes: ReadonlyMap<string, KernelNode>) {
    this.#nodes = nodes
    const listeners = network.nodes.flatMap((node) => node.listeners)
    this.#namePorts = new Set(listeners.filter((l) => l.application === 'dns').map(({ port }) => port))
    this.#question = nameQuery(name(network.zone))
  }

  /**
   * @param patience milliseconds; below one second, after which TCP sends its first packet again (RFC 6298 section 2.1), each
   * opening is one packet
   */
  async probe(openings: readonly Opening[], patience: number): Promise<readonly Observation[]> {
    const observations: Observation[] = []
    for (let start = 0; start < openings.length; start += batch) {
      const probes = openings.slice(start, start + batch).map((opening) => this.#socketProbe(opening))
      const results = await sendProbes(this.#poller, probes, patience)
      observations.push(...results.map(observation))
    }
    return observations
  }

  close(): void {
    this.#poller.close()
  }

  #socketProbe(opening: Opening) {
    const { from, protocol, source, sourcePort, destination, destinationPort: port } = opening
    const node = this.#nodes.get(from)
    if (!node) throw new TypeError(`probe from ${from}: the network has no such node`)
    const asks = protocol === 'udp' && this.#namePorts.has(port)
    const payload = asks ? { payload: this.#question } : {}
    return { namespace: node.namespace, protocol, source, sourcePort, destination, port, ...payload }
  }
}

/**
 * Only a reset or "port unreachable", both `ECONNREFUSED`, come from a machine that was reached. Other ICMP errors tell of a
 * packet that was not, and a packet that the own machine did not send was not either.
 */
function observation(result: SocketProbeResult): Observation {
  const { outcome, error, reply, milliseconds } = result
  const said: Record<SocketProbeResult['outcome'], Outcome> = {
    connected: 'answered',
    answered: 'answered',
    refused: error === 'ECONNREFUSED' ? 'refused' : 'silent',
    silent: 'silent',
    unsent: 'silent',
  }
  const detail =
    outcome === 'unsent' ? `not sent: ${error}` : (error ?? (reply && `${reply.length} bytes back`))
  return { outcome: said[outcome], ...(detail && { detail }), milliseconds }
}
