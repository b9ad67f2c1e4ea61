/**
 * What a change of the network changes: who reaches whom that did not, who does not that did; machines; rules that changed without any effect; what else the file says.
 *
 * Whatever a packet's fate differs in is in one of the differences, or is said by a machine that is new or gone. As in all proofs these are packets that
 * open something, of well-formed shape, with no grant in force and no limit exceeded.
 */
import { type Network, type SettingChange, settingChanges } from '../../model/index.ts'
import type { Prefix } from '../../net/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, allLevelsBut, level } from '../packets/index.ts'
import { Cells, outside } from './cells.ts'
import { type Delta, deltasBetween, sidesOf } from './delta.ts'
import { type Example, exampleOf } from './example.ts'
import { withoutExpected } from './fold.ts'
import { type Difference, grouped } from './group.ts'
import { type MachineChange, machineChanges } from './machine-change.ts'
import { prefixesAt } from './prefixes.ts'
import { type RuleChange, ruleChanges } from './rule-change.ts'
import { createShared, Side } from './side.ts'
import { type Traffic, trafficOf } from './traffic.ts'

/** A network and what was derived from it. */
export interface Derived {
  readonly network: Network
  readonly policy: Policy
}

export interface ReachChange extends Omit<Difference, 'traffic' | 'sample'> {
  readonly traffic: readonly Traffic[]
  /** With which sources, if not with their own; absent: with all that are outside. */
  readonly sources?: readonly Prefix[]
  /** To which addresses outside; absent: to all. */
  readonly destinations?: readonly Prefix[]
  /** To some addresses outside, which are too many to be listed. */
  readonly inPart?: true
  /** Absent: the evaluator confirmed none of those that were tried. */
  readonly example?: Example
}

export interface Change {
  readonly reach: readonly ReachChange[]
  readonly machines: readonly MachineChange[]
  readonly rules: readonly RuleChange[]
  readonly settings: readonly SettingChange[]
}

export type ChangePhase = 'old' | 'next' | 'compare' | 'examples'

export function changeBetween(
  old: Derived,
  next: Derived,
  progress: (phase: ChangePhase, done: number, total: number) => void = () => {},
): Change {
  const shared = createShared()
  const { sets } = shared
  progress('old', 0, 1)
  const before = new Side(old.network, old.policy, shared)
  progress('next', 0, 1)
  const sides = { old: before, next: new Side(next.network, next.policy, shared, old.policy) }
  progress('compare', 0, 1)
  const cells = new Cells(shared, sides)
  const deltas = withoutExpected(deltasBetween(sets, sides, cells), sides, cells)
  const differences = grouped(sets, deltas, sides)
  /** Whether the sender may reach addresses outside that the difference is not about. */
  const isPart = (traffic: DiagramSet, { kind, senders, source }: Delta): boolean => {
    const [open] = sidesOf(sides, kind)
    const whole = cells.cell(open, senders[0] as string, source, outside)
    const kept = allLevelsBut([level.family, ...addressLevels('destination')])
    return sets.forget(whole, kept) !== sets.forget(traffic, kept)
  }
  const reach = differences.map(({ traffic, sample, ...rest }, index): ReachChange => {
    progress('examples', index, differences.length)
    const example = exampleOf(sets, sides, sample)
    const sources = rest.source === 'own' ? [] : prefixesAt(sets, traffic, 'source', most)
    const addresses = sample.target.kind === 'outside' ? prefixesAt(sets, traffic, 'destination', most) : []
    const few = addresses.length > 0 && addresses.length < most
    return {
      ...rest,
      traffic: trafficOf(sets, traffic),
      ...(sources.length > 0 && sources.length < most && { sources }),
      ...(few && { destinations: addresses }),
      ...(addresses.length > 0 && !few && isPart(traffic, sample) && { inPart: true as const }),
      ...(example && { example }),
    }
  })
  return {
    reach,
    machines: machineChanges(sides),
    rules: ruleChanges(shared, sides),
    settings: settingChanges(old.network, next.network),
  }
}

/** Of more prefixes than these it is not said which. */
const most = 9
