/**
 * The lab in the kernel: every node a network namespace, every link a veth pair, packets judged by the real data plane. All of
 * it is held by this process's descriptors, so that it ends with the process, however that ends.
 */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { HostAgents } from '../../agent/index.ts'
import type { BpfMap } from '../../bpf/index.ts'
import type { Authority } from '../../control/index.ts'
import { type Count, emptyDeployment, type NodeDeployment, type Untold } from '../../dataplane/index.ts'
import { homeNamespace, openTickCounter, raiseOpenFileLimit, type TickCounter } from '../../kernel/index.ts'
import { type Network, routesOf } from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { Opening } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type {
  Exchange,
  Fabric,
  FabricClock,
  FabricOptions,
  Observation,
  RecordHandler,
  Revision,
} from '../fabric.ts'
import type { Lapse } from '../lapse.ts'
import type { Mute } from '../mute.ts'
import { requireSameTopology } from '../topology.ts'
import { connectNode, createLinks } from './cabling.ts'
import { Enforcement, type NodeEnforcement, type PreparedRevision } from './enforcement.ts'
import { EventTaps } from './event-taps.ts'
import { Guard } from './guard.ts'
import { GuestEnforcement } from './guest-enforcement.ts'
import { KernelNode } from './node.ts'
import { Prober } from './prober.ts'
import { Workloads } from './workload/index.ts'

export interface KernelFabric extends Fabric {
  readonly mode: 'kernel'
  /** Descriptor of each node's namespace in this process, by node id. */
  readonly namespaces: ReadonlyMap<string, number>
  /** The agents in the host partitions: what they answer VMs from, and what these told them. */
  readonly hostAgents: HostAgents
  /** Sends one packet from a node as it is written, whoever it is said to be of; what comes of it counters tell. */
  forge(from: string, packet: IpHeaders): void
  /** A TCP connection from a node. Rejects with `KernelError` if there is none within so many milliseconds. */
  connect(from: string, destination: Ip, port: number, patience?: number): Promise<Socket>
  /** The platform's certificate authority, whose certificates the machines have. */
  authority(): Promise<Authority>
}

/**
 * Brings a network up. Needs root. Rejects with what the kernel refused, after taking down what there was. Programs are attached
 * before the interfaces that they judge come up.
 */
export async function bringUpKernel(options: FabricOptions): Promise<KernelFabric> {
  const fabric = new LabFabric(options)
  try {
    await fabric.bringUp()
    return fabric
  } catch (error) {
    await fabric.close()
    throw error
  }
}

/** Milliseconds of a probe, when not said otherwise. */
const defaultPatience = 400
/** Milliseconds of work between which the process does other things, such as hearing Ctrl-C. */
const stretch = 50

class LabFabric implements KernelFabric {
  readonly mode = 'kernel'
  readonly seconds: Record<string, number> = {}
  readonly #options: FabricOptions
  readonly #nodes = new Map<string, KernelNode>()
  readonly #enforcements = new Map<string, NodeEnforcement>()
  readonly #taps = new EventTaps(this.#enforcements)
  readonly #guard = new Guard(this.#enforcements)
  readonly #workloads: Workloads
  readonly #prober: Prober
  #network: Network
  #ticks: TickCounter | undefined
  #closed = false
  readonly #tick = (): bigint => this.#tickCounter().now()

  constructor(options: FabricOptions) {
    this.#options = options
    this.#network = options.network
    homeNamespace()
    this.#workloads = new Workloads(options.network)
    this.#prober = new Prober(options.network, this.#nodes)
  }

  async connect(from: string, destination: Ip, port: number, patience = 2000): Promise<Socket> {
    this.#mustBeUp('connect')
    return this.#prober.connect(from, destination, port, patience)
  }

  authority(): Promise<Authority> {
    return this.#workloads.authority()
  }

  get hostAgents(): HostAgents {
    return this.#workloads.hostAgents
  }

  get namespaces(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#nodes, ([id, { namespace }]) => [id, namespace.fd]))
  }

