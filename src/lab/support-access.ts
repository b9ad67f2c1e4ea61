/**
 * Support access in a running network: the controller, fed by the clock, and its audit log, which is there from the first moment, so that
 * its absence always means something, and stays when the network has gone.
 */
import { readFileSync } from 'node:fs'
import { AccessController, AccessError, AuditLog, ed25519Key } from '../control/index.ts'
import type { GrantedPath } from '../policy/index.ts'
import type { RunningNetwork } from './running-network.ts'

/** Milliseconds between two looks at what was used. */
const interval = 1000
/** Milliseconds after which packets that were under way when access was taken back have arrived. */
const grace = 30

export interface SupportAccessOptions {
  /** Path of the audit log. */
  readonly log: string
  /** Path of the Ed25519 private key, PEM, that signs its head. */
  readonly key?: string
  /** Hears, as a sentence without a full stop, of damage to the log. Must not throw. */
  readonly onDamage?: (what: string) => void
}

export class SupportAccess {
  readonly #running: RunningNetwork
  readonly #options: SupportAccessOptions
  readonly #interval: NodeJS.Timeout
  readonly #log: AuditLog
  readonly #controller: AccessController
  #ending: NodeJS.Timeout | undefined
  #closed = false

  /** Throws `AccessError` if the log cannot be opened, or the key is none. */
  constructor(running: RunningNetwork, options: SupportAccessOptions) {
    this.#running = running
    this.#options = options
    const { fabric } = running
    this.#log = openLog(options)
    try {
      this.#controller = new AccessController({
        network: () => running.inForce.network,
        maps: (node, name) => fabric.map(node, name),
        log: this.#log,
        now: () => fabric.clock.monotonic(),
      })
    } catch (error) {
      this.#log.close()
      throw error
    }
    this.#interval = setInterval(() => this.#controller.sweep(), interval).unref()
    this.#lookIn(grace)
  }

  get log(): string {
    return this.#options.log
  }

  /** Does something with the controller, and looks again when a grant ends. Throws `AccessError`. */
  use<T>(work: (controller: AccessController) => T): T {
    if (this.#closed)
      throw new AccessError('GL7006', 'grant access: the network goes down; bring it up again')
    try {
      return work(this.#controller)
    } finally {
      this.#lookIn(grace)
    }
  }

  /**
   * Sends a packet of Glacis itself by the grant for a path, if there is one: the log is told before that, so that no person is said to have
   * used it. Rejects with `AccessError` if the log cannot be written; then nothing was sent.
   */
  async probe<T>(host: string, path: GrantedPath, by: string, send: () => Promise<T>): Promise<T> {
    const done = this.use((controller) => controller.probe(host, path, by))
    try {
      return await send()
    } finally {
      done()
    }
  }

  /** Ends all grants. May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#interval)
    clearTimeout(this.#ending)
    this.#controller.close()
    this.#log.close()
  }

  /** Looks again after so many milliseconds, and then whenever a grant ends: that is in the log at once, not at the next look. */
  #lookIn(milliseconds: number): void {
    clearTimeout(this.#ending)
    if (this.#closed) return
    this.#ending = setTimeout(() => {
      this.#controller.sweep()
      const end = this.#controller.nextEnd()
      if (end === undefined) return
      const left = Number((end - this.#running.fabric.clock.monotonic()) / 1_000_000n)
      this.#lookIn(Math.min(Math.max(left + 1, 1), longestTimer))
    }, milliseconds).unref()
  }
}

/** Milliseconds: a longer wait would fire at once. */
const longestTimer = 2 ** 31 - 1

function openLog({ log, key, onDamage }: SupportAccessOptions): AuditLog {
  try {
    return new AuditLog(log, {
      ...(key !== undefined && { key: ed25519Key(readFileSync(key, 'utf8'), 'private') }),
      ...(onDamage && { onDamage }),
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AccessError(
      'GL7013',
      `open the audit log: ${reason}; mend that, or set GLACIS_AUDIT_LOG to another file`,
    )
  }
}
