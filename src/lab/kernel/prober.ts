/** Openings as real sockets inside the namespaces, and what the kernel says about them in the words of the tracer. */
import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { name } from '../../dns/index.ts'
import {
  connectTcp,
  createPoller,
  type Poller,
  type SocketProbeResult,
  sendProbes,
} from '../../kernel/index.ts'
import type { Network } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { Opening, Outcome } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { Observation } from '../fabric.ts'
import { nameQuery } from '../name-query.ts'
import { Forger } from './forger.ts'
import type { KernelNode } from './node.ts'

/** Sockets open at once. */
const batch = 1000

export class Prober {
  readonly #nodes: ReadonlyMap<string, KernelNode>
  readonly #namePorts: ReadonlySet<number>
  readonly #question: Uint8Array
  readonly #poller: Poller = createPoller()
  readonly #forger: Forger

  constructor(network: Network, nodes: ReadonlyMap<string, KernelNode>) {
    this.#nodes = nodes
    this.#forger = new Forger(network)
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
    for (let start = 0; start < openings.length; start += batch)
      observations.push(...(await this.#probeBatch(openings.slice(start, start + batch), patience)))
    return observations
  }

  async #probeBatch(openings: readonly Opening[], patience: number): Promise<readonly Observation[]> {
    const forged = openings.map((opening) => Forger.forges(opening, this.#node(opening)))
    const honest = openings.filter((_, index) => !forged[index])
    const sent = sendProbes(
      this.#poller,
      honest.map((opening) => this.#socketProbe(opening)),
      patience,
    )
    for (const [index, opening] of openings.entries())
      if (forged[index]) this.#forger.open(opening, this.#node(opening), this.#payload(opening))
    if (honest.length === 0) await setTimeout(patience)
    const answers = (await sent).map(observation).values()
    const unheard: Observation = { outcome: 'silent', detail: 'forged source', milliseconds: patience }
    return forged.map((is) => (is ? unheard : (answers.next().value as Observation)))
  }

  /** Sends one packet from a node as it is written, whoever it is said to be of. */
  forge(from: string, packet: IpHeaders): void {
    this.#forger.send(packet, this.#node({ from }))
  }

  /** A TCP connection from a node. Rejects with `KernelError` if there is none within so many milliseconds. */
  async connect(from: string, destination: Ip, port: number, patience: number): Promise<Socket> {
    const { namespace } = this.#node({ from })
    return new Socket({ fd: await connectTcp(this.#poller, { namespace, destination, port }, patience) })
  }

  #node({ from }: Pick<Opening, 'from'>): KernelNode {
    const node = this.#nodes.get(from)
    if (!node) throw new TypeError(`probe from ${from}: the network has no such node`)
    return node
  }

  close(): void {
    this.#forger.close()
    this.#poller.close()
  }

  #socketProbe(opening: Opening) {
    const { protocol, source, sourcePort, destination, destinationPort: port } = opening
    const node = this.#node(opening)
    const payload = this.#payload(opening)
    return {
      namespace: node.namespace,
      protocol,
      source,
      sourcePort,
      destination,
      port,
      ...(payload && { payload }),
    }
  }

  /** A name server answers real questions only. */
  #payload({ protocol, destinationPort }: Opening): Uint8Array | undefined {
    return protocol === 'udp' && this.#namePorts.has(destinationPort) ? this.#question : undefined
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
