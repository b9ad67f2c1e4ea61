/**
 * Builds a program from typed calls on virtual registers. What is emitted is close to what a person would write: constants
 * become immediates, copies vanish, and values get machine registers by colouring. Nothing is hidden: one call, about one
 * instruction.
 */
import { HELPERS, type HelperName } from '../helpers.ts'
import { SK_BUFF, XDP_MD } from '../kernel-abi.ts'
import type { MapSpec, ProgramSpec, ProgramType } from '../spec.ts'
import { ControlFlow } from './control-flow.ts'
import type { Argument } from './operation.ts'
import { compile } from './pipeline.ts'
import { type Label, type Operand, type Packet, StackSlot, Value } from './value.ts'

export interface ProgramOptions {
  /** At most 15 characters of [A-Za-z0-9_.]. */
  readonly name: string
  readonly type: ProgramType
  readonly license: string
  /** Record which line of the caller each instruction came from, for the verifier's and the interpreter's messages. Default true. */
  readonly notes?: boolean
}

/** What a helper takes: a value, a constant, the address of a stack slot, or a map. */
export type CallArgument = Operand | StackSlot | MapSpec

/**
 * ```ts
 * const b = new ProgramBuilder({ name: 'drop_all', type: 'xdp', license: 'GPL' })
 * b.exit(XDP_DROP)
 * const spec = b.build()
 * ```
 * All methods throw `BuildError` for values, slots or labels of another builder and for constants out of range.
 */
export class ProgramBuilder extends ControlFlow {
  readonly options: ProgramOptions
  /** Pointer to the context: `xdp_md` or `__sk_buff`. */
  readonly context: Value
  #parameters: { readonly record: Value; readonly offsets: Readonly<Record<string, number>> } | undefined

  constructor(options: ProgramOptions) {
    super(options.notes ?? true)
    this.options = options
    this.context = this.emitter.newValue()
    this.emitter.emit('context').def = this.context.id
  }

  /** The maps that the program uses, in order of first use. */
  get maps(): readonly MapSpec[] {
    return [...this.emitter.maps.values()]
  }

  /** Bounds of the packet, read from the context. Helpers that move the packet's data make them void: read them again. */
  packet(): Packet {
    const fields = this.options.type === 'xdp' ? XDP_MD : SK_BUFF
    return {
      data: this.load(4, this.context, fields.data),
      end: this.load(4, this.context, fields.data_end),
    }
  }

  /** Goes on only if `bytes` bytes from `packet.data` on are inside the packet; the verifier wants this before each access. */
  requireBytes(packet: Packet, bytes: Operand, orElse: Label): void {
    this.jumpIf(this.gt(this.add(packet.data, bytes), packet.end), orElse)
  }

  /** Calls a kernel helper; the result is 0–64 bits or a pointer, as `HELPERS` says. */
  call(helper: HelperName, ...args: readonly CallArgument[]): Value {
    const { id, arguments: wanted } = HELPERS[helper]
    if (args.length > wanted || (args.length < wanted && helper !== 'trace_printk')) {
      this.emitter.refuse(`${helper} takes ${wanted} arguments, ${args.length} were given`)
    }
    const passed = args.map((arg) => this.argument(arg))
    const result = this.emitter.newValue()
    const op = this.emitter.emit('call')
    op.helper = id
    op.args = passed
    op.def = result.id
    return result
  }

  /**
   * A constant that is given later, by `instantiate`: one build then serves many programs that differ in it only. Any 64-bit
   * value; until it is given the program cannot be assembled. After `readParameters`: read from memory.
   */
  parameter(name: string): Value {
    if (this.#parameters) {
      const { record, offsets } = this.#parameters
      const offset = offsets[name]
      if (offset === undefined) this.emitter.refuse(`the record has no parameter '${name}'; give its offset`)
      return this.load(8, record, offset)
    }
    const result = this.emitter.newValue()
    const op = this.emitter.emit('parameter')
    op.parameter = name
    op.def = result.id
    return result
  }

  /**
   * From here on parameters are no constants: they are read from a record, 8 bytes each, at the offsets of their names. One loaded
   * program then serves all for whom there are records.
   */
  readParameters(record: Value, offsets: Readonly<Record<string, number>>): void {
    this.#parameters = { record, offsets }
  }

  /** Address of the map, for helpers that take one. */
  mapAddress(map: MapSpec): Value {
    const result = this.emitter.newValue()
    const op = this.emitter.emit('map')
    op.map = this.emitter.useMap(map)
    op.def = result.id
    return result
  }

  /** Address of byte `offset` in the only value of an `array` of one entry: no helper call, no test for zero. */
  mapValue(map: MapSpec, offset = 0): Value {
    if (map.type !== 'array' || map.maxEntries !== 1) {
      this.emitter.refuse(`'${map.name}' is no array of one entry; use mapLookup`)
    }
    const result = this.emitter.newValue()
    const op = this.emitter.emit('map')
    op.map = this.emitter.useMap(map)
    op.value = true
    op.offset = offset
    op.def = result.id
    return result
  }

  /** Address of the value, or 0: compare before use. */
  mapLookup(map: MapSpec, key: StackSlot | Value): Value {
    return this.call('map_lookup_elem', map, key)
  }

  /** 0, or a negative errno. `flags`: `UPDATE`. */
  mapUpdate(map: MapSpec, key: StackSlot | Value, value: StackSlot | Value, flags: Operand = 0): Value {
    return this.call('map_update_elem', map, key, value, flags)
  }

  /** 0, or a negative errno. */
  mapDelete(map: MapSpec, key: StackSlot | Value): Value {
    return this.call('map_delete_elem', map, key)
  }

  /** Continues in another program; goes on here if the index holds none. */
  tailCall(map: MapSpec, index: Operand): void {
    this.call('tail_call', this.context, map, index)
  }

  /** Instructions emitted by `body` carry the text; nested notes join with a colon. */
  note(text: string, body: () => void): void {
    this.emitter.withText(text, body)
  }

  /**
   * The finished program; the builder may go on afterwards.
   * @throws BuildError for labels never placed, values read before they are computed, paths without an exit, too much stack.
   */
  build(): ProgramSpec {
    const { name, type, license } = this.options
    const instructions = compile({
      type,
      operations: this.emitter.operations,
      labels: this.emitter.labels,
      registers: this.emitter.registerCount,
      context: this.context.id,
    })
    return Object.freeze({ name, type, license, instructions: Object.freeze(instructions) })
  }

  private argument(arg: CallArgument): Argument {
    if (arg instanceof Value) return { kind: 'register', register: this.emitter.register(arg) }
    if (arg instanceof StackSlot) {
      this.emitter.checkSlot(arg, 0, 0)
      return { kind: 'slot', slot: arg, offset: 0 }
    }
    if (typeof arg === 'object') return { kind: 'map', map: this.emitter.useMap(arg) }
    return { kind: 'const', imm: this.emitter.constant(arg) }
  }
}
