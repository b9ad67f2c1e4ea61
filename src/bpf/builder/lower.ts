/** From operations with machine registers to instructions with labels. */
import { BuildError } from '../errors.ts'
import * as asm from '../instructions.ts'
import { ALU, CLASS, JMP, SOURCE, STACK_SIZE } from '../kernel-abi.ts'
import type { Instruction, InstructionNote } from '../spec.ts'
import { fitsSigned32, fitsUnsigned32, signed64 } from './constants.ts'
import type { Block } from './flow.ts'
import { NONE, type Operation } from './operation.ts'
import { passArguments } from './pass-arguments.ts'
import type { StackSlot } from './value.ts'

/** Not yet anyone else's: fields may be set. */
type Fresh = { -readonly [K in keyof Instruction]: Instruction[K] }

/** @throws BuildError if the stack slots and spilled registers exceed 512 bytes. */
export function lower(blocks: readonly Block[], registerOf: Int8Array): Instruction[] {
  const names = labelNames(blocks)
  const frame = new Frame()
  const out: Instruction[] = []
  const alias = new Map<string, string>()
  let label: string | undefined
  let note: InstructionNote | undefined

  for (const block of blocks) {
    const name = names[block.index]
    if (name !== undefined && label !== undefined) alias.set(name, label)
    else label = name ?? label
    for (const op of block.operations) {
      note = op.note
      lowerOperation(op, block)
    }
    if (block.next !== NONE && block.next !== block.index + 1) emit(asm.ja(names[block.next]!))
  }
  if (alias.size === 0) return out
  return out.map((ins) => {
    const same = ins.target === undefined ? undefined : alias.get(ins.target)
    return same === undefined ? ins : { ...ins, target: same }
  })

  /** Takes over an instruction that was just made. */
  function emit(ins: Fresh): void {
    if (label !== undefined) ins.label = label
    if (note !== undefined) ins.note = note
    label = undefined
    out.push(ins)
  }

  function reg(virtual: number): number {
    return registerOf[virtual]!
  }

  function base(op: Operation): { register: number; offset: number } {
    return op.slot === undefined
      ? { register: reg(op.a), offset: op.offset }
      : { register: asm.R10, offset: frame.offsetOf(op.slot) + op.offset }
  }

  function copy(to: number, from: number): void {
    if (to !== from) emit(asm.mov64.reg(to, from))
  }

  function constant(to: number, imm: number | bigint): void {
    const value = signed64(imm)
    if (fitsSigned32(value)) emit(asm.mov64.imm(to, value))
    else if (fitsUnsigned32(value)) emit(asm.mov32.imm(to, value | 0))
    else emit(asm.ldImm64(to, value))
  }

  function stackAddress(to: number, slot: StackSlot, offset: number): void {
    emit(asm.mov64.reg(to, asm.R10))
    emit(asm.add64.imm(to, frame.offsetOf(slot) + offset))
  }

  function lowerOperation(op: Operation, block: Block): void {
    switch (op.kind) {
      case 'context':
        copy(reg(op.def), asm.R1)
        break
      case 'const':
        constant(reg(op.def), op.imm)
        break
      case 'move':
        copy(reg(op.def), reg(op.a))
        break
      case 'zext':
        emit(asm.mov32.reg(reg(op.def), reg(op.a)))
        break
      case 'alu': {
        const opcode = ALU[op.alu] | (op.size === 64 ? CLASS.alu64 : CLASS.alu)
        emit(
          op.b === NONE
            ? asm.instruction(opcode | SOURCE.k, reg(op.def), 0, 0, op.imm)
            : asm.instruction(opcode | SOURCE.x, reg(op.def), reg(op.b)),
        )
        break
      }
      case 'neg':
        emit(op.size === 64 ? asm.neg64(reg(op.def)) : asm.neg32(reg(op.def)))
        break
      case 'endian': {
        const source = op.order === 'be' ? SOURCE.x : SOURCE.k
        emit(asm.instruction(CLASS.alu | ALU.end | source, reg(op.def), 0, 0, op.size))
        break
      }
      case 'load': {
        const { register, offset } = base(op)
        emit(asm.load(op.size as 1 | 2 | 4 | 8, reg(op.def), register, offset))
        break
      }
      case 'store': {
        const { register, offset } = base(op)
        const size = op.size as 1 | 2 | 4 | 8
        emit(
          op.b === NONE
            ? asm.storeImm(size, register, offset, Number(op.imm))
            : asm.store(size, register, offset, reg(op.b)),
        )
        break
      }
      case 'atomic': {
        const { register, offset } = base(op)
        emit(asm.atomic(op.atomic, op.size as 4 | 8, register, offset, reg(op.b)))
        break
      }
      case 'address':
        stackAddress(reg(op.def), op.slot!, op.offset)
        break
      case 'map':
        emit(op.value ? asm.ldMapValue(reg(op.def), op.map, op.offset) : asm.ldMap(reg(op.def), op.map))
        break
      case 'parameter':
        emit(asm.ldParameter(reg(op.def), op.parameter))
        break
      case 'call':
        passArguments(op.args, reg, {
          copy,
          constant,
          stackAddress,
          map: (to, map) => emit(asm.ldMap(to, map)),
        })
        emit(asm.call(op.helper))
        if (op.def !== NONE) copy(reg(op.def), asm.R0)
        break
      case 'jump':
        if (block.target !== block.index + 1) emit(asm.ja(names[block.target]!))
        break
      case 'branch': {
        const opcode = JMP[op.jump] | (op.size === 64 ? CLASS.jmp : CLASS.jmp32)
        const ins =
          op.b === NONE
            ? asm.instruction(opcode | SOURCE.k, reg(op.a), 0, 0, op.imm)
            : asm.instruction(opcode | SOURCE.x, reg(op.a), reg(op.b))
        emit(Object.assign(ins, { target: names[block.target]! }))
        break
      }
      case 'exit':
        if (op.b === NONE) constant(asm.R0, op.imm)
        else copy(asm.R0, reg(op.b))
        emit(asm.exit())
        break
    }
  }
}

