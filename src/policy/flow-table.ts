/**
 * The reference flow table: what a stateful filter remembers between packets, and how much of it. See `FlowTier` for the
 * meaning, `flow-state.ts` for what packets make of a flow.
 */
import { flowQuota } from '../file/index.ts'
import { type Family, formatIp } from '../net/index.ts'
import type { Flow, Side } from './flow.ts'
import { advance, isConfirmed, type Progress, type Step, startOf } from './flow-state.ts'
import { Slots } from './slots.ts'

/** Flows that a filter may keep of each family, when not said otherwise. */
export const defaultQuota = flowQuota.standard

/** How a flow came to be. */
export interface FlowOpening {
  readonly opener: Side
  /** Sequence number of its first packet; 0 if that is not TCP. */
  readonly sequence: number
  /** Generation of the rules that allowed it. */
  readonly epoch: number
  /** Nanoseconds of the table's clock at which it ends whatever happens; absent: never. */
  readonly until?: bigint
}

/** A remembered flow. Its times are nanoseconds of any steady clock. */
export interface KnownFlow extends Omit<FlowOpening, 'sequence'>, Progress {
  /** Its place in the quota. */
  readonly slot: number
}

/** Flows of one filter, each family with a quota of its own. */
export class FlowTable {
  readonly #flows = new Map<string, KnownFlow>()
  readonly #slots: Readonly<Record<Family, Slots>>

  /** @param quota flows kept of each family */
  constructor(quota = defaultQuota) {
    this.#slots = { 4: new Slots(quota), 6: new Slots(quota) }
  }

  /** The flow, if it is known now. */
  find(flow: Flow, now: bigint): KnownFlow | undefined {
    return this.#living(keyOf(flow), now)
  }

  /**
   * Remembers a flow that rules allowed to open; `full`: there is no room for it. Where a confirmed flow with the same ends lives,
   * and was not reset, that one is `kept` as it is; any other with the same ends is forgotten. The new flow takes the slot at the cursor if nothing
   * confirmed lives there, else the next, and so on up to `slotTries`.
   */
  open(flow: Flow, now: bigint, { sequence, ...opening }: FlowOpening): 'opened' | 'kept' | 'full' {
    const key = keyOf(flow)
    const living = this.#living(key, now)
    if (living && isConfirmed(living.state) && !living.reset) return 'kept'
    this.#flows.delete(key)
    const slot = this.#take(flow.local.family, key, now)
    if (slot === undefined) return 'full'
    this.#flows.set(key, { ...opening, ...startOf(flow.protocol, sequence, now), slot })
    return 'opened'
  }

  /** A packet of a living flow passed. */
  step(flow: Flow, now: bigint, step: Step): void {
    this.#change(flow, (known) => advance(known, step, flow.protocol, now))
  }

  /** The rules of an epoch still allow it; from now on it ends by what they say. */
  renew(flow: Flow, epoch: number, until?: bigint): void {
    this.#change(flow, ({ until: _, ...known }) => ({
      ...known,
      epoch,
      ...(until !== undefined && { until }),
    }))
  }

  remove(flow: Flow): void {
    this.#flows.delete(keyOf(flow))
  }

  /** Flows that take memory, forgotten ones included. */
  get size(): number {
    return this.#flows.size
  }

  #living(key: string, now: bigint): KnownFlow | undefined {
    const known = this.#flows.get(key)
    return known && now < known.deadline && (known.until === undefined || now < known.until)
      ? known
      : undefined
  }

  #change(flow: Flow, change: (known: KnownFlow) => KnownFlow): void {
    const key = keyOf(flow)
    const known = this.#flows.get(key)
    if (known) this.#flows.set(key, change(known))
  }

  /** Gives a slot to a new flow; what was there is forgotten. */
  #take(family: Family, key: string, now: bigint): number | undefined {
    return this.#slots[family].take(key, (holder, slot) => {
      if (this.#flows.get(holder)?.slot !== slot) return true
      const living = this.#living(holder, now)
      if (living && isConfirmed(living.state)) return false
      return this.#flows.delete(holder)
    })
  }
}

const keyOf = (flow: Flow): string =>
  `${flow.protocol} ${formatIp(flow.local)} ${flow.localPort} ${formatIp(flow.remote)} ${flow.remotePort}`
