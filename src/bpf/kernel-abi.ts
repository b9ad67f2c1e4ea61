/**
 * Numbers of the kernel's eBPF interface: `include/uapi/linux/bpf.h` and `bpf_common.h`, and RFC 9669 for the
 * instruction set. Nothing here is invented; names keep the kernel's, in lower case without the `BPF_` prefix where
 * they are keys.
 */
import type { MapType, ProgramType } from './spec.ts'

/** Low three bits of an opcode. */
export const CLASS = {
  ld: 0x00,
  ldx: 0x01,
  st: 0x02,
  stx: 0x03,
  alu: 0x04,
  jmp: 0x05,
  jmp32: 0x06,
  alu64: 0x07,
} as const

/** Width bits of loads and stores. */
export const SIZE = { w: 0x00, h: 0x08, b: 0x10, dw: 0x18 } as const

/** Mode bits of loads and stores. */
export const MODE = {
  imm: 0x00,
  abs: 0x20,
  ind: 0x40,
  mem: 0x60,
  memsx: 0x80,
  atomic: 0xc0,
} as const

/** Bit 3 of arithmetic and jump opcodes: second operand is an immediate (0) or a register (8). */
export const SOURCE = { k: 0x00, x: 0x08 } as const

/** High four bits of arithmetic opcodes. */
export const ALU = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
  end: 0xd0,
} as const

/** High four bits of jump opcodes. */
export const JMP = {
  ja: 0x00,
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jset: 0x40,
  jne: 0x50,
  jsgt: 0x60,
  jsge: 0x70,
  call: 0x80,
  exit: 0x90,
  jlt: 0xa0,
  jle: 0xb0,
  jslt: 0xc0,
  jsle: 0xd0,
} as const

/** Immediates of atomic instructions. `fetch` returns the old value in the source register. */
export const ATOMIC = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetch: 0x01,
  xchg: 0xe1,
  cmpxchg: 0xf1,
} as const

/** Source register of `ld_imm64`: what the 64 bits are. */
export const PSEUDO = { value: 0, mapFd: 1, mapValue: 2 } as const

/** The stack of one program, bytes. */
export const STACK_SIZE = 512
/** Instructions (8-byte slots) of one program at most, for privileged users. */
export const MAX_INSTRUCTIONS = 1_000_000
/** `bpf_tail_call` beyond this depth falls through. */
export const MAX_TAIL_CALLS = 33
/** Bytes of the names of programs and maps without the final zero. */
export const MAX_NAME = 15

export const PROGRAM_TYPE: Readonly<Record<ProgramType, number>> = { socket_filter: 1, sched_cls: 3, xdp: 6 }

export const MAP_TYPE: Readonly<Record<MapType, number>> = {
  hash: 1,
  array: 2,
  prog_array: 3,
  percpu_hash: 5,
  percpu_array: 6,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  queue: 22,
  devmap_hash: 25,
  ringbuf: 27,
}

/** Flags of `BPF_MAP_CREATE`. */
export const MAP_FLAG = {
  noPrealloc: 1 << 0,
  noCommonLru: 1 << 1,
  numaNode: 1 << 2,
  readOnly: 1 << 3,
  writeOnly: 1 << 4,
  readOnlyProgram: 1 << 7,
  writeOnlyProgram: 1 << 8,
  mmapable: 1 << 10,
  innerMap: 1 << 12,
} as const

/** Flags of `bpf_map_update_elem`. */
export const UPDATE = { any: 0, noexist: 1, exist: 2 } as const

/** Verdicts of XDP programs. */
export const XDP_ABORTED = 0
export const XDP_DROP = 1
export const XDP_PASS = 2
export const XDP_TX = 3
export const XDP_REDIRECT = 4

/** Verdicts of tc programs, direct action. At tcx, `TC_ACT_UNSPEC` is `TCX_NEXT`: ask the next program. */
export const TC_ACT_UNSPEC = -1
export const TC_ACT_OK = 0
export const TC_ACT_RECLASSIFY = 1
export const TC_ACT_SHOT = 2
export const TC_ACT_PIPE = 3
export const TC_ACT_STOLEN = 4
export const TC_ACT_REDIRECT = 7
export const TCX_NEXT = -1
export const TCX_PASS = 0
export const TCX_DROP = 2
export const TCX_REDIRECT = 7

/** Errors that map operations and helpers return, as positive numbers. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOTSUPP: 524,
  EOPNOTSUPP: 95,
} as const
export type Errno = keyof typeof ERRNO

/** Fields of the contexts: byte offset and size. Pointers to packet bytes are read as 4 bytes and are 8 in a register. */
export const XDP_MD = {
  data: 0,
  data_end: 4,
  data_meta: 8,
  ingress_ifindex: 12,
  rx_queue_index: 16,
  egress_ifindex: 20,
} as const
export const XDP_MD_SIZE = 24

export const SK_BUFF = {
  len: 0,
  pkt_type: 4,
  mark: 8,
  queue_mapping: 12,
  protocol: 16,
  vlan_present: 20,
  vlan_tci: 24,
  vlan_proto: 28,
  priority: 32,
  ingress_ifindex: 36,
  ifindex: 40,
  tc_index: 44,
  cb: 48,
  hash: 68,
  tc_classid: 72,
  data: 76,
  data_end: 80,
  napi_id: 84,
  data_meta: 140,
  tstamp: 152,
  wire_len: 160,
  gso_segs: 164,
  gso_size: 176,
} as const
export const SK_BUFF_SIZE = 192
