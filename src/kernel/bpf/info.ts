/** BPF_OBJ_GET_INFO_BY_FD: what the kernel knows of a program, a map or a link. */
import { errno } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { allocate, setPointer } from '../memory.ts'
import { BPF, bpf, bpfFailure, clearAttr } from './syscall.ts'

export interface ProgramInfo {
  /** Of this boot; also shown by other tools. */
  readonly id: number
  /** enum bpf_prog_type */
  readonly type: number
  readonly name: string
  /** Bytes of machine code; 0 if it is interpreted by the kernel. */
  readonly jitedBytes: number
  /** Bytes of instructions after the kernel's own rewriting. */
  readonly translatedBytes: number
  /** Instructions that the verifier looked at, over all paths. */
  readonly verifiedInstructions: number
  /** Nanoseconds since boot. */
  readonly loadTime: bigint
}

export interface MapInfo {
  readonly id: number
  /** enum bpf_map_type */
  readonly type: number
  readonly name: string
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
}

export function programInfo(fd: number): ProgramInfo {
  const { view, bytes } = readInfo(fd, 232, 'inspect program')
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    jitedBytes: view.getUint32(16, true),
    translatedBytes: view.getUint32(20, true),
    loadTime: view.getBigUint64(40, true),
    name: nameAt(bytes, 64),
    verifiedInstructions: view.getUint32(216, true),
  }
}

export function mapInfo(fd: number): MapInfo {
  const { view, bytes } = readInfo(fd, 88, 'inspect map')
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    keySize: view.getUint32(8, true),
    valueSize: view.getUint32(12, true),
    maxEntries: view.getUint32(16, true),
    flags: view.getUint32(20, true),
    name: nameAt(bytes, 24),
  }
}

/** Id of the program that a link runs. */
export function linkedProgram(fd: number): number {
  return readInfo(fd, 16, 'inspect link').view.getUint32(8, true)
}

/** Interface on which the program of an XDP link stands; 0: it was taken off, or the interface is gone. */
export function linkedInterface(fd: number): number {
  return readInfo(fd, 24, 'inspect link').view.getUint32(16, true)
}

/** Ids of all programs, or maps, that the machine has now, of whomever. */
export function objectIds(kind: 'program' | 'map'): number[] {
  const ids: number[] = []
  for (let id = 0; ; ) {
    const attr = clearAttr()
    attr.view.setUint32(0, id, true)
    if (libc().bpf(kind === 'program' ? BPF.programNextId : BPF.mapNextId, attr.address, 12) < 0) {
      if (lastErrno() === errno.ENOENT) return ids
      throw bpfFailure(`list ${kind}s`, lastErrno())
    }
    id = attr.view.getUint32(4, true)
    ids.push(id)
  }
}

function readInfo(fd: number, size: number, what: string) {
  const info = allocate(size)
  const attr = clearAttr()
  attr.view.setInt32(0, fd, true)
  attr.view.setUint32(4, size, true)
  setPointer(attr.view, 8, info.address)
  bpf(BPF.info, attr, 16, what)
  return info
}

function nameAt(bytes: Uint8Array, offset: number): string {
  const name = bytes.subarray(offset, offset + 16)
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0)))
}
