/** Every opcode of the instruction set (RFC 9669) with what it means, in one table; assembler, disassembler and interpreter read it. */
import { ALU, CLASS, JMP, MODE, SIZE, SOURCE } from './kernel-abi.ts'

export type AluName = Exclude<keyof typeof ALU, 'end' | 'neg'>
export type JumpName = Exclude<keyof typeof JMP, 'ja' | 'call' | 'exit'>

export type Opcode =
  | { readonly kind: 'alu'; readonly name: AluName; readonly bits: 32 | 64; readonly register: boolean }
  | { readonly kind: 'neg'; readonly bits: 32 | 64 }
  | { readonly kind: 'endian'; readonly order: 'be' | 'le' | 'swap' }
  | { readonly kind: 'branch'; readonly name: JumpName; readonly bits: 32 | 64; readonly register: boolean }
  | { readonly kind: 'ja' }
  | { readonly kind: 'gotol' }
  | { readonly kind: 'call' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'load'; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: 'store'; readonly size: 1 | 2 | 4 | 8; readonly register: boolean }
  | { readonly kind: 'atomic'; readonly size: 4 | 8 }
  | { readonly kind: 'ld_imm64' }

/** By opcode, 0–255; `undefined` where the kernel knows none. */
export const OPCODES: ReadonlyArray<Opcode | undefined> = table()

export const LD_IMM64 = CLASS.ld | MODE.imm | SIZE.dw
export const GOTOL = CLASS.jmp32 | JMP.ja

/** Slots of 8 bytes. */
export function slotsOf(opcode: number): 1 | 2 {
  return opcode === LD_IMM64 ? 2 : 1
}

/** The opposite branch: `jeq` ↔ `jne`. `jset` has none. */
export const INVERSE: Readonly<Record<JumpName, JumpName | undefined>> = {
  jeq: 'jne',
  jne: 'jeq',
  jgt: 'jle',
  jle: 'jgt',
  jge: 'jlt',
  jlt: 'jge',
  jsgt: 'jsle',
  jsle: 'jsgt',
  jsge: 'jslt',
  jslt: 'jsge',
  jset: undefined,
}

function table(): Array<Opcode | undefined> {
  const opcodes: Array<Opcode | undefined> = new Array(256).fill(undefined)
  for (const bits of [32, 64] as const) {
    const aluClass = bits === 64 ? CLASS.alu64 : CLASS.alu
    const jumpClass = bits === 64 ? CLASS.jmp : CLASS.jmp32
    for (const register of [false, true]) {
      const source = register ? SOURCE.x : SOURCE.k
      for (const [name, code] of Object.entries(ALU)) {
        if (name === 'end' || name === 'neg') continue
        opcodes[aluClass | code | source] = { kind: 'alu', name: name as AluName, bits, register }
      }
      for (const [name, code] of Object.entries(JMP)) {
        if (name === 'ja' || name === 'call' || name === 'exit') continue
        opcodes[jumpClass | code | source] = { kind: 'branch', name: name as JumpName, bits, register }
      }
    }
    opcodes[aluClass | ALU.neg] = { kind: 'neg', bits }
  }
  opcodes[CLASS.alu | ALU.end | SOURCE.k] = { kind: 'endian', order: 'le' }
  opcodes[CLASS.alu | ALU.end | SOURCE.x] = { kind: 'endian', order: 'be' }
  opcodes[CLASS.alu64 | ALU.end] = { kind: 'endian', order: 'swap' }
  opcodes[CLASS.jmp | JMP.ja] = { kind: 'ja' }
  opcodes[CLASS.jmp32 | JMP.ja] = { kind: 'gotol' }
  opcodes[CLASS.jmp | JMP.call] = { kind: 'call' }
  opcodes[CLASS.jmp | JMP.exit] = { kind: 'exit' }
  const sizes = { 1: SIZE.b, 2: SIZE.h, 4: SIZE.w, 8: SIZE.dw } as const
  for (const size of [1, 2, 4, 8] as const) {
    opcodes[CLASS.ldx | MODE.mem | sizes[size]] = { kind: 'load', size, signed: false }
    if (size < 8) opcodes[CLASS.ldx | MODE.memsx | sizes[size]] = { kind: 'load', size, signed: true }
    opcodes[CLASS.st | MODE.mem | sizes[size]] = { kind: 'store', size, register: false }
    opcodes[CLASS.stx | MODE.mem | sizes[size]] = { kind: 'store', size, register: true }
    if (size === 4 || size === 8) opcodes[CLASS.stx | MODE.atomic | sizes[size]] = { kind: 'atomic', size }
  }
  opcodes[CLASS.ld | MODE.imm | SIZE.dw] = { kind: 'ld_imm64' }
  return opcodes
}
