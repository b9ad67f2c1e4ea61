/** Small programs that kernel tests share. */
import {
  add64,
  atomicAdd,
  call,
  exit,
  type Instruction,
  jeq,
  labelled,
  ldImm64,
  ldMap,
  ldxw,
  mov64,
  type ProgramSpec,
  type ProgramType,
  R0,
  R1,
  R2,
  R3,
  R4,
  R10,
  SK_BUFF,
  stw,
  stxdw,
  stxw,
  tailCall,
  XDP_MD,
} from '../../src/bpf/index.ts'

export const program = (name: string, type: ProgramType, instructions: Instruction[]): ProgramSpec =>
  Object.freeze({ name, type, license: 'GPL', instructions })

/** Answers with this verdict always. */
export const constant = (type: ProgramType, verdict: number, name = 'constant'): ProgramSpec =>
  program(name, type, [mov64.imm(R0, verdict), exit()])

/** Adds 1 to the 64-bit entry 0 of the array `map`, then answers with this verdict. */
export const counting = (type: ProgramType, verdict: number, map = 'counters'): ProgramSpec =>
  program('counting', type, [
    stw(R10, -4, 0),
    mov64.reg(R2, R10),
    add64.imm(R2, -4),
    ldMap(R1, map),
    call('map_lookup_elem'),
    jeq.imm(R0, 0, 'done'),
    mov64.imm(R1, 1),
    atomicAdd(8, R0, 0, R1),
    labelled('done', mov64.imm(R0, verdict)),
    exit(),
  ])

/** Tail-calls entry 0 of the prog_array `next`; answers with this verdict if it is empty. */
export const tailCalling = (type: ProgramType, verdict: number, map = 'next'): ProgramSpec =>
  program('tail', type, [ldMap(R2, map), mov64.imm(R3, 0), tailCall(), mov64.imm(R0, verdict), exit()])

/** Writes the two 64-bit values to the ring buffer `ring`, as one record. */
export const reporting = (type: ProgramType, values: readonly [bigint, bigint]): ProgramSpec =>
  program('reporting', type, [
    ldImm64(R3, values[0]),
    stxdw(R10, -16, R3),
    ldImm64(R3, values[1]),
    stxdw(R10, -8, R3),
    mov64.reg(R2, R10),
    add64.imm(R2, -16),
    ldMap(R1, 'ring'),
    mov64.imm(R3, 16),
    mov64.imm(R4, 0),
    call('ringbuf_output'),
    exit(),
  ])

/** Redirects by entry 0 of the devmap `devices`. */
export const redirecting = (): ProgramSpec =>
  program('redirecting', 'xdp', [
    ldMap(R1, 'devices'),
    mov64.imm(R2, 0),
    mov64.imm(R3, 0),
    call('redirect_map'),
    exit(),
  ])

/** Answers with the index of the interface on which the packet came. */
export const ifindexOf = (type: 'xdp' | 'sched_cls'): ProgramSpec =>
  program('ifindex', type, [ldxw(R0, R1, type === 'xdp' ? XDP_MD.ingress_ifindex : SK_BUFF.ifindex), exit()])

/** tc: mark += 1, answers with the old mark. */
export const remarking = (): ProgramSpec =>
  program('remarking', 'sched_cls', [
    ldxw(R0, R1, SK_BUFF.mark),
    mov64.reg(R2, R0),
    add64.imm(R2, 1),
    stxw(R1, SK_BUFF.mark, R2),
    exit(),
  ])

/** A 60-byte frame with a protocol that nobody answers. */
export function frame(): Uint8Array {
  const bytes = new Uint8Array(60)
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5])
  return bytes
}

export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
export const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer)
export const readU64 = (bytes: Uint8Array | undefined): bigint =>
  bytes === undefined ? -1n : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
