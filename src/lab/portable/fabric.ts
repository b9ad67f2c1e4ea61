/**
 * The portable lab: every node in this process, the deployment's own bytecode in an interpreter, no rights, no sockets, any
 * system. Packets are real frames with the hardware addresses of their cables and right checksums; they are routed, judged by
 * the programs of the interfaces they pass, delivered to a small host, and answered.
 *
 * Not simulated: address resolution (ARP, neighbour discovery; neighbours are known), fragmentation and path MTU, time (a
 * packet takes none), loss, and connections beyond their handshake. A packet with a wrong checksum is lost, and counted, as
 * by any host: it is how a mistake of a translation shows.
 */
import { setImmediate } from 'node:timers/promises'
import { type BpfMap, type Engine, InterpreterEngine } from '../../bpf/index.ts'
import {
  type Count,
  decodeRecord,
  emptyDeployment,
  type NodeDeployment,
  type Untold,
} from '../../dataplane/index.ts'
import type { Network } from '../../model/index.ts'
import type { Opening } from '../../trace/index.ts'
import type {
  Exchange,
  Fabric,
  FabricClock,
  FabricOptions,
  Observation,
  RecordHandler,
  Revision,
} from '../fabric.ts'
import { nameQuery } from '../name-query.ts'
import { requireSameTopology } from '../topology.ts'
import { ClientSocket } from './client-socket.ts'
import { DeployedNode } from './deployed-node.ts'
import { type Loss, Simulator } from './simulator.ts'

export interface PortableOptions extends FabricOptions {
  /** Nanoseconds of a steady clock: what programs see, and what durations are measured by. Default: the process's. */
  readonly clock?: () => bigint
  /** What runs the programs. Default: the interpreter, by `clock`. */
  readonly engine?: Engine
}

export interface PortableFabric extends Fabric {
  readonly mode: 'portable'
  /** Packets that ended before they arrived, since the start, by node and reason. */
  losses(): readonly Loss[]
}

/**
 * Brings a network up in this process. Rejects with the engine's error if it refuses a map or a program. A fault of a program
 * at work, or a verdict that means nothing here, rejects the `probe` that met it.
 */
export async function bringUpPortable(options: PortableOptions): Promise<PortableFabric> {
  const { network, deployment, progress, signal, clock = process.hrtime.bigint } = options
  const { engine = new InterpreterEngine({ clock }) } = options
  const seconds: Record<string, number> = {}
  let since = clock()
  const phaseDone = (phase: string): void => {
    const now = clock()
    seconds[phase] = Number(now - since) / 1e9
    since = now
  }

  progress?.('nodes', 0, network.nodes.length)
  const simulator = new Simulator(network)
  progress?.('nodes', network.nodes.length, network.nodes.length)
  phaseDone('nodes')

  const deployed = new Map<string, DeployedNode>()
  try {
    for (const node of deployment.nodes.values()) {
      progress?.('programs', deployed.size, deployment.nodes.size)
      deployed.set(node.node, new DeployedNode(engine, node, simulator.node(node.node)))
      await setImmediate()
      signal?.throwIfAborted()
    }
  } catch (error) {
    for (const node of deployed.values()) node.close()
    throw error
  }
  progress?.('programs', deployed.size, deployed.size)
  phaseDone('programs')
  return new Portable(network, engine, simulator, deployed, seconds, clock)
}

/** Probes between which the process does other things, such as hearing Ctrl-C. */
const stretch = 50

class Portable implements PortableFabric {
  readonly mode = 'portable'
  readonly seconds: Readonly<Record<string, number>>
  readonly #simulator: Simulator
  readonly #engine: Engine
  readonly #deployed: Map<string, DeployedNode>
  readonly #clock: () => bigint
  readonly #namePorts: ReadonlySet<number>
  readonly #nameQuery: Uint8Array
  #network: Network
  #listening: { readonly mode: number; readonly limit: number; readonly handle: RecordHandler } | undefined
  readonly lapses = []
  readonly mutes = []
  #closed = false

