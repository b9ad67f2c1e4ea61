/** From bytes back to instructions. Jumps get labels named after the slot that they lead to. */
import type { MapRelocation } from './assembler.ts'
import { AssembleError } from './errors.ts'
import { PSEUDO } from './kernel-abi.ts'
import { LD_IMM64, OPCODES, slotsOf } from './opcodes.ts'
import type { Instruction } from './spec.ts'

export interface DecodeOptions {
  /** Names of the maps; others are named after their file descriptor. */
  readonly relocations?: readonly MapRelocation[]
}

/**
 * `assemble` of the result gives the same bytes.
 * @throws AssembleError for unknown opcodes, cut instructions, and jumps to where no instruction starts.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Instruction[] {
  if (bytes.length % 8 !== 0)
    throw refused(`${bytes.length} bytes are no multiple of 8; give whole instructions`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const names = new Map((options.relocations ?? []).map(({ index, map }) => [index, map]))
  const slots = bytes.length / 8
  const found: Array<{ readonly slot: number; readonly ins: Instruction }> = []
  const targets = new Set<number>()
  for (let slot = 0; slot < slots; ) {
    const ins = decodeOne(view, slot, names.get(slot))
    const goal = jumpTarget(ins, slot)
    if (goal === undefined) found.push({ slot, ins })
    else {
      targets.add(goal)
      const imm = OPCODES[ins.opcode]!.kind === 'gotol' ? 0 : ins.imm
      found.push({ slot, ins: { ...ins, offset: 0, imm, target: labelOf(goal) } })
    }
    slot += slotsOf(ins.opcode)
  }
  const starts = new Set(found.map(({ slot }) => slot))
  for (const target of targets) {
    if (!starts.has(target)) throw refused(`a jump leads to slot ${target}, where no instruction starts`)
  }
  return found.map(({ slot, ins }) => (targets.has(slot) ? { ...ins, label: labelOf(slot) } : ins))
}

/** The instruction at a slot, jumps with their offset. `map`: its name, if it loads the address of one. */
export function decodeOne(view: DataView, slot: number, map?: string): Instruction {
  const at = slot * 8
  const opcode = view.getUint8(at)
  if (OPCODES[opcode] === undefined)
    throw refused(`opcode 0x${opcode.toString(16)} at slot ${slot} does not exist`)
  const registers = view.getUint8(at + 1)
  const low = view.getInt32(at + 4, true)
  const ins = {
    opcode,
    dst: registers & 15,
    src: registers >> 4,
    offset: view.getInt16(at + 2, true),
    imm: low as number | bigint,
  }
  if (opcode !== LD_IMM64) return ins
  if (at + 16 > view.byteLength)
    throw refused(`the wide instruction at slot ${slot} is cut; give both of its slots`)
  const high = BigInt(view.getUint32(at + 12, true)) << 32n
  if (ins.src === PSEUDO.value) return { ...ins, imm: high | BigInt(low >>> 0) }
  return { ...ins, imm: high, map: map ?? `fd${low}` }
}

function jumpTarget(ins: Instruction, slot: number): number | undefined {
  const { kind } = OPCODES[ins.opcode]!
  if (kind === 'gotol') return slot + 1 + Number(ins.imm)
  return kind === 'ja' || kind === 'branch' ? slot + 1 + ins.offset : undefined
}

function labelOf(slot: number): string {
  return `L${slot}`
}

function refused(why: string): AssembleError {
  return new AssembleError(`Decoding failed: ${why}`)
}
