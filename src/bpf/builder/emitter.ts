/** The recording half of the builder: registers, labels, slots and operations, checked as they come. */
import { BuildError } from '../errors.ts'
import type { InstructionNote, MapSpec } from '../spec.ts'
import { exact, signed64 } from './constants.ts'
import { type Operation, type OperationKind, operation } from './operation.ts'
import { SiteNote } from './site.ts'
import { Label, type Operand, StackSlot, Value } from './value.ts'

/** @internal */
export class Emitter {
  readonly operations: Operation[] = []
  readonly labels: Label[] = []
  readonly maps = new Map<string, MapSpec>()
  private readonly placed = new Set<Label>()
  private readonly sites: boolean
  private registers = 0
  private text: string | undefined

  constructor(sites: boolean) {
    this.sites = sites
  }

  get registerCount(): number {
    return this.registers
  }

  /** Records an operation with the caller's place, or with that of an earlier call. */
  emit(kind: OperationKind, place?: InstructionNote): Operation {
    const op = operation(kind, place ?? this.here(this.emit))
    this.operations.push(op)
    return op
  }

  /** The caller's place, as far as it is recorded; `above` is the function that asks. */
  here(above: (...args: never[]) => unknown): InstructionNote | undefined {
    if (this.sites) return new SiteNote(this.text, above)
    return this.text === undefined ? undefined : { site: '', text: this.text }
  }

  newValue(): Value {
    return new Value(this.registers++, this)
  }

  newLabel(hint: string, generated: boolean): Label {
    const label = new Label(this.labels.length, hint, this, generated)
    this.labels.push(label)
    return label
  }

  place(label: Label): void {
    this.own(label, 'label')
    if (this.placed.has(label)) this.refuse(`label '${label.hint}' is placed twice; make a second label`)
    this.placed.add(label)
    const op = operation('label', undefined)
    op.label = label.id
    this.operations.push(op)
  }

  register(value: Value): number {
    this.own(value, 'value')
    return value.id
  }

  /** Sets the second operand of an operation of that many bits; a constant that would be cut is refused. */
  setOperand(op: Operation, x: Operand, bits = 64): void {
    if (x instanceof Value) op.b = this.register(x)
    else op.imm = this.constant(x, bits)
  }

  setBase(op: Operation, base: Value | StackSlot, offset: number): void {
    if (base instanceof StackSlot) {
      this.checkSlot(base, offset, op.size)
      op.slot = base
    } else {
      op.a = this.register(base)
    }
    if (!Number.isInteger(offset)) this.refuse(`offset ${offset} is not an integer`)
    op.offset = offset
  }

  checkSlot(slot: StackSlot, offset: number, bytes: number): void {
    this.own(slot, 'stack slot')
    if (offset < 0 || offset + bytes > slot.bytes) {
      this.refuse(`bytes ${offset}–${offset + bytes} are outside a stack slot of ${slot.bytes} bytes`)
    }
  }

  constant(x: number | bigint, bits = 64): number | bigint {
    if (typeof x === 'number' && !Number.isSafeInteger(x)) {
      this.refuse(`${x} is not an exact integer; use a bigint`)
    }
    const range = 2 ** bits
    if (x < -range / 2 || x >= range) this.refuse(`the constant ${x} does not fit ${bits} bits; cut it first`)
    return signed64(exact(x))
  }

  /** A register that holds the operand. */
  asValue(x: Operand): Value {
    if (x instanceof Value) return x
    const value = this.newValue()
    const op = this.emit('const')
    op.def = value.id
    op.imm = this.constant(x)
    return value
  }

  useMap(map: MapSpec): string {
    const known = this.maps.get(map.name)
    if (known === undefined) this.maps.set(map.name, map)
    else if (known !== map) this.refuse(`two maps are named '${map.name}'; rename one`)
    return map.name
  }

  withText(text: string, body: () => void): void {
    const outer = this.text
    this.text = outer === undefined ? text : `${outer}: ${text}`
    try {
      body()
    } finally {
      this.text = outer
    }
  }

  refuse(why: string): never {
    const note = this.sites ? ` (${new SiteNote(undefined, this.refuse).site})` : ''
    throw new BuildError(`Building failed: ${why}${note}`)
  }

  private own(thing: { readonly owner: object }, what: string): void {
    if (thing.owner !== this) this.refuse(`a ${what} of another program is used; make it with this builder`)
  }
}
