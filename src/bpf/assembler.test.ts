import { describe, expect, it } from 'vitest'
import { assemble } from './assembler.ts'
import { AssembleError } from './errors.ts'
import {
  exit,
  gotol,
  ja,
  jeq,
  jset,
  labelled,
  ldImm64,
  ldMap,
  mov64,
  noted,
  R0,
  R1,
  R2,
} from './instructions.ts'
import type { Instruction, ProgramSpec } from './spec.ts'

function program(...instructions: Instruction[]): ProgramSpec {
  return { name: 'test', type: 'xdp', license: 'GPL', instructions }
}

function slots(bytes: Uint8Array): string[] {
  return Buffer.from(bytes).toString('hex').match(/.{16}/g) ?? []
}

function padding(count: number): Instruction[] {
  return Array.from({ length: count }, () => mov64.imm(R0, 0))
}

describe('assemble', () => {
  it('turns labels into distances in slots, wide constants counting two', () => {
    const { bytes } = assemble(
      program(
        mov64.imm(R0, 2),
        jeq.imm(R1, 0, 'out'),
        ldImm64(R2, 1),
        labelled('again', mov64.imm(R0, 1)),
        jeq.reg(R0, R1, 'again'),
        labelled('out', exit()),
      ),
    )
    expect(slots(bytes)).toEqual([
      'b700000002000000',
      '1501040000000000',
      '1802000001000000',
      '0000000000000000',
      'b700000001000000',
      '1d10feff00000000',
      '9500000000000000',
    ])
  })

  it('lists the maps by slot, and notes and origins per slot', () => {
    const note = { site: 'a.ts:1', text: 'look up' }
    const result = assemble(
      program(mov64.imm(R0, 0), ldImm64(R2, 7), noted(note, ldMap(R1, 'flows')), exit()),
    )
    expect(result.relocations).toEqual([{ index: 3, map: 'flows' }])
    expect(result.notes).toEqual([undefined, undefined, undefined, note, note, undefined])
    expect(result.origins).toEqual([0, 1, 1, 2, 2, 3])
  })

  it.each<[string, Instruction[], RegExp]>([
    ['an empty program', [], /no instructions/],
    ['a missing label', [ja('gone')], /'gone', which stands nowhere/],
    [
      'a double label',
      [labelled('a', mov64.imm(R0, 0)), jeq.imm(R0, 0, 'a'), labelled('a', exit())],
      /instructions 0 and 2/,
    ],
    ['an unused label', [labelled('a', mov64.imm(R0, 0)), exit()], /nothing jumps to label 'a'/],
    [
      'a jump without a target',
      [{ ...ja('x'), target: undefined } as unknown as Instruction],
      /has no target/,
    ],
    ['a target on no jump', [{ ...mov64.imm(R0, 0), target: 'a' }, labelled('a', exit())], /is no jump/],
    ['running past the end', [mov64.imm(R0, 0)], /runs past its end/],
    ['unreachable code', [exit(), exit()], /nothing leads to it/],
    ['a field out of range', [mov64.imm(R0, 2 ** 31), exit()], /sign-extend/],
  ])('refuses %s', (_, instructions, message) => {
    expect(() => assemble(program(...instructions))).toThrow(message)
    expect(() => assemble(program(...instructions))).toThrow(AssembleError)
  })

  it('names the instruction and where it came from', () => {
    const bad = noted({ site: 'filter.ts:7', text: 'port' }, mov64.imm(R0, 2 ** 40))
    expect(() => assemble(program(bad, exit()))).toThrow(
      'Assembling \'test\' instruction 0 "r0 = 1099511627776" (filter.ts:7, port) failed',
    )
  })
})

describe('jumps beyond 16 bits', () => {
  const far = (jump: Instruction, distance: number) =>
    program(mov64.imm(R0, 0), jump, ...padding(distance), labelled('out', exit()))

  it('reaches exactly 32,767 slots without help', () => {
    const { bytes } = assemble(far(jeq.imm(R1, 5, 'out'), 32767))
    expect(slots(bytes)[1]).toBe('1501ff7f05000000')
  })

  it('inverts the branch around a gotol one slot further on', () => {
    const { bytes, origins } = assemble(far(jeq.imm(R1, 5, 'out'), 32768))
    expect(slots(bytes).slice(1, 3)).toEqual(['5501010005000000', '0600000000800000'])
    expect(origins.slice(0, 4)).toEqual([0, 1, 1, 2])
  })

  it('skips a gotol where the branch has no inverse', () => {
    const { bytes } = assemble(far(jset.imm(R1, 5, 'out'), 32768))
    expect(slots(bytes).slice(1, 4)).toEqual(['4501010005000000', '0500010000000000', '0600000000800000'])
  })

  it('reaches backwards', () => {
    const { bytes } = assemble(
      program(labelled('top', mov64.imm(R0, 0)), ...padding(40000), jeq.imm(R1, 0, 'top'), exit()),
    )
    expect(slots(bytes).slice(-3)).toEqual(['5501010000000000', '06000000bd63ffff', '9500000000000000'])
  })

  it('leaves gotol alone, and refuses far branches on request', () => {
    expect(() => assemble(far(jeq.imm(R1, 5, 'out'), 32768), { longJumps: 'refuse' })).toThrow(/32768/)
    const near = program(mov64.imm(R0, 0), gotol('out'), labelled('out', exit()))
    expect(slots(assemble(near).bytes)[1]).toBe('0600000000000000')
  })

  it('keeps growing until every jump reaches: one rewritten branch pushes another out of reach', () => {
    const tail = 32766
    const spec = program(
      mov64.imm(R0, 0),
      jeq.imm(R1, 1, 'out'),
      jeq.imm(R1, 2, 'end'),
      ...padding(tail),
      labelled('out', mov64.imm(R0, 1)),
      ...padding(1),
      labelled('end', exit()),
    )
    const { bytes } = assemble(spec)
    const view = new DataView(bytes.buffer)
    expect(slots(bytes).length).toBe(spec.instructions.length + 2)
    expect(view.getInt32(2 * 8 + 4, true)).toBe(tail + 2)
  })
})
