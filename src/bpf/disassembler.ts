/** Programs as text, in the way of the kernel's verifier log and of llvm-objdump: slots, labels, and where it came from. */
import { formatInstruction } from './format.ts'
import { slotsOf } from './opcodes.ts'
import type { Instruction, InstructionNote, ProgramSpec } from './spec.ts'

export interface DisassembleOptions {
  /** Lines `; file:line text` where the origin changes. Default true. */
  readonly notes?: boolean
  /** Slot numbers, which are those of the verifier's log as long as no jump had to be rewritten. Default true. */
  readonly slots?: boolean
}

/** One line per instruction, each ended. */
export function disassemble(
  program: ProgramSpec | readonly Instruction[],
  options: DisassembleOptions = {},
): string {
  const { notes = true, slots = true } = options
  const instructions = 'instructions' in program ? program.instructions : program
  const lines: string[] = []
  let origin = ''
  let slot = 0
  for (const ins of instructions) {
    if (ins.label !== undefined) lines.push(`${ins.label}:`)
    const here = notes ? describe(ins.note) : ''
    if (here !== '' && here !== origin) lines.push(`; ${here}`)
    origin = here
    lines.push(`${slots ? `${String(slot).padStart(4)}: ` : '  '}${formatInstruction(ins)}`)
    slot += slotsOf(ins.opcode)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function describe(note: InstructionNote | undefined): string {
  return note === undefined ? '' : [note.site, note.text].filter(Boolean).join(' ')
}
