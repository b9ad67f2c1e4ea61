/** The builder's control flow: labels, conditions, branches, loops, exits. */
import type { JumpName } from '../opcodes.ts'
import { INVERSE } from '../opcodes.ts'
import type { Comparison, Condition, ConditionLike } from './condition.ts'
import { MemoryCalls } from './memory-calls.ts'
import type { Label, Operand, Value } from './value.ts'

export class ControlFlow extends MemoryCalls {
  /** A place to jump to; the hint names it in listings. */
  label(hint = 'L'): Label {
    return this.emitter.newLabel(hint, false)
  }

  /** The label stands here: the next instruction. */
  place(label: Label): void {
    this.emitter.place(label)
  }

  jump(label: Label): void {
    const id = this.labelId(label)
    this.emitter.emit('jump').label = id
  }

  jumpIf(condition: ConditionLike, label: Label): void {
    this.labelId(label)
    this.branch(condition, label, undefined)
  }

  eq(a: Operand, x: Operand): Condition {
    return this.comparison('jeq', 64, a, x)
  }
  ne(a: Operand, x: Operand): Condition {
    return this.comparison('jne', 64, a, x)
  }
  /** Unsigned, as `ge`, `lt` and `le`. */
  gt(a: Operand, x: Operand): Condition {
    return this.comparison('jgt', 64, a, x)
  }
  ge(a: Operand, x: Operand): Condition {
    return this.comparison('jge', 64, a, x)
  }
  lt(a: Operand, x: Operand): Condition {
    return this.comparison('jlt', 64, a, x)
  }
  le(a: Operand, x: Operand): Condition {
    return this.comparison('jle', 64, a, x)
  }
  /** Signed, as `sge`, `slt` and `sle`. */
  sgt(a: Operand, x: Operand): Condition {
    return this.comparison('jsgt', 64, a, x)
  }
  sge(a: Operand, x: Operand): Condition {
    return this.comparison('jsge', 64, a, x)
  }
  slt(a: Operand, x: Operand): Condition {
    return this.comparison('jslt', 64, a, x)
  }
  sle(a: Operand, x: Operand): Condition {
    return this.comparison('jsle', 64, a, x)
  }
  /** Some bit of the mask is set in `a`. */
  anyBit(a: Operand, mask: Operand): Condition {
    return this.comparison('jset', 64, a, mask)
  }

  /** Of the low halves, as all `…32` comparisons. */
  eq32(a: Operand, x: Operand): Condition {
    return this.comparison('jeq', 32, a, x)
  }
  ne32(a: Operand, x: Operand): Condition {
    return this.comparison('jne', 32, a, x)
  }
  gt32(a: Operand, x: Operand): Condition {
    return this.comparison('jgt', 32, a, x)
  }
  ge32(a: Operand, x: Operand): Condition {
    return this.comparison('jge', 32, a, x)
  }
  lt32(a: Operand, x: Operand): Condition {
    return this.comparison('jlt', 32, a, x)
  }
  le32(a: Operand, x: Operand): Condition {
    return this.comparison('jle', 32, a, x)
  }
  sgt32(a: Operand, x: Operand): Condition {
    return this.comparison('jsgt', 32, a, x)
  }
  sge32(a: Operand, x: Operand): Condition {
    return this.comparison('jsge', 32, a, x)
  }
  slt32(a: Operand, x: Operand): Condition {
    return this.comparison('jslt', 32, a, x)
  }
  sle32(a: Operand, x: Operand): Condition {
    return this.comparison('jsle', 32, a, x)
  }
  anyBit32(a: Operand, mask: Operand): Condition {
    return this.comparison('jset', 32, a, mask)
  }

  /** Every part holds; later parts are evaluated only while all before held. None: true. */
  all(...parts: readonly ConditionLike[]): Condition {
    return { kind: 'all', parts }
  }
  /** Some part holds; later parts are evaluated only while none before held. None: false. */
  any(...parts: readonly ConditionLike[]): Condition {
    return { kind: 'any', parts }
  }
  not(part: ConditionLike): Condition {
    return { kind: 'not', part }
  }