  async bringUp(): Promise<void> {
    const { network, deployment } = this.#options
    raiseOpenFileLimit(descriptorsOf(network))
    await this.#phase('nodes', network.nodes, (node) => {
      this.#nodes.set(node.id, new KernelNode(network, node))
    })
    const nodes = [...this.#nodes.values()]
    await this.#phase('links', nodes, (node) => createLinks(network, node, this.#nodes))
    const guests: NodeDeployment[] = []
    await this.#phase('programs', [...deployment.nodes.values()], (deployed) => {
      const node = this.#nodes.get(deployed.node)
      if (!node) throw new TypeError(`deploy to ${deployed.node}: the network has no such node`)
      if (node.node.kind === 'vm') guests.push(deployed)
      else this.#enforcements.set(deployed.node, new Enforcement(node, deployed))
    })
    if (guests.length > 0) await this.#phase('guests', batches(guests), (batch) => this.#startGuests(batch))
    const routes = routesOf(network)
    await this.#phase('routes', nodes, (node) => connectNode(network, node, routes.get(node.node.id) ?? []))
    await this.#phase('settling', nodes, (node) => node.settle())
    await this.#phase('workloads', nodes, (node) => this.#workloads.start(node))
    this.#guard.start()
  }

  async probe(openings: readonly Opening[], patience = defaultPatience): Promise<readonly Observation[]> {
    this.#mustBeUp('probe')
    return this.#prober.probe(openings, patience)
  }

  forge(from: string, packet: IpHeaders): void {
    this.#mustBeUp('forge')
    this.#prober.forge(from, packet)
  }

  counters(node: string): readonly Count[] {
    this.#mustBeUp('read counters')
    return this.#enforcements.get(node)?.counters() ?? []
  }

  listen(mode: number, limit: number, handle: RecordHandler): void {
    this.#mustBeUp('listen to events')
    this.#taps.listen(mode, limit, handle)
  }

  map(node: string, name: string): BpfMap | undefined {
    this.#mustBeUp('read a map')
    return this.#enforcements.get(node)?.map(name)
  }

  untold(node: string): Untold {
    this.#mustBeUp('read events')
    return this.#enforcements.get(node)?.untold() ?? { suppressed: 0n, lost: 0n }
  }

  get lapses(): readonly Lapse[] {
    return this.#guard.lapses
  }

  onLapse(hear: (lapse: Lapse) => void): () => void {
    return this.#guard.onLapse(hear)
  }

  get mutes(): readonly Mute[] {
    return this.#taps.mutes
  }

  onMute(hear: (mute: Mute) => void): () => void {
    return this.#taps.onMute(hear)
  }

  get clock(): FabricClock {
    this.#mustBeUp('ask for the time')
    const ticks = this.#tickCounter()
    return { monotonic: process.hrtime.bigint, tick: () => ticks.now(), tickPeriod: ticks.period }
  }

  #tickCounter(): TickCounter {
    this.#ticks ??= openTickCounter()
    return this.#ticks
  }

  async update({ network, deployment }: Revision): Promise<Exchange> {
    this.#mustBeUp('update')
    requireSameTopology(this.#network, network)
    const enforcing = new Set([...this.#enforcements.keys(), ...deployment.nodes.keys()])
    const prepared: PreparedRevision[] = []
    try {
      for (const id of enforcing) {
        this.#guard.reopen(id)
        // What somebody took off would be replaced by nothing.
        this.#guard.look(id)
        prepared.push(this.#enforcement(id).prepare(deployment.nodes.get(id) ?? emptyDeployment(id)))
        await setImmediate()
        this.#mustBeUp('update')
      }
    } catch (error) {
      for (const revision of prepared) revision.discard()
      throw error
    }
    // What was told by the rules that end here is handed over as theirs.
    this.#taps.drain()
    const start = performance.now()
    commitAll(prepared)
    const seconds = (performance.now() - start) / 1000
    for (const revision of prepared) revision.conclude()
    this.#taps.refresh()
    this.#network = network
    await this.#workloads.update(network, [...this.#nodes.values()])
    return { seconds }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#guard.stop()
    this.#taps.close()
    this.#ticks?.close()
    this.#prober.close()
    await this.#workloads.close()
    // Links go with their namespaces, many at a time; taking programs off them one by one would take far longer.
    for (const node of this.#nodes.values()) node.close()
    for (const enforcement of this.#enforcements.values()) enforcement.close()
  }

  async #startGuests(deployments: readonly NodeDeployment[]): Promise<void> {
    await Promise.all(
      deployments.map(async (deployed) => {
        const node = this.#nodes.get(deployed.node) as KernelNode
        this.#enforcements.set(deployed.node, await GuestEnforcement.start(node, deployed, this.#tick))
      }),
    )
  }

  /** A node that enforced nothing until now gets something to be replaced. */
  #enforcement(id: string): NodeEnforcement {
    let enforcement = this.#enforcements.get(id)
    if (!enforcement) {
      const node = this.#nodes.get(id)
      if (!node) throw new TypeError(`deploy to ${id}: the network has no such node`)
      enforcement =
        node.node.kind === 'vm'
          ? new GuestEnforcement(node, { deployment: emptyDeployment(id), generation: 0 }, this.#tick)
          : new Enforcement(node, emptyDeployment(id))
      this.#enforcements.set(id, enforcement)
    }
    return enforcement
  }

  async #phase<T>(
    phase: string,
    items: readonly T[],
    work: (item: T) => void | Promise<void>,
  ): Promise<void> {
    const start = performance.now()
    let rested = start
    this.#options.signal?.throwIfAborted()
    for (const [done, item] of items.entries()) {
      await work(item)
      if (performance.now() - rested < stretch) continue
      this.#options.progress?.(phase, done, items.length)
      await setImmediate()
      this.#options.signal?.throwIfAborted()
      rested = performance.now()
    }
    this.#options.progress?.(phase, items.length, items.length)
    this.seconds[phase] = (performance.now() - start) / 1000
  }

  #mustBeUp(what: string): void {
    if (this.#closed) throw new Error(`${what}: the lab is down; bring it up again`)
  }
}

/** Guest firewalls that are loaded at a time. */
const atOnce = 8

const batches = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / atOnce) }, (_, index) =>
    items.slice(index * atOnce, (index + 1) * atOnce),
  )

/** All or none: those that were in force already are taken back if a later one is refused. */
function commitAll(prepared: readonly PreparedRevision[]): void {
  for (const [index, revision] of prepared.entries()) {
    try {
      revision.commit()
    } catch (error) {
      for (const done of prepared.slice(0, index)) done.revert()
      for (const rest of prepared.slice(index + 1)) rest.discard()
      throw error
    }
  }
}

/** Namespace, rtnetlink and listening sockets of each node, maps and programs of some, and room for probes and clients. */
const descriptorsOf = ({ nodes }: Network): number =>
  nodes.reduce((sum, { listeners }) => sum + 8 + 2 * listeners.length, 16_384)
