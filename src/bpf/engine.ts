/** What runs specs. Two implementations: `kernel/` through bpf(2), and the interpreter in this folder. One test suite. */
import type { MapSpec, ProgramSpec } from './spec.ts'

export interface Engine {
  readonly name: 'kernel' | 'interpreter'
  /** Throws `BpfError` if the map cannot be created. */
  createMap(spec: MapSpec, inner?: BpfMap): BpfMap
  /** Verifies and loads. Every map that the program names must be in `maps`. Throws `VerifierError` with the log. */
  load(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): LoadedProgram
}

/** A map that exists. Keys and values are byte arrays of exactly `keySize` and `valueSize`. */
export interface BpfMap {
  readonly spec: MapSpec
  /** Per-CPU maps: the values of all CPUs one after the other, each padded to 8 bytes. `undefined`: no such key. */
  lookup(key: Uint8Array): Uint8Array | undefined
  update(key: Uint8Array, value: Uint8Array | BpfMap | LoadedProgram, mode?: UpdateMode): void
  /** False if there was no such key. */
  delete(key: Uint8Array): boolean
  entries(): Iterable<readonly [key: Uint8Array, value: Uint8Array]>
  /** All at once, by the kernel's batch operations where the map type has them. */
  updateBatch(entries: ReadonlyArray<readonly [key: Uint8Array, value: Uint8Array]>): void
  lookupBatch(): Array<readonly [key: Uint8Array, value: Uint8Array]>
  close(): void
}

export type UpdateMode = 'any' | 'create' | 'exist'

export interface LoadedProgram {
  readonly spec: ProgramSpec
  /** Runs once on a packet that starts at the Ethernet header (at least 14 bytes). */
  run(packet: Uint8Array, context?: RunContext): RunResult
  close(): void
}

export interface RunContext {
  /** Interface index seen as ingress_ifindex (XDP) or ifindex (tc). */
  readonly ifindex?: number
  /** tc only: skb->mark on entry. */
  readonly mark?: number
}

export interface RunResult {
  /** XDP_* or TC_ACT_* as a signed 32-bit number. */
  readonly verdict: number
  readonly packet: Uint8Array
}
