/**
 * bpf(2): command numbers, and the memory in which `union bpf_attr` is built. Offsets into the union stand beside the code that fills
 * it; they are those of include/uapi/linux/bpf.h, the same on every 64-bit processor.
 */
import { BpfError } from '../../bpf/index.ts'
import { errnoName, failureText } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { allocate, lazily, type Memory } from '../memory.ts'

/** enum bpf_cmd */
export const BPF = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  mapNextKey: 4,
  programLoad: 5,
  pin: 6,
  openPinned: 7,
  programDetach: 9,
  testRun: 10,
  programNextId: 11,
  mapNextId: 12,
  programById: 13,
  info: 15,
  programQuery: 16,
  mapLookupAndDelete: 21,
  mapFreeze: 22,
  mapLookupBatch: 24,
  mapUpdateBatch: 26,
  linkCreate: 28,
  linkUpdate: 29,
  linkById: 30,
  linkDetach: 34,
} as const

const attrSize = 144
const shared = lazily(() => allocate(attrSize))

/** Zeroed room for one `union bpf_attr`, valid until the next call of this function. */
export function clearAttr(): Memory {
  const attr = shared()
  attr.bytes.fill(0)
  return attr
}

/** Returns the kernel's answer, or throws `BpfError`. `what` starts with the verb that failed. */
export function bpf(command: number, attr: Memory, size: number, what: string, remedy?: string): number {
  const result = libc().bpf(command, attr.address, size)
  if (result < 0) throw bpfFailure(what, lastErrno(), remedy)
  return result
}

export const bpfFailure = (what: string, code: number, remedy?: string): BpfError =>
  new BpfError(failureText(what, code, remedy), { errno: errnoName(code) })

/** Names of programs and maps: at most 15 bytes, and a final zero. */
export const nameBytes = (name: string): Uint8Array => new TextEncoder().encode(name).subarray(0, 15)
