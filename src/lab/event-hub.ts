/** One stream of events for everybody who listens: what is told is what somebody wants, and each gets what he asked for. */
import { defaultEventLimit, type EventKind, eventKind } from '../dataplane/index.ts'
import { type Network, neighboursOf } from '../model/index.ts'
import { decodeEvent, type PacketEvent } from '../observe/index.ts'
import type { Fabric } from './fabric.ts'

export interface Listener {
  readonly kinds: readonly EventKind[]
  /** Events that each interface of a node may tell in a second; of several listeners the largest holds. */
  readonly limit?: number
  /** Must not throw. */
  readonly hear: (event: PacketEvent) => void
}

export class EventHub {
  readonly #fabric: Fabric
  readonly #listeners = new Set<Listener>()
  readonly #interfaces = new Map<string, readonly string[]>()
  readonly #network: Network

  /** @param network its machines and cables, which no change of rules changes */
  constructor(fabric: Fabric, network: Network) {
    this.#fabric = fabric
    this.#network = network
  }

  /** Until the function that it returns is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#apply()
    return () => {
      if (this.#listeners.delete(listener)) this.#apply()
    }
  }

  #apply(): void {
    let mode = 0
    let limit = 0
    for (const listener of this.#listeners) {
      for (const kind of listener.kinds) mode |= eventKind[kind]
      limit = Math.max(limit, listener.limit ?? defaultEventLimit)
    }
    this.#fabric.listen(mode, limit, (deployment, record) => {
      const event = decodeEvent(record, deployment, (index) => this.#interfaceName(deployment.node, index))
      for (const { kinds, hear } of this.#listeners) if (kinds.includes(event.kind)) hear(event)
    })
  }

  /** Interfaces are numbered from 2 in the order of the node's cables, in every fabric. */
  #interfaceName(node: string, index: number): string | undefined {
    let names = this.#interfaces.get(node)
    if (!names) {
      names = neighboursOf(this.#network, node).map(({ near }) => near.interface)
      this.#interfaces.set(node, names)
    }
    return names[index - 2]
  }
}
