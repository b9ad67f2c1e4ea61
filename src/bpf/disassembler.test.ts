import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assemble } from './assembler.ts'
import { ProgramBuilder } from './builder/index.ts'
import { decode, decodeOne } from './decode.ts'
import { disassemble } from './disassembler.ts'
import { encodeInto, instructionFault } from './encode.ts'
import { AssembleError } from './errors.ts'
import { exit, jeq, labelled, ldImm64, ldMap, ldMapValue, mov64, noted, R0, R1, R2 } from './instructions.ts'
import { LD_IMM64, OPCODES, slotsOf } from './opcodes.ts'
import type { Instruction, ProgramSpec } from './spec.ts'
import { emitRandomProgram, randomProgram } from './testing/random-program.ts'

const spec: ProgramSpec = {
  name: 'shown',
  type: 'xdp',
  license: 'GPL',
  instructions: [
    noted({ site: 'a.ts:1', text: 'load' }, ldMap(R1, 'flows')),
    noted({ site: 'a.ts:1', text: 'load' }, mov64.imm(R0, 2)),
    noted({ site: 'a.ts:2' }, jeq.imm(R0, -1, 'out')),
    ldImm64(R2, 0xdead_beef_0000_0001n),
    labelled('out', exit()),
  ],
}

describe('disassemble', () => {
  it('shows slots, labels, and origins where they change', () => {
    expect(disassemble(spec)).toBe(
      [
        '; a.ts:1 load',
        '   0: r1 = map[flows] ll',
        '   2: r0 = 2',
        '; a.ts:2',
        '   3: if r0 == -1 goto out',
        '   4: r2 = 0xdeadbeef00000001 ll',
        'out:',
        '   6: exit',
        '',
      ].join('\n'),
    )
  })

  it('leaves out slots and origins on request', () => {
    expect(disassemble(spec.instructions.slice(0, 2), { notes: false, slots: false })).toBe(
      '  r1 = map[flows] ll\n  r0 = 2\n',
    )
  })
})

describe('decode', () => {
  it('names labels after slots, and maps as it is told', () => {
    const { bytes, relocations } = assemble(spec)
    expect(disassemble(decode(bytes, { relocations }), { slots: false })).toBe(
      [
        '  r1 = map[flows] ll',
        '  r0 = 2',
        '  if r0 == -1 goto L6',
        '  r2 = 0xdeadbeef00000001 ll',
        'L6:',
        '  exit',
        '',
      ].join('\n'),
    )
    expect(decode(bytes)[0]!.map).toBe('fd0')
  })

  it('keeps the offset into a map’s value', () => {
    const program = { ...spec, instructions: [ldMapValue(R1, 'globals', 16), mov64.imm(R0, 0), exit()] }
    const { bytes, relocations } = assemble(program)
    expect(decode(bytes, { relocations })).toEqual(program.instructions)
  })

  it.each<[string, string, RegExp]>([
    ['cut bytes', '95', /no multiple of 8/],
    ['an unknown opcode', 'ff00000000000000', /0xff at slot 0/],
    ['half a wide instruction', '1801000000000000', /is cut/],
    ['a jump out of the program', '0500050000000000', /slot 6/],
    [
      'a jump into a wide instruction',
      '0500010000000000' + '18010000000000000000000000000000' + '9500000000000000',
      /slot 2, where no/,
    ],
  ])('refuses %s', (_, hex, message) => {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
    expect(() => decode(bytes)).toThrow(message)
    expect(() => decode(bytes)).toThrow(AssembleError)
  })

  it('is the inverse of assemble', () => {
    fc.assert(
      fc.property(randomProgram, (syntax) => {
        const b = new ProgramBuilder({ name: 'random', type: 'xdp', license: 'GPL', notes: false })
        emitRandomProgram(b, syntax)
        const { bytes, relocations } = assemble(b.build())
        const again = { ...spec, instructions: decode(bytes, { relocations }) }
        expect(assemble(again).bytes).toEqual(bytes)
      }),
      { numRuns: 300 },
    )
  })

  it('of one instruction is the inverse of encoding it', () => {
    const opcodes = OPCODES.flatMap((op, opcode) => (op === undefined ? [] : [opcode]))
    const any = fc
      .record({
        opcode: fc.constantFrom(...opcodes),
        dst: fc.nat(10),
        src: fc.nat(10),
        offset: fc.oneof(fc.constant(0), fc.integer({ min: -0x8000, max: 0x7fff })),
        imm: fc.oneof(fc.constantFrom(0, 1, 16), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      })
      .map(
        (ins): Instruction =>
          ins.opcode === LD_IMM64 ? { ...ins, src: 0, imm: BigInt.asUintN(64, BigInt(ins.imm) * 3n) } : ins,
      )
      .filter((ins) => instructionFault(ins) === undefined)
    fc.assert(
      fc.property(any, (ins) => {
        const view = new DataView(new ArrayBuffer(8 * slotsOf(ins.opcode)))
        encodeInto(view, 0, ins)
        expect(decodeOne(view, 0)).toEqual(ins)
      }),
      { numRuns: 2000 },
    )
  })
})
