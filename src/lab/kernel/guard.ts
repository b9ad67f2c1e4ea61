/**
 * Whether every node has in force what it should: asked when the kernel tells that filters or tables of the node changed, and of all nodes in
 * turn, since nobody tells of an XDP program that is taken off. What is missing is put back at once, and told; where that has to be
 * done again and again, the interface is closed.
 */
import { createPoller, type Notifications, type Poller } from '../../kernel/index.ts'
import type { Lapse } from '../lapse.ts'
import type { NodeEnforcement } from './enforcement.ts'
import { Rests } from './rests.ts'
import { Rounds } from './rounds.ts'

export class Guard {
  readonly #nodes: ReadonlyMap<string, NodeEnforcement>
  readonly #lapses = new Map<string, Lapse>()
  readonly #hearers = new Set<(lapse: Lapse) => void>()
  readonly #notifications = new Map<string, Notifications>()
  readonly #resting = new Set<NodeJS.Timeout>()
  readonly #rests = new Rests()
  readonly #rounds: Rounds<string>
  #poller: Poller | undefined

  /** @param nodes by id; may grow */
  constructor(nodes: ReadonlyMap<string, NodeEnforcement>) {
    this.#nodes = nodes
    this.#rounds = new Rounds(
      () => this.#nodes.keys(),
      (id) => {
        this.#attend(id)
        if (this.#restOf(id) === 0) this.look(id)
      },
    )
  }

  /** From now on, until `stop`. */
  start(): void {
    for (const id of this.#nodes.keys()) this.#attend(id)
    this.#rounds.start()
  }

  /** The last lapse of each node that had one. */
  get lapses(): readonly Lapse[] {
    return [...this.#lapses.values()]
  }

  /** Calls `hear`, which must not throw, at the beginning and at the end of each lapse, until the function that it returns is called. */
  onLapse(hear: (lapse: Lapse) => void): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  /** Looks at one node now, even if it rests. */
  look(id: string): void {
    const enforcement = this.#nodes.get(id)
    if (!enforcement) return
    const start = performance.now()
    const lapsed = this.#mend(id, enforcement)
    const end = performance.now()
    this.#rests.begin(id, end, end - start, lapsed, enforcement.longestRest)
  }

  /** Somebody says that all is well at a node: what was closed there opens. Throws what the kernel says. */
  reopen(id: string): void {
    const enforcement = this.#nodes.get(id)
    if (!enforcement) return
    const before = enforcement.closed.length
    enforcement.reopen()
    const lapse = this.#lapses.get(id)
    if (lapse && enforcement.closed.length < before)
      this.#note({ ...lapse, restored: now(), closed: enforcement.closed })
  }

  /** Whether something was missing. */
  #mend(id: string, enforcement: NodeEnforcement): boolean {
    const before = this.#lapses.get(id)
    const open = before && before.restored === null ? before : undefined
    const missing = missingOf(enforcement)
    if (missing.length === 0) {
      if (open)
        this.#note({
          node: id,
          missing: open.missing,
          since: open.since,
          restored: now(),
          closed: enforcement.closed,
        })
      return false
    }
    const all = [...new Set([...(open?.missing ?? []), ...missing])]
    const begun = { node: id, missing: all, since: open?.since ?? now(), restored: null }
    if (!open) this.#note({ ...begun, closed: enforcement.closed })
    const reason = restore(enforcement)
    const lapse = { ...begun, closed: enforcement.closed }
    if (reason === undefined) this.#note({ ...lapse, restored: now() })
    else if (open?.reason !== reason) this.#note({ ...lapse, reason })
    return true
  }

  stop(): void {
    this.#rounds.stop()
    for (const timer of this.#resting) clearTimeout(timer)
    for (const notifications of this.#notifications.values()) {
      this.#poller?.unwatch(notifications.fd)
      notifications.close()
    }
    this.#notifications.clear()
    this.#poller?.close()
    this.#poller = undefined
  }

  /** Is told of the node's changes from now on. */
  #attend(id: string): void {
    if (this.#notifications.has(id)) return
    const notifications = this.#nodes.get(id)?.notifications()
    if (!notifications) return
    this.#notifications.set(id, notifications)
    this.#watch(id, notifications)
  }

  #watch(id: string, notifications: Notifications): void {
    this.#poller ??= createPoller()
    const poller = this.#poller
    poller.watch(notifications.fd, { readable: true }, () => {
      // What a node that rests tells waits.
      if (this.#restOf(id) === 0) {
        notifications.drain()
        this.look(id)
      }
      poller.unwatch(notifications.fd)
      const timer = setTimeout(() => {
        this.#resting.delete(timer)
        this.#watch(id, notifications)
      }, this.#restOf(id))
      this.#resting.add(timer)
    })
  }

  #restOf(id: string): number {
    return this.#rests.left(id, performance.now())
  }

  #note(lapse: Lapse): void {
    this.#lapses.set(lapse.node, Object.freeze(lapse))
    for (const hear of this.#hearers) hear(lapse)
  }
}

const now = (): string => new Date().toISOString()

function missingOf(enforcement: NodeEnforcement): readonly string[] {
  try {
    return enforcement.missing()
  } catch (error) {
    return [`what it has cannot be read (${messageOf(error)})`]
  }
}

/** Why it is not all in force after it; `undefined`: it is. */
function restore(enforcement: NodeEnforcement): string | undefined {
  try {
    enforcement.restore()
    const left = enforcement.missing()
    return left.length === 0 ? undefined : `${left.join(', ')} did not stay`
  } catch (error) {
    return messageOf(error)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
