/**
 * The agents in the host partitions of a network: each knows the goal state of its VMs, takes their heartbeats, and answers them and
 * nobody else. Who asks is told by the source address, which the filter at a VM's port vouches for.
 */
import { type Listener, type Network, type Node, nodeById, vmsOfHost } from '../model/index.ts'
import { type Ip, ipEquals } from '../net/index.ts'
import { type AgentRequest, type AgentResponse, jsonResponse } from './exchange.ts'
import type { HealthReport } from './health-report.ts'
import { answerMetadata } from './instance-metadata.ts'
import { type BucketSize, TokenBucket } from './token-bucket.ts'
import { answerSettings } from './vm-settings.ts'
import { answerWire } from './wire-server.ts'

/** The last word of a VM on itself. */
export interface Heartbeat extends HealthReport {
  /** When it came. */
  readonly at: Date
}

export interface VmStatus {
  readonly vm: string
  /** That it was last given. */
  readonly incarnation: number
  /** Absent: it has not reported yet. */
  readonly heartbeat?: Heartbeat
}

export type HostApplication = Extract<
  Listener['application'],
  'wire-server' | 'vm-settings' | 'instance-metadata'
>

/** Requests that a VM may make of all agents of its host together; an agent of Azure's makes some ten a minute. */
const requestLimit: BucketSize = { rate: 50, burst: 100 }

/** Where a request came from and to. */
export interface Caller {
  readonly host: string
  readonly source: Ip
  /** Of the service, as it was addressed: `168.63.129.16:80`. */
  readonly authority: string
}

export class HostAgents {
  #network: Network
  #incarnation = 1
  readonly #heartbeats = new Map<string, Heartbeat>()
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #clock: () => number

  /** @param clock milliseconds, by which requests are limited */
  constructor(network: Network, clock: () => number = () => performance.now()) {
    this.#network = network
    this.#clock = clock
  }

  /** What the VMs are given from now on. Their goal state is a new one, with the next incarnation. */
  apply(network: Network): void {
    this.#network = network
    this.#incarnation++
    for (const known of [this.#heartbeats, this.#buckets])
      for (const vm of known.keys()) if (!nodeById(network, vm)) known.delete(vm)
  }

  answer(application: HostApplication, caller: Caller, request: AgentRequest): AgentResponse {
    const vm = this.#vmAt(caller)
    if (!vm) return jsonResponse(403, { error: 'only virtual machines of this host are answered' })
    // RFC 6585 section 4.
    if (!this.#mayAsk(vm)) return jsonResponse(429, { error: 'too many requests' }, { 'retry-after': '1' })
    const network = this.#network
    const incarnation = this.#incarnation
    switch (application) {
      case 'instance-metadata':
        return answerMetadata(network, vm, request)
      case 'vm-settings':
        return answerSettings({ network, incarnation }, vm, request)
      case 'wire-server': {
        const record = (report: HealthReport): void =>
          void this.#heartbeats.set(vm.id, { ...report, at: new Date() })
        return answerWire({ network, incarnation, origin: `http://${caller.authority}`, record }, vm, request)
      }
    }
  }

  /** Of all VMs of a host, in the order of its ports. */
  status(host: string): readonly VmStatus[] {
    return vmsOfHost(this.#network, host).map(({ id: vm }) => {
      const heartbeat = this.#heartbeats.get(vm)
      return { vm, incarnation: this.#incarnation, ...(heartbeat && { heartbeat }) }
    })
  }

  /** By VM, not by address: it may have several. */
  #mayAsk({ id }: Node): boolean {
    const now = this.#clock()
    const bucket = this.#buckets.get(id) ?? new TokenBucket(requestLimit, now)
    this.#buckets.set(id, bucket)
    return bucket.take(now)
  }

  #vmAt({ host, source }: Caller): Node | undefined {
    return vmsOfHost(this.#network, host).find(({ addresses }) =>
      addresses.some((address) => ipEquals(address, source)),
    )
  }
}
