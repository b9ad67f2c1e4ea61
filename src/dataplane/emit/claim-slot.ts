/** Taking a slot of a quota, as code: `Slots.take` in `policy/slots.ts` is its meaning; what two CPUs may do to one another is at `flow-map.ts`. */
import {
  ERRNO,
  type Label,
  type MapSpec,
  type ProgramBuilder,
  type StackSlot,
  UPDATE,
  type Value,
} from '../../bpf/index.ts'
import { slotTries } from '../../policy/index.ts'

export interface SlotClaim {
  /** Slots: an array of locks, each with the key of what its slot was given to last. */
  readonly slots: MapSpec
  /** Offsets in a slot. */
  readonly at: { readonly lock: number; readonly holder: number }
  /** What is to have a slot: its key, the map that it is entered in, and the value there, which says its slot. */
  readonly key: StackSlot
  readonly map: MapSpec
  readonly value: StackSlot
  /** The number of the next slot, which goes into the value, and where it lies as a key of `slots`. */
  readonly next: () => { readonly index: Value; readonly number: StackSlot | Value }
  /**
   * Looks at what a slot, which is locked, was given to last: jumps to `free` if it has the slot no more, to `stays` if it keeps it, and falls
   * through once it is forgotten.
   */
  readonly release: (slot: Value, index: Value, labels: Readonly<Record<'free' | 'stays', Label>>) => void
}

/** All ways lead to one of the labels; `raced`: another CPU has entered the same key meanwhile. */
export function emitClaimSlot(
  b: ProgramBuilder,
  { slots, at, key, map, value, next, release }: SlotClaim,
  { opened, raced, full }: Readonly<Record<'opened' | 'raced' | 'full', Label>>,
): void {
  b.loop(slotTries, () => {
    const [taken, stays, free] = [b.label('taken'), b.label('stays'), b.label('free')]
    const { index, number } = next()
    const slot = b.mapLookup(slots, number)
    b.jumpIf(b.eq(slot, 0), full)
    b.jumpIf(b.ne(b.atomicExchange(4, slot, at.lock, 1), 0), taken)
    release(slot, index, { free, stays })
    b.place(free)
    for (let offset = 0; offset < map.keySize; offset += 8)
      b.store(8, slot, at.holder + offset, b.load(8, key, offset))
    const result = b.mapUpdate(map, key, value, UPDATE.noexist)
    b.store(4, slot, at.lock, 0)
    b.jumpIf(b.eq(result, 0), opened)
    b.jumpIf(b.eq32(result, -ERRNO.EEXIST), raced)
    b.jump(full)
    b.place(stays)
    b.store(4, slot, at.lock, 0)
    b.place(taken)
  })
  b.jump(full)
}
