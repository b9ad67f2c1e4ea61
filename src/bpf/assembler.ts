/**
 * From a program spec to the bytes that the kernel loads. Labels become offsets; a branch that does not reach its label
 * becomes the inverted branch around a `gotol` (or is refused, on request). Nothing wraps: what does not fit is an
 * `AssembleError` that names the instruction and the builder call it came from.
 */
import { encodeInto, instructionFault } from './encode.ts'
import { AssembleError } from './errors.ts'
import { formatInstruction } from './format.ts'
import { MAX_INSTRUCTIONS } from './kernel-abi.ts'
import { GOTOL, slotsOf } from './opcodes.ts'
import { layOut, type Placement } from './placement.ts'
import type { Instruction, InstructionNote, ProgramSpec } from './spec.ts'

/** The kernel's file descriptor of `map` belongs into the 4 bytes at `index * 8 + 4`. */
export interface MapRelocation {
  /** Slot (8 bytes) of the `ld_imm64`. */
  readonly index: number
  /** Name of the map in the spec. */
  readonly map: string
}

export interface AssembledProgram {
  readonly bytes: Uint8Array
  readonly relocations: readonly MapRelocation[]
  /** One entry per 8-byte slot, which is how the verifier's log counts instructions. */
  readonly notes: ReadonlyArray<InstructionNote | undefined>
  /** Instruction of the spec that each slot belongs to. */
  readonly origins: readonly number[]
}

export interface AssembleOptions {
  /** Branches beyond ±32,767 slots: `gotol` (Linux 6.6 or later, the default) or `refuse`. */
  readonly longJumps?: 'gotol' | 'refuse'
}

/**
 * @throws AssembleError for fields out of range, for duplicate, missing and unused labels, for unreachable instructions
 * and programs that run past their end.
 */
export function assemble(spec: ProgramSpec, options: AssembleOptions = {}): AssembledProgram {
  const { instructions } = spec
  for (const [index, ins] of instructions.entries()) {
    const fault = instructionFault(ins)
    if (fault !== undefined) fail(spec, index, `${fault}; correct that instruction`)
  }
  const placement = layOut(spec, options.longJumps ?? 'gotol')
  checkFlow(spec, placement)
  if (placement.slots > MAX_INSTRUCTIONS) {
    throw new AssembleError(
      `Assembling '${spec.name}' failed: ${placement.slots} instructions, the kernel takes ${MAX_INSTRUCTIONS}; split it with tail calls`,
    )
  }
  const bytes = new Uint8Array(placement.slots * 8)
  const view = new DataView(bytes.buffer)
  const relocations: MapRelocation[] = []
  const notes: Array<InstructionNote | undefined> = new Array(placement.slots).fill(undefined)
  const origins: number[] = new Array(placement.slots).fill(0)
  for (const [index, ins] of instructions.entries()) {
    const slot = placement.slotOf[index]!
    if (ins.map !== undefined) relocations.push({ index: slot, map: ins.map })
    const pieces = placement.expansions.get(index) ?? [ins]
    let at = slot
    for (const piece of pieces) {
      if (piece.target === undefined) encodeInto(view, at * 8, piece)
      else encodeJump(view, at, piece, placement)
      at += slotsOf(piece.opcode)
    }
    notes.fill(ins.note, slot, at)
    origins.fill(index, slot, at)
  }
  return { bytes, relocations, notes, origins }
}

function encodeJump(view: DataView, at: number, ins: Instruction, placement: Placement): void {
  const distance = placement.slotOf[placement.labels.get(ins.target!)!]! - at - 1
  if (ins.opcode === GOTOL) encodeInto(view, at * 8, ins, 0, distance)
  else encodeInto(view, at * 8, ins, distance)
}

function checkFlow(spec: ProgramSpec, placement: Placement): void {
  const { instructions } = spec
  const reached = new Uint8Array(instructions.length)
  const pending = [0]
  while (pending.length > 0) {
    const index = pending.pop()!
    if (index >= instructions.length) {
      throw new AssembleError(
        `Assembling '${spec.name}' failed: the program runs past its end; finish every path with exit`,
      )
    }
    if (reached[index] === 1) continue
    reached[index] = 1
    const ins = instructions[index]!
    const kind = placement.kinds[index]!
    if (kind !== 'exit' && kind !== 'ja' && kind !== 'gotol') pending.push(index + 1)
    if (ins.target !== undefined) pending.push(placement.labels.get(ins.target)!)
  }
  const dead = reached.indexOf(0)
  if (dead >= 0) fail(spec, dead, 'nothing leads to it, which the kernel refuses; remove it')
}

function fail(spec: ProgramSpec, index: number, why: string): never {
  throw new AssembleError(`Assembling ${whereOf(spec, index)} failed: ${why}`, index)
}

/** `'filter' instruction 12 "r1 += 14" (src/parse.ts:9, Ethernet header)` for messages. */
export function whereOf(spec: ProgramSpec, index: number): string {
  const ins = spec.instructions[index]!
  const note = ins.note === undefined ? '' : ` (${[ins.note.site, ins.note.text].filter(Boolean).join(', ')})`
  return `'${spec.name}' instruction ${index} "${formatInstruction(ins)}"${note}`
}