/** Names of the blocks that something jumps to: the label's hint, numbered where it is not the only one. */
function labelNames(blocks: readonly Block[]): Array<string | undefined> {
  const names: Array<string | undefined> = new Array(blocks.length).fill(undefined)
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  const wanted = new Uint8Array(blocks.length)
  for (const block of blocks) {
    if (block.target !== NONE) {
      const isJumpToNext = block.operations.at(-1)?.kind === 'jump' && block.target === block.index + 1
      if (!isJumpToNext) wanted[block.target] = 1
    }
    if (block.next !== NONE && block.next !== block.index + 1) wanted[block.next] = 1
  }
  for (const block of blocks) {
    if (wanted[block.index] === 0) continue
    const hint = block.hint || 'L'
    let count = counts.get(hint) ?? 0
    let name: string
    do name = ++count === 1 ? hint : `${hint}_${count}`
    while (taken.has(name))
    counts.set(hint, count)
    taken.add(name)
    names[block.index] = name
  }
  return names
}

/** Places stack slots downwards from the frame pointer, in order of first use. */
class Frame {
  private readonly offsets = new Map<StackSlot, number>()
  private depth = 0

  /** Negative, relative to r10. */
  offsetOf(slot: StackSlot): number {
    const known = this.offsets.get(slot)
    if (known !== undefined) return known
    this.depth = Math.ceil((this.depth + slot.bytes) / slot.align) * slot.align
    if (this.depth > STACK_SIZE) {
      throw new BuildError(
        `Building failed: ${this.depth} bytes of stack, the kernel gives ${STACK_SIZE}; use smaller slots, a per-CPU array, or fewer values at a time`,
      )
    }
    this.offsets.set(slot, -this.depth)
    return -this.depth
  }
}
