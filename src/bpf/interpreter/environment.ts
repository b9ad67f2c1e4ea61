/** What the interpreter takes from outside, so that runs can be repeated exactly. All of it may be changed between runs. */

export interface Environment {
  /** Nanoseconds since boot, for `ktime_get_ns` and its kin. */
  clock: () => bigint
  /** An unsigned 32-bit number, for `get_prandom_u32`. */
  random: () => number
  /** CPU that the next run is on, below `cpus`. */
  cpu: number
  /** CPUs that per-CPU maps have values for. */
  readonly cpus: number
  /** Instructions that one run may take, tail calls included. */
  instructionLimit: number
  /**
   * `bpf_fib_lookup`: reads and changes the 64 bytes of `struct bpf_fib_lookup`, returns its result (`BPF_FIB_LKUP_RET_*`
   * or a negative errno). Absent: programs that call it fault.
   */
  fibLookup: FibLookup | undefined
}

export type FibLookup = (parameters: Uint8Array, flags: number, ifindex: number) => number

export const DEFAULT_CPUS = 1
/** The kernel explores at most a million instructions of a program. */
export const DEFAULT_INSTRUCTION_LIMIT = 1_000_000
