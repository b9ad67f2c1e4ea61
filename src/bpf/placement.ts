/** Where each instruction of a spec comes to lie, in slots; labels; and branches too far for 16 bits, rewritten. */
import { AssembleError } from './errors.ts'
import { gotol, instruction } from './instructions.ts'
import { CLASS, JMP } from './kernel-abi.ts'
import { INVERSE, OPCODES, type Opcode, slotsOf } from './opcodes.ts'
import type { Instruction, ProgramSpec } from './spec.ts'

export interface Placement {
  /** Slot of each instruction. */
  readonly slotOf: Int32Array
  /** Instruction that each label stands at. */
  readonly labels: ReadonlyMap<string, number>
  readonly kinds: ReadonlyArray<Opcode['kind']>
  /** What replaces a jump that does not reach. */
  readonly expansions: ReadonlyMap<number, readonly Instruction[]>
  readonly slots: number
}

const REACH = { min: -0x8000, max: 0x7fff }

/** @throws AssembleError for labels that are missing, double or unused, and jumps too far when they may not be rewritten. */
export function layOut(spec: ProgramSpec, longJumps: 'gotol' | 'refuse'): Placement {
  const { instructions } = spec
  if (instructions.length === 0) {
    throw new AssembleError(`Assembling '${spec.name}' failed: no instructions; end with exit at least`)
  }
  const labels = labelsOf(spec)
  const kinds = instructions.map((ins) => OPCODES[ins.opcode]!.kind)
  const expansions = new Map<number, readonly Instruction[]>()
  const slotOf = new Int32Array(instructions.length)
  for (;;) {
    let slots = 0
    for (const [index, ins] of instructions.entries()) {
      slotOf[index] = slots
      slots += expansions.get(index)?.length ?? slotsOf(ins.opcode)
    }
    let grown = false
    for (const [index, ins] of instructions.entries()) {
      if (ins.target === undefined || kinds[index] === 'gotol' || expansions.has(index)) continue
      const distance = slotOf[labels.get(ins.target)!]! - slotOf[index]! - 1
      if (distance >= REACH.min && distance <= REACH.max) continue
      if (longJumps === 'refuse') {
        throw new AssembleError(
          `Assembling '${spec.name}' failed: the jump of instruction ${index} to '${ins.target}' spans ${distance} instructions, a branch reaches ${REACH.max}; allow gotol or split the program`,
          index,
        )
      }
      expansions.set(index, farJump(ins))
      grown = true
    }
    if (!grown) return { slotOf, labels, kinds, expansions, slots }
  }
}

function labelsOf(spec: ProgramSpec): Map<string, number> {
  const labels = new Map<string, number>()
  for (const [index, { label }] of spec.instructions.entries()) {
    if (label === undefined) continue
    if (labels.has(label)) {
      throw new AssembleError(
        `Assembling '${spec.name}' failed: label '${label}' stands at instructions ${labels.get(label)} and ${index}; rename one`,
        index,
      )
    }
    labels.set(label, index)
  }
  const used = new Set<string>()
  for (const [index, ins] of spec.instructions.entries()) {
    const kind = OPCODES[ins.opcode]!.kind
    if (kind !== 'ja' && kind !== 'gotol' && kind !== 'branch') {
      if (ins.target === undefined) continue
      throw new AssembleError(
        `Assembling '${spec.name}' failed: instruction ${index} is no jump and has the target '${ins.target}'; remove it`,
        index,
      )
    }
    if (ins.target === undefined) {
      throw new AssembleError(
        `Assembling '${spec.name}' failed: the jump at instruction ${index} has no target; name a label`,
        index,
      )
    }
    if (!labels.has(ins.target)) {
      throw new AssembleError(
        `Assembling '${spec.name}' failed: instruction ${index} jumps to '${ins.target}', which stands nowhere; place that label`,
        index,
      )
    }
    used.add(ins.target)
  }
  for (const [label, index] of labels) {
    if (used.has(label)) continue
    throw new AssembleError(
      `Assembling '${spec.name}' failed: nothing jumps to label '${label}' at instruction ${index}; remove it`,
      index,
    )
  }
  return labels
}

/** `if a > b goto far` becomes `if a <= b goto +1; gotol far`. */
function farJump(ins: Instruction): Instruction[] {
  const far = gotol(ins.target!)
  const op = OPCODES[ins.opcode]!
  if (op.kind !== 'branch') return [far]
  const inverse = INVERSE[op.name]
  if (inverse !== undefined) {
    const opcode = (ins.opcode & 0x0f) | JMP[inverse]
    return [instruction(opcode, ins.dst, ins.src, 1, ins.imm), far]
  }
  const skip = instruction(CLASS.jmp | JMP.ja, 0, 0, 1)
  return [instruction(ins.opcode, ins.dst, ins.src, 1, ins.imm), skip, far]
}
