/** The one exit of a program: counts the deciding rule, then returns the verdict. */
import type { Label, MapSpec, ProgramBuilder, Value } from '../../bpf/index.ts'
import type { Frame } from './frame.ts'

/** Parameter: slot of the point's first rule among the node's counters. */
export const firstCounter = 'first-counter'

/** Where rules report that they decided. */
export interface VerdictExit {
  /** Ends the program with a verdict in the name of a rule, by its number in the point. */
  decide(action: 'allow' | 'deny', rule: number): void
  /** As `decide`, with the rule's number in a register. */
  decideBy(action: 'allow' | 'deny', rule: Value): void
  /**
   * Counts a rule in audit mode in passing, by its number in the point; judging goes on behind it. The place for whatever else is to be
   * told of a packet that the rule would have dropped.
   */
  audit(rule: number): void
  /** Ends the program; no rule is counted. */
  passBy(): void
  /** Emits the exit itself; call once, last. */
  close(): void
}

/** @param verdicts what the program returns */
export function verdictExit(
  b: ProgramBuilder,
  frame: Frame,
  counters: MapSpec,
  verdicts: Readonly<Record<'allow' | 'deny', number>>,
): VerdictExit {
  const rule = b.mov(0)
  const verdict = b.mov(0)
  const count: Label = b.label('count')
  const done: Label = b.label('done')
  const key = b.stack(4, 4)
  const countAt = (slot: Value, uncounted: Label): void => {
    b.store(4, key, 0, slot)
    const counter = b.mapLookup(counters, key)
    b.jumpIf(b.eq(counter, 0), uncounted)
    b.store(8, counter, 0, b.add(b.load(8, counter, 0), 1))
    b.store(8, counter, 8, b.add(b.load(8, counter, 8), frame.length))
  }
  return {
    decide(action, index) {
      b.set(rule, index)
      b.set(verdict, verdicts[action])
      b.jump(count)
    },
    decideBy(action, index) {
      b.set(rule, index)
      b.set(verdict, verdicts[action])
      b.jump(count)
    },
    audit(index) {
      const counted = b.label('audited')
      countAt(b.add(b.mov(index), b.parameter(firstCounter)), counted)
      b.place(counted)
    },
    passBy() {
      b.exit(verdicts.allow)
    },
    close() {
      b.place(count)
      countAt(b.add(rule, b.parameter(firstCounter)), done)
      b.place(done)
      b.exit(verdict)
    },
  }
}
