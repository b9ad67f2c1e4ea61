/** A program made ready to run: its bytes decoded into steps, with the registers that each reads and loses. */
import { assemble } from '../assembler.ts'
import { VerifierError } from '../errors.ts'
import { HELPERS, helperName } from '../helpers.ts'
import { ATOMIC, PSEUDO } from '../kernel-abi.ts'
import { OPCODES, type Opcode, slotsOf } from '../opcodes.ts'
import type { InstructionNote, ProgramSpec } from '../spec.ts'
import { ALU_32, ALU_64, byteOrder, NEG, SIGNED_32, SIGNED_64, signExtend } from './alu-steps.ts'
import { HELPER_FUNCTIONS } from './helpers/index.ts'
import { JUMP_32, JUMP_64 } from './jump-steps.ts'
import type { Machine } from './machine.ts'
import type { InterpreterMap } from './maps/map.ts'
import { POINTER_TAG } from './memory.ts'
import { atomicStep, loadStep, storeStep } from './memory-steps.ts'
import { EXIT, type Registers, type Step, setBigint, TAIL_CALL } from './registers.ts'

/** Registers r1–r5, which calls lose. */
const ARGUMENTS = 0b111110
const RETURN = 0b1

export interface CompiledProgram {
  readonly spec: ProgramSpec
  readonly registers: Registers
  /** By slot; the second slot of a wide instruction has none. */
  readonly steps: ReadonlyArray<Step>
  /** Bit masks of registers, by slot. */
  readonly reads: Uint16Array
  readonly writes: Uint16Array
  readonly loses: Uint16Array
  readonly notes: ReadonlyArray<InstructionNote | undefined>
}

/** @throws AssembleError; VerifierError for helpers that the program may not call or the interpreter does not have. */
export function compileProgram(
  machine: Machine,
  spec: ProgramSpec,
  maps: ReadonlyMap<string, InterpreterMap>,
): CompiledProgram {
  const { bytes, relocations, notes } = assemble(spec)
  const view = new DataView(bytes.buffer)
  const mapAt = new Map(relocations.map(({ index, map }) => [index, maps.get(map)!]))
  const slots = bytes.length / 8
  const constants = new Constants()
  const decoded = decode(view, slots, mapAt, constants)
  const registers = constants.registers()
  const reads = new Uint16Array(slots)
  const writes = new Uint16Array(slots)
  const loses = new Uint16Array(slots)
  const steps: Step[] = []
  for (const ins of decoded) {
    reads[ins.slot] = readsOf(ins)
    writes[ins.slot] = writesOf(ins)
    loses[ins.slot] = ins.op.kind === 'call' ? ARGUMENTS | RETURN : 0
    steps[ins.slot] = stepOf(machine, registers, ins, spec, notes[ins.slot])
    if (slotsOf(ins.opcode) === 2) steps[ins.slot + 1] = unreachable
  }
  return { spec, registers, steps, reads, writes, loses, notes }
}

interface Decoded {
  readonly slot: number
  readonly opcode: number
  readonly op: Opcode
  readonly d: number
  /** Second operand: a register, or the place of the constant. */
  readonly s: number
  readonly offset: number
  readonly imm: number
  readonly target: number
}

function decode(
  view: DataView,
  slots: number,
  mapAt: ReadonlyMap<number, InterpreterMap>,
  constants: Constants,
): Decoded[] {
  const decoded: Decoded[] = []
  for (let slot = 0; slot < slots; ) {
    const opcode = view.getUint8(slot * 8)
    const op = OPCODES[opcode]!
    const registers = view.getUint8(slot * 8 + 1)
    const offset = view.getInt16(slot * 8 + 2, true)
    const imm = view.getInt32(slot * 8 + 4, true)
    let s = registers >> 4
    if (op.kind === 'ld_imm64') s = wideConstant(view, slot, s, mapAt.get(slot), constants)
    else if ('register' in op && !op.register) s = constants.add(BigInt(imm))
    const target = slot + 1 + (op.kind === 'gotol' ? imm : offset)
    decoded.push({ slot, opcode, op, d: registers & 15, s, offset, imm, target })
    slot += slotsOf(opcode)
  }
  return decoded
}

function wideConstant(
  view: DataView,
  slot: number,
  source: number,
  map: InterpreterMap | undefined,
  constants: Constants,
): number {
  const high = view.getUint32(slot * 8 + 12, true)
  if (map === undefined)
    return constants.add((BigInt(high) << 32n) | BigInt(view.getUint32(slot * 8 + 4, true)))
  const number = source === PSEUDO.mapValue ? map.valueRegion : map.region
  const offset = source === PSEUDO.mapValue ? high : 0
  return constants.add((BigInt(POINTER_TAG + number) << 32n) | BigInt(offset))
}

/** Constants of a program, each kept once behind the registers. */
class Constants {
  private readonly places = new Map<bigint, number>()

