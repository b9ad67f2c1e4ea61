/** Brings the arguments of a call into r1–r5: copies as if all at once, then what needs no register to come from. */
import type { Argument } from './operation.ts'
import type { StackSlot } from './value.ts'

export interface ArgumentEmitter {
  copy(to: number, from: number): void
  constant(to: number, imm: number | bigint): void
  stackAddress(to: number, slot: StackSlot, offset: number): void
  map(to: number, map: string): void
}

/** r0 is free for breaking cycles: it is never a target, and copies out of it are done before a cycle is met. */
export function passArguments(
  args: readonly Argument[],
  registerOf: (virtual: number) => number,
  emit: ArgumentEmitter,
): void {
  const sources = new Map<number, number>()
  for (const [index, arg] of args.entries()) {
    if (arg.kind !== 'register') continue
    const from = registerOf(arg.register)
    if (from !== index + 1) sources.set(index + 1, from)
  }
  while (sources.size > 0) {
    const waiting = new Set(sources.values())
    const ready = [...sources.keys()].find((to) => !waiting.has(to))
    if (ready !== undefined) {
      emit.copy(ready, sources.get(ready)!)
      sources.delete(ready)
      continue
    }
    const [to] = sources.keys()
    emit.copy(0, to!)
    for (const [target, from] of sources) if (from === to) sources.set(target, 0)
  }
  for (const [index, arg] of args.entries()) {
    if (arg.kind === 'const') emit.constant(index + 1, arg.imm)
    else if (arg.kind === 'slot') emit.stackAddress(index + 1, arg.slot, arg.offset)
    else if (arg.kind === 'map') emit.map(index + 1, arg.map)
  }
}
