/**
 * A whole network on one machine. Two implementations: `kernel` (namespaces, veth, the real data plane) and `portable` (nodes
 * joined in this process, the same bytecode in the interpreter). One behaviour suite holds both.
 */
import type { Count, Deployment } from '../dataplane/index.ts'
import type { Network } from '../model/index.ts'
import type { Opening, Outcome } from '../trace/index.ts'

export type Mode = 'kernel' | 'portable'

export interface FabricOptions {
  readonly network: Network
  readonly deployment: Deployment
  /** Called as the phases go on, for people. `done` ≤ `total`. */
  readonly progress?: (phase: string, done: number, total: number) => void
  /** Stops the bringing up, which then takes down what there was and rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface Fabric {
  readonly mode: Mode
  /** Seconds that each phase of bringing up took, in order: `nodes`, `links`, `programs`, `workloads`, … */
  readonly seconds: Readonly<Record<string, number>>
  /**
   * Sends each opening's first packet from its node and source address and port, waits for what comes back. Probes run
   * together, as many at once as is sensible; the result has their order. An outcome is `silent` after `patience` milliseconds.
   */
  probe(openings: readonly Opening[], patience?: number): Promise<readonly Observation[]>
  /** Counters of a node, by slot (see `NodeDeployment.firstCounters`); empty if the node enforces nothing. */
  counters(node: string): readonly Count[]
  /**
   * Puts other rules in force while packets pass: all of them, or none if one is refused. Flows go on; what the new rules no longer
   * allow stops. Rejects with `TypeError` if the machines or cables differ (see {@link sameTopology}), else with what the engine or
   * the kernel refused.
   * @param next compiled as successor of what runs: other `epoch`, same filter numbers
   */
  update(next: Revision): Promise<void>
  /** Takes everything down; may be called twice. */
  close(): Promise<void>
}

/** What a fabric runs: rules, and the machines that serve behind them. */
export interface Revision {
  readonly network: Network
  readonly deployment: Deployment
}

export interface Observation {
  readonly outcome: Outcome
  /** What the system said, for people: `ECONNREFUSED`, `12 bytes back`. */
  readonly detail?: string
  /** Milliseconds until the outcome was known. */
  readonly milliseconds: number
}
