/**
 * Loading, and what the kernel's verifier says when it refuses. The log is asked for only then, since writing it slows
 * the verifier down several times.
 */
import {
  type AssembledProgram,
  assemble,
  type BpfMap,
  formatInstruction,
  PROGRAM_TYPE,
  type ProgramSpec,
  VerifierError,
} from '../../bpf/index.ts'
import { describeErrno, errno, errnoName } from '../errno.ts'
import { lastErrno, libc } from '../libc.ts'
import { allocate, type Memory, setPointer } from '../memory.ts'
import { KernelMap } from './map.ts'
import { BPF, bpfFailure, clearAttr, nameBytes } from './syscall.ts'

const attrSize = 144
const firstLogSize = 256 * 1024
/** The kernel takes at most UINT_MAX >> 2. */
const largestLogSize = 512 * 1024 * 1024
/**
 * The verifier gives up with `EAGAIN` when a signal arrives, be it of a window that changes its size. Milliseconds for which it is
 * asked again.
 */
const patience = 10_000
/** Lines of the log in the message of an error. */
const shownLines = 12

/**
 * Returns the descriptor of the loaded program. Throws `AssembleError` for what is no program, `VerifierError` for what the kernel refuses,
 * and `BpfError` if it refuses for another reason, such as permissions.
 */
export function loadProgram(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): number {
  const program = assemble(spec)
  const instructions = relocate(spec, program, maps)
  const fd = tryLoad(spec, instructions, undefined)
  if (fd >= 0) return fd
  const code = lastErrno()
  if (code === errno.EPERM || code === errno.EMFILE || code === errno.ENFILE)
    throw bpfFailure(`load program '${spec.name}'`, code)
  return explain(spec, program, instructions, code)
}

/** The instructions in memory, with the descriptors of the maps in their places. */
function relocate(
  spec: ProgramSpec,
  program: AssembledProgram,
  maps: Readonly<Record<string, BpfMap>>,
): Memory {
  const instructions = allocate(program.bytes.length)
  instructions.bytes.set(program.bytes)
  for (const { index, map } of program.relocations) {
    const found = Object.hasOwn(maps, map) ? maps[map] : undefined
    if (!(found instanceof KernelMap))
      throw new TypeError(
        `load program '${spec.name}': it uses map '${map}', which was ${found ? 'not made by this engine' : 'not given'}; create it first`,
      )
    instructions.view.setInt32(index * 8 + 4, found.fd, true)
  }
  return instructions
}

/** Returns the descriptor, or a negative number with the errno set. */
function tryLoad(spec: ProgramSpec, instructions: Memory, log: Memory | undefined): number {
  const license = allocate(spec.license.length + 1)
  license.bytes.set(new TextEncoder().encode(spec.license))
  const attr = clearAttr()
  const { view } = attr
  view.setUint32(0, PROGRAM_TYPE[spec.type], true)
  view.setUint32(4, instructions.bytes.length / 8, true)
  setPointer(view, 8, instructions.address)
  setPointer(view, 16, license.address)
  if (log) {
    view.setUint32(24, 1, true)
    view.setUint32(28, log.bytes.length, true)
    setPointer(view, 32, log.address)
  }
  attr.bytes.set(nameBytes(spec.name), 48)
  const deadline = performance.now() + patience
  for (;;) {
    const result = libc().bpf(BPF.programLoad, attr.address, attrSize)
    if (result >= 0 || lastErrno() !== errno.EAGAIN || performance.now() > deadline) return result
  }
}

/** Loads once more, with a log as large as it takes. */
function explain(spec: ProgramSpec, program: AssembledProgram, instructions: Memory, code: number): number {
  for (let size = firstLogSize; ; size *= 8) {
    const log = allocate(Math.min(size, largestLogSize))
    const fd = tryLoad(spec, instructions, log)
    if (fd >= 0) return fd
    if (lastErrno() === errno.ENOSPC && size < largestLogSize) continue
    throw refusal(spec, program, readLog(log), code)
  }
}

function readLog(log: Memory): string {
  const end = log.bytes.indexOf(0)
  return Buffer.from(log.bytes.buffer, 0, end < 0 ? log.bytes.length : end).toString('latin1')
}

/** Composes the error: which instruction, which builder call, and the last lines of the log that say something. */
export function refusal(
  spec: ProgramSpec,
  program: AssembledProgram,
  log: string,
  code: number,
): VerifierError {
  const lines = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^(processed \d+ insns|verification time|stack depth)/.test(line))
  const slot = failingSlot(lines)
  const index = slot === undefined ? undefined : program.origins[slot]
  const instruction = index === undefined ? undefined : spec.instructions[index]
  const note = slot === undefined ? undefined : program.notes[slot]
  const at = instruction
    ? ` at instruction ${slot} "${formatInstruction(instruction)}"${note ? `, emitted by ${[note.site, note.text].filter(Boolean).join(', ')}` : ''}`
    : ''
  const shown = lines.slice(-shownLines).map((line) => `\n  ${line}`)
  return new VerifierError(
    `load program '${spec.name}': the kernel's verifier refuses it${at}: ${describeErrno(code)}; mend what the last line says${shown.join('')}`,
    { log, errno: errnoName(code), slot, note },
  )
}

/** The log prints each instruction before it is judged: `12: (61) r1 = *(u32 *)(r2 +0)`. */
function failingSlot(lines: readonly string[]): number | undefined {
  for (let i = lines.length - 1; i >= 0; i--) {
    const match = /^(\d+): \([0-9a-f]{2}\)/.exec(lines[i]!)
    if (match) return Number(match[1])
  }
  return undefined
}
