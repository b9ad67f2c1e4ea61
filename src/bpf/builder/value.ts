/** What programs are built from: virtual registers, stack slots, labels. All opaque; only their own builder takes them. */

/** A virtual register of 64 bits. The register allocator gives it a machine register or a place on the stack. */
export class Value {
  /** @internal */
  readonly id: number
  /** @internal */
  readonly owner: object

  /** @internal */
  constructor(id: number, owner: object) {
    this.id = id
    this.owner = owner
  }
}

/** Where a constant will do as well as a register. Constants that fit are encoded in the instruction. */
export type Operand = Value | number | bigint

/** Bytes on the program's stack. */
export class StackSlot {
  readonly bytes: number
  /** Bytes: 1, 2, 4 or 8. */
  readonly align: number
  /** @internal */
  readonly owner: object

  /** @internal */
  constructor(bytes: number, align: number, owner: object) {
    this.bytes = bytes
    this.align = align
    this.owner = owner
  }
}

/** A place in the program, to jump to. */
export class Label {
  readonly hint: string
  /** @internal */
  readonly id: number
  /** @internal */
  readonly owner: object
  /** @internal Made by the builder itself: a caller's label at the same place gives the name. */
  readonly generated: boolean

  /** @internal */
  constructor(id: number, hint: string, owner: object, generated: boolean) {
    this.id = id
    this.hint = hint
    this.owner = owner
    this.generated = generated
  }
}

/** The bytes of a packet: from `data` up to and without `end`. */
export interface Packet {
  readonly data: Value
  readonly end: Value
}
