/** The one exit of a program: counts the deciding rule, tells of the packet where that is wanted, then returns the verdict. */
import type { Label, MapSpec, ProgramBuilder, Value } from '../../bpf/index.ts'
import { counterField } from '../counter-map.ts'
import { type EventKind, type EventMaps, eventKind } from '../event-map.ts'
import { emitOpaque, type Frame } from './frame.ts'
import { emitReport } from './report.ts'

/** Parameter: slot of the point's first rule among the node's counters. */
export const firstCounter = 'first-counter'

/** Where rules report that they decided. */
export interface VerdictExit {
  /**
   * Ends the program with a verdict in the name of a rule, by its number in the point.
   * @param kind what is told of the packet; default: `drop` or `pass`
   */
  decide(action: 'allow' | 'deny', rule: number, kind?: EventKind): void
  /** As `decide`, with the rule's number in a register. */
  decideBy(action: 'allow' | 'deny', rule: Value, kind?: EventKind): void
  /** Counts a rule in audit mode in passing, by its number in the point, and tells of the packet; judging goes on behind it. */
  audit(rule: number): void
  /** Ends the program; no rule is counted. */
  passBy(): void
  /** Emits the exit itself; call once, last. */
  close(): void
}

/** Of the number that leads to the exit: the rule's number in the point below, the kind of event above. */
const kindShift = 24

/**
 * @param verdicts what the program returns
 * @param events absent: the program tells nothing
 */
export function verdictExit(
  b: ProgramBuilder,
  frame: Frame,
  counters: MapSpec,
  verdicts: Readonly<Record<'allow' | 'deny', number>>,
  events?: EventMaps,
): VerdictExit {
  const decision = b.mov(0)
  const exit: Label = b.label('exit')
  const key = b.stack(4, 4)
  const decide = (action: 'allow' | 'deny', rule: number | Value, given?: EventKind): void => {
    const kind = eventKind[given ?? (action === 'deny' ? 'drop' : 'pass')] << kindShift
    b.set(decision, typeof rule === 'number' ? kind | rule : b.or(rule, kind))
    b.jump(exit)
  }
  const countAndTell = (slot: Value, kind: Value | number): void => {
    b.store(4, key, 0, slot)
    const counter = b.mapLookup(counters, key)
    const counted = b.label('counted')
    b.jumpIf(b.eq(counter, 0), counted)
    const { packets, bytes, lastHit } = counterField
    b.store(8, counter, packets, b.add(b.load(8, counter, packets), 1))
    b.store(8, counter, bytes, b.add(b.load(8, counter, bytes), frame.length))
    b.store(8, counter, lastHit, b.call('jiffies64'))
    b.place(counted)
    if (events) emitReport(b, frame, events, kind, slot)
  }
  return {
    decide,
    decideBy: decide,
    audit(rule) {
      countAndTell(b.add(b.mov(rule), b.parameter(firstCounter)), eventKind.audit)
    },
    passBy() {
      b.exit(verdicts.allow)
    },
    close() {
      b.place(exit)
      emitOpaque(b, frame, decision, kindShift)
      const kind = b.shr(decision, kindShift)
      countAndTell(b.add(b.and(decision, (1 << kindShift) - 1), b.parameter(firstCounter)), kind)
      b.if(b.eq(kind, eventKind.drop), () => b.exit(verdicts.deny))
      b.exit(verdicts.allow)
    },
  }
}
