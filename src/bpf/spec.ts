/**
 * Inert descriptions of eBPF programs and maps. A spec is a frozen value: the same builder calls give the same bytes
 * on any machine. Engines (the kernel, the interpreter) turn specs into objects.
 */

/** Program types that the toolkit knows; values of `enum bpf_prog_type` are in `kernel-abi.ts`. */
export type ProgramType = 'xdp' | 'sched_cls' | 'socket_filter'

export type MapType =
  | 'hash'
  | 'array'
  | 'prog_array'
  | 'percpu_hash'
  | 'percpu_array'
  | 'lru_hash'
  | 'lru_percpu_hash'
  | 'lpm_trie'
  | 'array_of_maps'
  | 'hash_of_maps'
  | 'devmap'
  | 'devmap_hash'
  | 'queue'
  | 'ringbuf'

export interface MapSpec {
  /** At most 15 characters of [A-Za-z0-9_.]; the kernel's limit. */
  readonly name: string
  readonly type: MapType
  /** Bytes. 0 for ring buffers and queues. */
  readonly keySize: number
  /** Bytes per CPU. */
  readonly valueSize: number
  /** Ring buffers: size in bytes, a power of two times the page size. */
  readonly maxEntries: number
  /** `BPF_F_*` of map creation. */
  readonly flags?: number
  /** Of array_of_maps and hash_of_maps: the shape that inner maps must have. */
  readonly inner?: MapSpec
}

/** One instruction, 8 bytes, or 16 for `ld_imm64`. Jump targets are labels until assembly. */
export interface Instruction {
  readonly opcode: number
  readonly dst: number
  readonly src: number
  /** Signed 16 bits. For a jump with a `target`, filled by the assembler. */
  readonly offset: number
  /** Signed 32 bits; for `ld_imm64` an unsigned 64-bit value. */
  readonly imm: number | bigint
  /** Label to which a jump goes. */
  readonly target?: string
  /** Label that stands at this instruction. */
  readonly label?: string
  /** Name of the map whose address `ld_imm64` loads. */
  readonly map?: string
  /** Name of the parameter whose value `ld_imm64` loads once the program is instantiated. */
  readonly parameter?: string
  /** Where the builder call stands that emitted it, and what it was for. */
  readonly note?: InstructionNote
}

export interface InstructionNote {
  /** `file:line` of the caller, or what the caller named it. */
  readonly site: string
  readonly text?: string
}

export interface ProgramSpec {
  /** At most 15 characters of [A-Za-z0-9_.]. */
  readonly name: string
  readonly type: ProgramType
  /** Helpers marked GPL-only need `GPL`. */
  readonly license: string
  readonly instructions: readonly Instruction[]
}
