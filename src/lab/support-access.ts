/**
 * Support access in a running network: the controller, fed by the clock, and its audit log, which is opened when something is to be
 * written or an earlier one is there, and which stays when the network has gone.
 */
import { existsSync, readFileSync } from 'node:fs'
import { AccessController, AccessError, AuditLog, ed25519Key } from '../control/index.ts'
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
}

export class SupportAccess {
  readonly #running: RunningNetwork
  readonly #options: SupportAccessOptions
  readonly #interval: NodeJS.Timeout
  #ending: NodeJS.Timeout | undefined
  #log: AuditLog | undefined
  #controller: AccessController | undefined
  #closed = false

  /** Throws `AccessError` if there is a log that cannot be opened, or the key is none. */
  constructor(running: RunningNetwork, options: SupportAccessOptions) {
    this.#running = running
    this.#options = options
    if (existsSync(options.log)) this.#open()
    this.#interval = setInterval(() => this.#controller?.sweep(), interval).unref()
  }

  get log(): string {
    return this.#options.log
  }

  /** Does something with the controller, and looks again when a grant ends. Throws `AccessError`. */
  use<T>(work: (controller: AccessController) => T): T {
    const controller = this.#open()
    try {
      return work(controller)
    } finally {
      this.#lookIn(grace)
    }
  }

  /** Ends all grants. May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#interval)
    clearTimeout(this.#ending)
    this.#controller?.close()
    this.#log?.close()
  }

  #open(): AccessController {
    if (this.#closed)
      throw new AccessError('GL7006', 'grant access: the network goes down; bring it up again')
    if (this.#controller) return this.#controller
    const { fabric } = this.#running
    const log = openLog(this.#options)
    try {
      this.#controller = new AccessController({
        network: () => this.#running.inForce.network,
        maps: (node, name) => fabric.map(node, name),
        log,
        now: () => fabric.clock.monotonic(),
      })
    } catch (error) {
      log.close()
      throw error
    }
    this.#log = log
    this.#lookIn(grace)
    return this.#controller
  }

  /** Looks again after so many milliseconds, and then whenever a grant ends: that is in the log at once, not at the next look. */
  #lookIn(milliseconds: number): void {
    clearTimeout(this.#ending)
    if (this.#closed) return
    this.#ending = setTimeout(() => {
      this.#controller?.sweep()
      const end = this.#controller?.nextEnd()
      if (end === undefined) return
      const left = Number((end - this.#running.fabric.clock.monotonic()) / 1_000_000n)
      this.#lookIn(Math.min(Math.max(left + 1, 1), longestTimer))
    }, milliseconds).unref()
  }
}

/** Milliseconds: a longer wait would fire at once. */
const longestTimer = 2 ** 31 - 1

function openLog({ log, key }: SupportAccessOptions): AuditLog {
  try {
    return new AuditLog(
      log,
      key === undefined ? {} : { key: ed25519Key(readFileSync(key, 'utf8'), 'private') },
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AccessError(
      'GL7013',
      `open the audit log: ${reason}; mend that, or set GLACIS_AUDIT_LOG to another file`,
    )
  }
}
