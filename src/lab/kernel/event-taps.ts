/** The ring buffers of all nodes, read from the event loop for as long as somebody listens. */
import {
  defaultEventLimit,
  eventMaps,
  type NodeDeployment,
  readUntold,
  type Untold,
  watchValue,
} from '../../dataplane/index.ts'
import { createPoller, type KernelMap, openRing, type Poller, type RingReader } from '../../kernel/index.ts'
import type { RecordHandler } from '../fabric.ts'

/** A node with programs. Its maps for events are the same through all revisions of its rules. */
export interface Tapped {
  readonly deployment: NodeDeployment
  /** `undefined`: it has none. */
  map(name: string): KernelMap | undefined
}

interface Tap {
  readonly source: Tapped
  readonly ring: RingReader
}

/** Records read at a time, so that a flood of one node leaves room for the others. */
const stretch = 500
const theOnly = new Uint8Array(4)

export class EventTaps {
  readonly #taps = new Map<Tapped, Tap>()
  readonly #sources: () => Iterable<Tapped>
  #poller: Poller | undefined
  #mode = 0
  #limit = defaultEventLimit
  #handle: RecordHandler = () => {}

  constructor(sources: () => Iterable<Tapped>) {
    this.#sources = sources
  }

  listen(mode: number, limit: number, handle: RecordHandler): void {
    this.#mode = mode
    this.#limit = limit
    this.#handle = handle
    this.refresh()
    if (mode === 0) this.#closeTaps()
  }

  /** Takes in nodes that have begun to enforce something. */
  refresh(): void {
    for (const source of this.#sources()) {
      const watch = source.map(eventMaps.watch.name)
      const ring = source.map(eventMaps.ring.name)
      if (!watch || !ring) continue
      watch.update(theOnly, watchValue(this.#mode, this.#limit))
      if (this.#mode !== 0 && !this.#taps.has(source)) this.#open(source, ring)
    }
  }

  /** Hands over all that is there now. */
  drain(): void {
    for (const { source, ring } of this.#taps.values())
      ring.read((record) => this.#handle(source.deployment, record))
  }

  close(): void {
    this.#mode = 0
    this.#closeTaps()
  }

  #open(source: Tapped, map: KernelMap): void {
    this.#poller ??= createPoller()
    const ring = openRing(map)
    // What an earlier listener left is not for this one.
    ring.read(() => {})
    this.#taps.set(source, { source, ring })
    this.#poller.watch(
      ring.fd,
      { readable: true },
      () => void ring.read((record) => this.#handle(source.deployment, record), stretch),
    )
  }

  #closeTaps(): void {
    for (const { ring } of this.#taps.values()) {
      this.#poller?.unwatch(ring.fd)
      ring.close()
    }
    this.#taps.clear()
    this.#poller?.close()
    this.#poller = undefined
  }
}

const nothing: Untold = Object.freeze({ suppressed: 0n, lost: 0n })

export function untoldBy(source: Tapped | undefined): Untold {
  const tally = source?.map(eventMaps.tally.name)
  return tally ? readUntold(tally) : nothing
}