  if(condition: ConditionLike, then: () => void, otherwise?: () => void): void {
    const no = this.emitter.newLabel(otherwise === undefined ? 'end' : 'else', true)
    this.branch(condition, undefined, no)
    then()
    if (otherwise === undefined) {
      this.place(no)
      return
    }
    const end = this.emitter.newLabel('end', true)
    this.jump(end)
    this.place(no)
    otherwise()
    this.place(end)
  }

  /** The body's instructions `times` times over, with i = 0, 1, … known while building. */
  repeat(times: number, body: (i: number) => void): void {
    for (let i = 0; i < times; i++) body(i)
  }

  /** A loop at run time with i = 0, 1, …; the verifier must see that it ends, so `times` is a constant or a bounded value. */
  loop(times: Operand, body: (i: Value) => void): void {
    const i = this.mov(0)
    const head = this.emitter.newLabel('loop', true)
    const end = this.emitter.newLabel('loop_end', true)
    if (typeof times === 'object') this.jumpIf(this.ge(i, times), end)
    else if (times <= 0) return
    this.place(head)
    body(i)
    this.assign('add', i, 1)
    this.jumpIf(this.lt(i, times), head)
    this.place(end)
  }

  /** Ends the program with the verdict. */
  exit(verdict: Operand): void {
    const op = this.emitter.emit('exit')
    this.emitter.setOperand(op, verdict)
  }

  /** Exactly one of the labels is absent: that side falls through. */
  private branch(condition: ConditionLike, yes: Label | undefined, no: Label | undefined): void {
    const reached = typeof condition === 'function' ? condition() : condition
    switch (reached.kind) {
      case 'comparison':
        this.compare(reached, yes, no)
        break
      case 'not':
        this.branch(reached.part, no, yes)
        break
      case 'all':
        this.sequence(reached.parts, no, yes, (part, out) => this.branch(part, undefined, out))
        break
      case 'any':
        this.sequence(reached.parts, yes, no, (part, out) => this.branch(part, out, undefined))
        break
    }
  }

  /** `decided`: where a part that decides leads; `undecided`: where the end of the parts leads. */
  private sequence(
    parts: readonly ConditionLike[],
    decided: Label | undefined,
    undecided: Label | undefined,
    decide: (part: ConditionLike, out: Label) => void,
  ): void {
    const out = decided ?? this.emitter.newLabel('decided', true)
    for (const part of parts) decide(part, out)
    if (undecided !== undefined) this.jump(undecided)
    if (decided === undefined) this.place(out)
  }

  private compare(test: Comparison, yes: Label | undefined, no: Label | undefined): void {
    if (yes !== undefined) {
      this.jumpOn(test, test.jump, yes)
      return
    }
    const inverse = INVERSE[test.jump]
    if (inverse !== undefined) {
      this.jumpOn(test, inverse, no!)
      return
    }
    const skip = this.emitter.newLabel('bit', true)
    this.jumpOn(test, test.jump, skip)
    this.jump(no!)
    this.place(skip)
  }

  private jumpOn(test: Comparison, jump: JumpName, to: Label): void {
    const left = this.emitter.register(this.emitter.asValue(test.left))
    const op = this.emitter.emit('branch', test.note)
    op.jump = jump
    op.size = test.bits
    op.a = left
    this.emitter.setOperand(op, test.right, test.bits)
    op.label = to.id
  }

  private labelId(label: Label): number {
    if (label.owner !== this.emitter) this.emitter.refuse('a label of another program is used')
    return label.id
  }

  private comparison(jump: JumpName, bits: 32 | 64, left: Operand, right: Operand): Comparison {
    const note = this.emitter.here(this.comparison)
    return { kind: 'comparison', jump, bits, left, right, note }
  }
}
