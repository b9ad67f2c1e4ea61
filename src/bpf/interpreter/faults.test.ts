/** What the kernel's verifier refuses beforehand is a fault here, with its kind and place: never a silent answer. */
import { describe, expect, it } from 'vitest'
import { ProgramBuilder } from '../builder/index.ts'
import { type FaultKind, InterpreterFault } from '../errors.ts'
import * as asm from '../instructions.ts'
import { MAP_FLAG, SK_BUFF, XDP_MD } from '../kernel-abi.ts'
import type { Instruction, MapSpec, ProgramType } from '../spec.ts'
import { udpFrame } from '../testing/fixtures.ts'
import { InterpreterEngine } from './engine.ts'

const { R0, R1, R2, R3, R4, R5, R6, R10, mov64, add64, ldxdw, ldxw, ldxb, stxdw, stw, exit, call, ldMap } =
  asm
const hash: MapSpec = { name: 'hash', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 4 }
const table: MapSpec = { name: 'table', type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 }
const constants: MapSpec = { ...table, name: 'constants', flags: MAP_FLAG.readOnlyProgram }
const programs: MapSpec = { name: 'programs', type: 'prog_array', keySize: 4, valueSize: 4, maxEntries: 1 }
const ring: MapSpec = { name: 'ring', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 }

function fault(instructions: readonly Instruction[], type: ProgramType = 'xdp'): InterpreterFault {
  const engine = new InterpreterEngine({ instructionLimit: 1000 })
  const maps = Object.fromEntries(
    [hash, table, constants, programs, ring].map((spec) => [spec.name, engine.createMap(spec)]),
  )
  const program = engine.load({ name: 'faulty', type, license: 'GPL', instructions }, maps)
  try {
    program.run(udpFrame())
  } catch (error) {
    if (error instanceof InterpreterFault) return error
    throw error
  }
  throw new Error('run the faulty program failed: there was no fault')
}

const lookUp = (map: string): Instruction[] => [
  stw(R10, -4, 0),
  mov64.reg(R2, R10),
  add64.imm(R2, -4),
  ldMap(R1, map),
  call('map_lookup_elem'),
]

