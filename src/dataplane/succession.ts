/**
 * One generation of a node's programs after another: what the new one takes over from the old. Memory of packets (flows, ports lent,
 * buckets) is the node's and goes on; contents that follow from the policy, and counters, belong to a generation.
 */
import type { MapSpec } from '../bpf/index.ts'
import { meaningsOf } from '../policy/index.ts'
import type { Count } from './counter-map.ts'
import type { NodeDeployment } from './deployment.ts'

/**
 * Names of the maps that the next generation shares with the one before: those that both have, of the same form, whose contents no
 * policy gives. A map of another form (a table of another size) begins empty.
 */
export function inheritedMaps(before: NodeDeployment, next: NodeDeployment): ReadonlySet<string> {
  return new Set(
    Object.entries(next.maps).flatMap(([name, spec]) => {
      const old = before.maps[name]
      const derived = name === 'counters' || name in next.contents || name in before.contents
      return old && !derived && isSameForm(old, spec) ? [name] : []
    }),
  )
}

const isSameForm = (a: MapSpec, b: MapSpec): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Counts of earlier generations, by the slots of the one that runs. A rule is the same if its point, its id and what it says are: one that denied
 * and now audits, or asks for another port, begins at 0, so that every packet counted is one of the rule that is shown.
 */
export class CounterHistory {
  #base: readonly (Count | undefined)[] = []

  /** What `counts`, read from the counters of the running generation, and the generations before it make together. */
  total(counts: readonly Count[]): readonly Count[] {
    if (this.#base.length === 0) return counts
    return counts.map((count, slot) => sum(count, this.#base[slot]))
  }

  /** A generation ended with these counts; those of its rules that the next one has go on there. */
  succeed(before: NodeDeployment, counts: readonly Count[], next: NodeDeployment): void {
    const totals = this.total(counts)
    const known = new Map(Array.from(slotsOf(before), ([key, slot]) => [key, totals[slot]]))
    const base: (Count | undefined)[] = []
    for (const [key, slot] of slotsOf(next)) base[slot] = known.get(key)
    this.#base = base
  }
}

function* slotsOf({ attachments, firstCounters }: NodeDeployment): Generator<readonly [string, number]> {
  for (const { point } of attachments) {
    const first = firstCounters.get(point.id) as number
    for (const [index, { rule, meaning }] of meaningsOf(point).entries())
      yield [`${point.id} ${rule.id} ${meaning}`, first + index]
  }
}

const sum = (count: Count, earlier: Count | undefined): Count =>
  earlier
    ? {
        packets: count.packets + earlier.packets,
        bytes: count.bytes + earlier.bytes,
        lastHit: later(count.lastHit, earlier.lastHit),
      }
    : count

function later(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}