  add(value: bigint): number {
    const wanted = BigInt.asUintN(64, value)
    let place = this.places.get(wanted)
    if (place === undefined) {
      place = 11 + this.places.size
      this.places.set(wanted, place)
    }
    return place
  }

  registers(): Registers {
    const size = 11 + this.places.size
    const registers = { lo: new Int32Array(size), hi: new Int32Array(size) }
    for (const [value, place] of this.places) setBigint(registers, place, value)
    return registers
  }
}

function bit(register: number): number {
  return register <= 10 ? 1 << register : 0
}

function readsOf({ op, d, s, imm }: Decoded): number {
  switch (op.kind) {
    case 'alu':
      return op.name === 'mov' ? bit(s) : bit(d) | bit(s)
    case 'neg':
    case 'endian':
      return bit(d)
    case 'branch':
    case 'store':
      return bit(d) | bit(s)
    case 'atomic':
      return bit(d) | bit(s) | (imm === ATOMIC.cmpxchg ? RETURN : 0)
    case 'load':
      return bit(s)
    case 'call': {
      const name = helperName(imm)
      const count = name === undefined ? 0 : name === 'trace_printk' ? 2 : HELPERS[name].arguments
      return ((1 << count) - 1) << 1
    }
    case 'exit':
      return RETURN
    default:
      return 0
  }
}

function writesOf({ op, d, imm }: Decoded): number {
  switch (op.kind) {
    case 'alu':
    case 'neg':
    case 'endian':
    case 'load':
    case 'ld_imm64':
      return bit(d)
    case 'atomic':
      return imm === ATOMIC.cmpxchg ? RETURN : 0
    case 'call': {
      const name = helperName(imm)
      return name !== undefined && HELPERS[name].returns === 'void' ? 0 : RETURN
    }
    default:
      return 0
  }
}

function stepOf(
  machine: Machine,
  registers: Registers,
  ins: Decoded,
  spec: ProgramSpec,
  note: InstructionNote | undefined,
): Step {
  const { op, d, s, offset, imm, target } = ins
  const next = ins.slot + slotsOf(ins.opcode)
  switch (op.kind) {
    case 'alu': {
      const wide = op.bits === 64
      if (op.name === 'mov' && offset !== 0) return signExtend(offset, op.bits)(registers, d, s, next)
      if ((op.name === 'div' || op.name === 'mod') && offset === 1)
        return (wide ? SIGNED_64 : SIGNED_32)[op.name](registers, d, s, next)
      return (wide ? ALU_64 : ALU_32)[op.name](registers, d, s, next)
    }
    case 'neg':
      return NEG[op.bits](registers, d, next)
    case 'endian':
      return byteOrder(imm, op.order !== 'le')(registers, d, next)
    case 'branch':
      return (op.bits === 64 ? JUMP_64 : JUMP_32)[op.name](registers, d, s, next, target)
    case 'ja':
    case 'gotol':
      return () => target
    case 'exit':
      return () => EXIT
    case 'load':
      return loadStep(machine, registers, op.size, op.signed, d, s, offset, next)
    case 'store':
      return storeStep(machine, registers, op.size, d, s, offset, next)
    case 'atomic':
      return atomicStep(machine, registers, op.size, imm, d, s, offset, next)
    case 'ld_imm64':
      return ALU_64.mov(registers, d, s, next)
    case 'call':
      return callStep(machine, spec, imm, next, ins.slot, note)
  }
}

function callStep(
  machine: Machine,
  spec: ProgramSpec,
  id: number,
  next: number,
  slot: number,
  note: InstructionNote | undefined,
): Step {
  const refuse = (why: string): never => {
    const place = note === undefined ? '' : ` (${note.site})`
    const message = `load program '${spec.name}': slot ${slot}${place} calls ${helperName(id) ?? `helper ${id}`}: ${why}`
    throw new VerifierError(message, { log: message, errno: 'EINVAL', slot, note })
  }
  const name = helperName(id)
  if (name === undefined) return refuse('no such helper is known; use another')
  const helper = HELPERS[name]
  if (helper.programs !== undefined && !helper.programs.includes(spec.type))
    return refuse(`${spec.type} programs may not call it; use another`)
  if (helper.gplOnly && !isGplCompatible(spec.license))
    return refuse(`it is for GPL programs only and the licence is '${spec.license}'; change the licence`)
  if (name === 'tail_call') return () => (machine.tailCall() ? TAIL_CALL : next)
  const run = HELPER_FUNCTIONS[name]
  if (run === undefined) return refuse('the interpreter does not have it; run the program in the kernel')
  return () => {
    run(machine)
    return next
  }
}

/** As `license_is_gpl_compatible`. */
function isGplCompatible(license: string): boolean {
  return [
    'GPL',
    'GPL v2',
    'GPL and additional rights',
    'Dual BSD/GPL',
    'Dual MIT/GPL',
    'Dual MPL/GPL',
  ].includes(license)
}

function unreachable(): never {
  throw new Error('a jump led into the middle of a wide instruction')
}
