/**
 * The events of all nodes, read from the event loop for as long as somebody listens. A node that cannot be heard takes nothing of the others
 * away: that is told, once, and tried again when events are next asked for.
 */
import { defaultEventLimit, type Untold } from '../../dataplane/index.ts'
import { createPoller, type Poller } from '../../kernel/index.ts'
import type { RecordHandler } from '../fabric.ts'
import type { Mute } from '../mute.ts'

/** The events of one node, as they come. */
export interface EventTap {
  /** Readable when there are some. */
  readonly fd: number
  /**
   * Hands over what is there, oldest first, at most so many. Returns for how many milliseconds nothing is to be read again: the second has
   * had enough; 0: it may go on.
   */
  read(handle: RecordHandler, most?: number): number
  close(): void
}

/** A node that enforces something. */
export interface Tapped {
  /**
   * Sets which events it tells, and how many a second at most; again after each change of its rules. Throws what the kernel says, and tells
   * what it can.
   */
  tell(mode: number, limit: number): void
  /** After `tell`. `undefined`: it has nothing that could tell. */
  openTap(): EventTap | undefined
  /** Since the start. */
  untold(): Untold
}

/** Records read at a time, so that a flood of one node leaves room for the others. */
const stretch = 500

export class EventTaps {
  readonly #taps = new Map<Tapped, EventTap>()
  readonly #resting = new Set<NodeJS.Timeout>()
  readonly #sources: ReadonlyMap<string, Tapped>
  readonly #mutes = new Map<string, Mute>()
  readonly #hearers = new Set<(mute: Mute) => void>()
  #poller: Poller | undefined
  #mode = 0
  #limit = defaultEventLimit
  #handle: RecordHandler = () => {}

  /** @param sources by node id; may grow */
  constructor(sources: ReadonlyMap<string, Tapped>) {
    this.#sources = sources
  }

  listen(mode: number, limit: number, handle: RecordHandler): void {
    this.#mode = mode
    this.#limit = limit
    this.#handle = handle
    if (mode === 0) this.#closeTaps()
    this.refresh()
  }

  /** Takes in nodes that have begun to enforce something. */
  refresh(): void {
    for (const [node, source] of this.#sources) {
      this.#tell(node, source)
      if (this.#mode === 0 || this.#taps.has(source)) continue
      const tap = source.openTap()
      if (!tap) continue
      this.#taps.set(source, tap)
      this.#watch(tap)
    }
  }

  /** Nodes that could not be heard, or not all of what they tell, when it was last tried. */
  get mutes(): readonly Mute[] {
    return [...this.#mutes.values()]
  }

  /** Calls `hear`, which must not throw, of each that could be heard before, until the function that it returns is called. */
  onMute(hear: (mute: Mute) => void): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  /** Hands over all that is there now. */
  drain(): void {
    for (const tap of this.#taps.values()) tap.read((...told) => this.#handle(...told))
  }

  close(): void {
    this.#mode = 0
    this.#closeTaps()
  }

  #tell(node: string, source: Tapped): void {
    try {
      source.tell(this.#mode, this.#limit)
      if (this.#mode !== 0) this.#mutes.delete(node)
    } catch (error) {
      const mute = Object.freeze({ node, reason: error instanceof Error ? error.message : String(error) })
      const known = this.#mutes.has(node)
      this.#mutes.set(node, mute)
      if (!known) for (const hear of this.#hearers) hear(mute)
    }
  }

  #watch(tap: EventTap): void {
    this.#poller ??= createPoller()
    this.#poller.watch(tap.fd, { readable: true }, () => {
      const rest = tap.read((...told) => this.#handle(...told), stretch)
      if (rest > 0) this.#rest(tap, rest)
    })
  }

  #rest(tap: EventTap, milliseconds: number): void {
    this.#poller?.unwatch(tap.fd)
    const timer = setTimeout(() => {
      this.#resting.delete(timer)
      this.#watch(tap)
    }, milliseconds)
    this.#resting.add(timer)
  }

  #closeTaps(): void {
    for (const timer of this.#resting) clearTimeout(timer)
    this.#resting.clear()
    for (const tap of this.#taps.values()) {
      this.#poller?.unwatch(tap.fd)
      tap.close()
    }
    this.#taps.clear()
    this.#poller?.close()
    this.#poller = undefined
  }
}