  constructor(
    network: Network,
    engine: Engine,
    simulator: Simulator,
    deployed: Map<string, DeployedNode>,
    seconds: Readonly<Record<string, number>>,
    clock: () => bigint,
  ) {
    this.seconds = Object.freeze(seconds)
    this.#network = network
    this.#engine = engine
    this.#simulator = simulator
    this.#deployed = deployed
    this.#clock = clock
    const listeners = Array.from(simulator.nodes.values(), ({ model }) => model.listeners).flat()
    this.#namePorts = new Set(
      listeners.filter(({ application }) => application === 'dns').map(({ port }) => port),
    )
    this.#nameQuery = nameQuery(simulator.zone.apex)
  }

  /** One after the other, so that a run repeats exactly; `patience` is not needed, since nothing takes time. */
  async probe(openings: readonly Opening[]): Promise<readonly Observation[]> {
    const observations: Observation[] = []
    for (const opening of openings) {
      if (observations.length % stretch === stretch - 1) await setImmediate()
      this.#mustBeOpen('probe')
      observations.push(this.#probe(opening))
    }
    return observations
  }

  #probe(opening: Opening): Observation {
    const start = this.#clock()
    const socket = new ClientSocket(opening)
    const isName = opening.protocol === 'udp' && this.#namePorts.has(opening.destinationPort)
    const packet = socket.packet(isName ? this.#nameQuery : payload)
    const lost = this.#simulator.play(opening.from, packet, socket)
    this.#hear()
    const milliseconds = Number(this.#clock() - start) / 1e6
    const { outcome, detail } = socket.heard ?? { outcome: 'silent' as const, detail: lost.join(', ') }
    return { outcome, ...(detail && { detail }), milliseconds }
  }

  counters(node: string): readonly Count[] {
    this.#mustBeOpen('read counters')
    return this.#deployed.get(node)?.counters() ?? []
  }

  listen(mode: number, limit: number, handle: RecordHandler): void {
    this.#mustBeOpen('listen to events')
    this.#listening = mode === 0 ? undefined : { mode, limit, handle }
    for (const node of this.#deployed.values()) {
      node.setWatch(mode, limit)
      node.takeRecords(() => {})
    }
  }

  map(node: string, name: string): BpfMap | undefined {
    this.#mustBeOpen('read a map')
    return this.#deployed.get(node)?.map(name)
  }

  untold(node: string): Untold {
    this.#mustBeOpen('read events')
    return this.#deployed.get(node)?.untold() ?? { suppressed: 0n, lost: 0n }
  }

  onLapse(): () => void {
    return () => {}
  }

  onMute(): () => void {
    return () => {}
  }

  get clock(): FabricClock {
    return { monotonic: this.#clock, tick: () => this.#clock() / tickPeriod, tickPeriod }
  }

  /** Hands over the records of all nodes by their time: one packet is under way at a time. */
  #hear(): void {
    const { handle } = this.#listening ?? {}
    if (!handle) return
    const heard: { readonly deployment: NodeDeployment; readonly record: Uint8Array }[] = []
    for (const node of this.#deployed.values())
      node.takeRecords((record) => heard.push({ deployment: node.deployment, record }))
    heard.sort((a, b) => Number(decodeRecord(a.record).time - decodeRecord(b.record).time))
    for (const { deployment, record } of heard) handle(deployment, record)
  }

  async update({ network, deployment }: Revision): Promise<Exchange> {
    this.#mustBeOpen('update')
    requireSameTopology(this.#network, network)
    const enforcing = new Set([...this.#deployed.keys(), ...deployment.nodes.keys()])
    const commits = Array.from(enforcing, (id) =>
      this.#deployedNode(id).prepare(deployment.nodes.get(id) ?? emptyDeployment(id)),
    )
    const start = performance.now()
    for (const commit of commits) commit()
    const seconds = (performance.now() - start) / 1000
    const { mode, limit } = this.#listening ?? { mode: 0, limit: 0 }
    for (const node of this.#deployed.values()) node.setWatch(mode, limit)
    this.#simulator.update(network)
    this.#network = network
    return { seconds }
  }

  #deployedNode(id: string): DeployedNode {
    let node = this.#deployed.get(id)
    if (!node) {
      node = new DeployedNode(this.#engine, emptyDeployment(id), this.#simulator.node(id))
      this.#deployed.set(id, node)
    }
    return node
  }

  losses(): readonly Loss[] {
    return this.#simulator.losses()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const node of this.#deployed.values()) node.close()
  }

  #mustBeOpen(what: string): void {
    if (this.#closed) throw new Error(`${what}: the lab is down; bring it up again`)
  }
}

/** Of the interpreter's `jiffies64`, in nanoseconds. */
const tickPeriod = 4_000_000n

const payload = new TextEncoder().encode('glacis')