describe('faults', () => {
  it.each<[string, FaultKind, number, Instruction[]]>([
    ['reading a register never written', 'uninitialised', 0, [mov64.reg(R0, R3), exit()]],
    ['exit without a verdict', 'uninitialised', 0, [exit()]],
    [
      'an argument register after a call',
      'uninitialised',
      1,
      [call('ktime_get_ns'), mov64.reg(R0, R1), exit()],
    ],
    [
      'the result of a helper that has none',
      'uninitialised',
      4,
      [ldMap(R2, 'programs'), mov64.imm(R3, 0), asm.tailCall(), exit()],
    ],
    ['a stack byte never written', 'uninitialised', 0, [ldxdw(R0, R10, -8), exit()]],
    ['above the stack', 'out-of-bounds', 0, [ldxb(R0, R10, 0), exit()]],
    ['below the stack', 'out-of-bounds', 1, [mov64.imm(R0, 0), stxdw(R10, -520, R0), exit()]],
    ['past the packet', 'out-of-bounds', 1, [ldxw(R2, R1, XDP_MD.data), ldxb(R0, R2, 60), exit()]],
    ['before the packet', 'out-of-bounds', 1, [ldxw(R2, R1, XDP_MD.data), ldxb(R0, R2, -1), exit()]],
    ['a number as an address', 'not-a-pointer', 1, [mov64.imm(R2, 4096), ldxb(R0, R2, 0), exit()]],
    ['a map as memory', 'not-a-pointer', 2, [ldMap(R2, 'hash'), ldxb(R0, R2, 0), exit()]],
    ['a look-up that found nothing', 'not-a-pointer', 6, [...lookUp('hash'), ldxdw(R0, R0, 0), exit()]],
    ['past a value', 'out-of-bounds', 6, [...lookUp('table'), ldxdw(R0, R0, 4), exit()]],
    ['writing what is read-only', 'read-only', 6, [...lookUp('constants'), asm.stdw(R0, 0, 1), exit()]],
    [
      'packet pointers from before the packet moved',
      'out-of-bounds',
      4,
      [
        ldxw(R6, R1, XDP_MD.data),
        mov64.imm(R2, 4),
        call('xdp_adjust_head'),
        mov64.imm(R0, 0),
        ldxb(R0, R6, 0),
        exit(),
      ],
    ],
    ['a context field that is none', 'context-access', 0, [ldxw(R0, R1, 2), exit()]],
    ['a part of a pointer field', 'context-access', 0, [ldxb(R0, R1, XDP_MD.data), exit()]],
    ['writing a context field', 'context-access', 0, [stw(R1, XDP_MD.ingress_ifindex, 1), exit()]],
    [
      'a map argument that is no map',
      'bad-argument',
      3,
      [mov64.imm(R1, 0), mov64.reg(R2, R10), add64.imm(R2, -4), call('map_lookup_elem'), exit()],
    ],
    [
      'a helper on the wrong kind of map',
      'bad-argument',
      4,
      [ldMap(R1, 'hash'), mov64.imm(R2, 0), mov64.imm(R3, 0), call('redirect_map'), exit()],
    ],
    [
      'a context argument that is none',
      'bad-argument',
      2,
      [mov64.reg(R1, R10), mov64.imm(R2, 0), call('xdp_adjust_head'), exit()],
    ],
    [
      'a record reserved and kept',
      'bad-argument',
      6,
      [
        ldMap(R1, 'ring'),
        mov64.imm(R2, 8),
        mov64.imm(R3, 0),
        call('ringbuf_reserve'),
        mov64.imm(R0, 0),
        exit(),
      ],
    ],
    [
      'a helper argument outside memory',
      'out-of-bounds',
      6,
      [
        mov64.imm(R2, 0),
        mov64.reg(R3, R10),
        add64.imm(R3, -4),
        mov64.imm(R4, 8),
        mov64.imm(R5, 0),
        mov64.imm(R0, 0),
        call('xdp_load_bytes'),
        exit(),
      ],
    ],
    [
      'a route asked of nobody',
      'unknown-helper',
      6,
      [
        asm.stdw(R10, -64, 0),
        mov64.reg(R2, R10),
        add64.imm(R2, -64),
        mov64.imm(R3, 8),
        mov64.imm(R4, 0),
        mov64.imm(R0, 0),
        call('fib_lookup'),
        exit(),
      ],
    ],
    [
      'an endless loop',
      'instruction-limit',
      0,
      [asm.labelled('top', mov64.imm(R0, 0)), asm.jne.imm(R0, 1, 'top'), exit()],
    ],
    [
      'an atomic that is not aligned',
      'out-of-bounds',
      3,
      [asm.stdw(R10, -16, 0), asm.stdw(R10, -8, 0), mov64.imm(R0, 1), asm.atomicAdd(8, R10, -12, R0), exit()],
    ],
  ])('%s: %s', (_, kind, slot, instructions) => {
    expect(fault(instructions)).toMatchObject({ kind, slot, program: 'faulty' })
  })

  it.each<[string, Instruction[]]>([
    ['half of tstamp', [ldxw(R0, R1, SK_BUFF.tstamp), exit()]],
    ['writing the hash', [stw(R1, SK_BUFF.hash, 1), exit()]],
    ['writing half of the mark', [asm.sth(R1, SK_BUFF.mark, 1), exit()]],
    ['a load across two words of cb', [mov64.imm(R0, 0), ldxw(R0, R1, SK_BUFF.cb + 2), exit()]],
  ])('tc context: %s', (_, instructions) => {
    expect(fault(instructions, 'sched_cls').kind).toBe('context-access')
  })

  it('tells the place in the caller’s source, and the note', () => {
    const b = new ProgramBuilder({ name: 'noted', type: 'xdp', license: 'GPL' })
    const packet = b.packet()
    b.note('read past the end', () => b.exit(b.load(1, packet.data, 100)))
    const program = new InterpreterEngine().load(b.build(), {})
    expect(() => program.run(udpFrame())).toThrow(
      /Running 'noted' failed at slot 1 \(src\/bpf\/interpreter\/faults\.test\.ts:\d+, read past the end\): 1 bytes at offset 100 are outside a region of 60 bytes/,
    )
  })

  it('goes on after a fault', () => {
    const engine = new InterpreterEngine()
    const bad = engine.load(
      { name: 'bad', type: 'xdp', license: 'GPL', instructions: [mov64.reg(R0, R5), exit()] },
      {},
    )
    const good = engine.load(
      { name: 'good', type: 'xdp', license: 'GPL', instructions: [mov64.imm(R0, 2), exit()] },
      {},
    )
    expect(() => bad.run(udpFrame())).toThrow(InterpreterFault)
    expect(good.run(udpFrame()).verdict).toBe(2)
  })
})
