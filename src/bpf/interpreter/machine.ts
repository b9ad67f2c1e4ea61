/** Runs programs: registers, memory, packet and context of one run at a time, and what runs leave behind. */
import { InterpreterFault } from '../errors.ts'
import { MAX_TAIL_CALLS, SK_BUFF, STACK_SIZE, XDP_MD } from '../kernel-abi.ts'
import type { ProgramType } from '../spec.ts'
import { Context } from './context.ts'
import type { Environment } from './environment.ts'
import { ProgramArray } from './maps/reference-map.ts'
import type { RingRecord } from './maps/ring-buffer.ts'
import { AddressSpace, CONTEXT_TAG, STACK_TAG } from './memory.ts'
import { Packet } from './packet.ts'
import type { CompiledProgram } from './program.ts'
import { EXIT, type Registers, setInteger } from './registers.ts'
import type { InterpreterContext, InterpreterResult, Redirection } from './run.ts'
import { Trap } from './trap.ts'

const AT_ENTRY = (1 << 1) | (1 << 10)

export class Machine {
  readonly memory = new AddressSpace()
  readonly packet = new Packet(this.memory)
  readonly context = new Context(this.packet)
  readonly environment: Environment
  /** Of the program that was started; those it tail-calls have the same. */
  type: ProgramType = 'xdp'
  /** Of the program under way. */
  registers!: Registers
  redirection: Redirection | undefined
  readonly clones: Redirection[] = []
  readonly trace: string[] = []
  /** Ring buffer records not yet submitted, by region. */
  readonly reserved = new Map<number, RingRecord>()
  private tailCalls = 0
  private nextProgram: CompiledProgram | undefined
  private running = false

  constructor(environment: Environment) {
    this.environment = environment
  }

  /** @throws InterpreterFault for what the verifier would have refused. */
  run(program: CompiledProgram, packet: Uint8Array, context: InterpreterContext): InterpreterResult {
    if (this.running)
      throw new Error('run program failed: another run of this engine is under way; wait for it')
    this.running = true
    try {
      this.reset(program.spec.type, packet, context)
      const instructions = this.execute(program)
      return this.result(program.spec.type, instructions)
    } finally {
      this.running = false
      this.nextProgram = undefined
    }
  }

  /** @internal The low half of argument `i`, unsigned. */
  low(i: number): number {
    return this.registers.lo[i]! >>> 0
  }

  /** @internal Argument `i` as a signed 64-bit number; exact up to 2⁵³. */
  integer(i: number): number {
    return this.registers.hi[i]! * 0x1_0000_0000 + this.low(i)
  }

  /** @internal A pointer argument: bytes that are checked. */
  bytes(i: number, size: number, write: boolean): Uint8Array {
    return this.memory.span(this.registers.lo[i]!, this.registers.hi[i]!, size, write)
  }

  /** @internal */
  setResult(value: number): void {
    setInteger(this.registers, 0, value)
  }

  /** @internal Result: pointer to the start of a region. */
  setPointer(tag: number): void {
    this.registers.lo[0] = 0
    this.registers.hi[0] = tag
  }

  /** @internal r1 is the context, as helpers that act on the packet demand. */
  checkContext(i: number): void {
    if (this.registers.hi[i] !== CONTEXT_TAG || this.registers.lo[i] !== 0)
      throw new Trap('bad-argument', `argument ${i} is not the context; pass it`)
  }

  /** @internal `bpf_tail_call(context, programs, index)`: false falls through. */
  tailCall(): boolean {
    this.checkContext(1)
    const { lo, hi } = this.registers
    const map = this.memory.mapAt(lo[2]!, hi[2]!)
    if (!(map instanceof ProgramArray))
      throw new Trap('bad-argument', `'${map.spec.name}' holds no programs; pass a prog_array`)
    const target = map.programAt(this.low(3))
    if (target === undefined || this.tailCalls >= MAX_TAIL_CALLS) return false
    this.tailCalls++
    this.nextProgram = target.compiled
    return true
  }

  private reset(type: ProgramType, packet: Uint8Array, given: InterpreterContext): void {
    this.type = type
    this.memory.reset()
    this.packet.reset(packet)
    this.context.reset(type)
    this.redirection = undefined
    this.clones.length = 0
    this.trace.length = 0
    this.reserved.clear()
    this.tailCalls = 0
    const { context } = this
    if (type === 'xdp') {
      context.set(XDP_MD.ingress_ifindex, given.ifindex ?? 0)
      context.set(XDP_MD.rx_queue_index, given.queue ?? 0)
      return
    }
    context.set(SK_BUFF.len, packet.length)
    context.set(SK_BUFF.wire_len, packet.length)
    context.set(SK_BUFF.protocol, packet[12]! | (packet[13]! << 8))
    context.set(SK_BUFF.ifindex, given.ifindex ?? 0)
    context.set(SK_BUFF.ingress_ifindex, given.ingressIfindex ?? given.ifindex ?? 0)
    context.set(SK_BUFF.mark, given.mark ?? 0)
    context.set(SK_BUFF.priority, given.priority ?? 0)
    context.set(SK_BUFF.hash, given.hash ?? 0)
    for (const [i, word] of (given.cb ?? []).entries()) context.set(SK_BUFF.cb + 4 * i, word)
  }

  private execute(first: CompiledProgram): number {
    const limit = this.environment.instructionLimit
    let program = first
    let count = 0
    let at = 0
    try {
      for (;;) {
        this.enter(program)
        const { steps, reads, writes, loses } = program
        let defined = AT_ENTRY
        at = 0
        for (;;) {
          if (++count > limit)
            throw new Trap('instruction-limit', `more than ${limit} instructions; bound the loop`)
          if ((reads[at]! & ~defined) !== 0) throw this.uninitialised(reads[at]! & ~defined)
          const next = steps[at]!()
          if (next < 0) {
            if (next === EXIT) {
              this.checkReserved()
              return count
            }
            program = this.nextProgram!
            break
          }
          defined = (defined & ~loses[at]!) | writes[at]!
          at = next
        }
      }
    } catch (error) {
      if (!(error instanceof Trap)) throw error
      const note = program.notes[at]
      const place = note === undefined ? '' : ` (${[note.site, note.text].filter(Boolean).join(', ')})`
      throw new InterpreterFault(
        `Running '${program.spec.name}' failed at slot ${at}${place}: ${error.message}`,
        {
          kind: error.kind,
          program: program.spec.name,
          slot: at,
          note,
        },
      )
    }
  }

  private enter(program: CompiledProgram): void {
    this.registers = program.registers
    const { lo, hi } = program.registers
    lo[1] = 0
    hi[1] = CONTEXT_TAG
    lo[10] = STACK_SIZE
    hi[10] = STACK_TAG
    this.memory.written.fill(0)
  }

  private uninitialised(missing: number): Trap {
    const register = 31 - Math.clz32(missing)
    return new Trap('uninitialised', `r${register} holds nothing here; write it first (calls lose r1–r5)`)
  }

  private checkReserved(): void {
    if (this.reserved.size > 0)
      throw new Trap(
        'bad-argument',
        'a ring buffer record was reserved and not submitted; submit or discard it',
      )
  }

  private result(type: ProgramType, instructions: number): InterpreterResult {
    const { redirection } = this
    const verdict = this.registers.lo[0]!
    const skb = type !== 'xdp'
    return {
      verdict,
      packet: this.packet.bytes.slice(),
      instructions,
      trace: [...this.trace],
      clones: [...this.clones],
      ...(redirection === undefined ? {} : { redirect: redirection }),
      ...(skb
        ? {
            mark: this.context.get(SK_BUFF.mark),
            priority: this.context.get(SK_BUFF.priority),
            cb: [0, 1, 2, 3, 4].map((i) => this.context.get(SK_BUFF.cb + 4 * i)),
          }
        : {}),
    }
  }
}
