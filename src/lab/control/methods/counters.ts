/** `counters`: hits of every rule in force. */
import * as v from 'valibot'
import { rulesOf } from '../../../policy/index.ts'
import type { RunningNetwork } from '../../running-network.ts'
import type { ControlRegistry } from '../registry.ts'
import { timeOfTick } from './wall-clock.ts'

export interface CountersResult {
  readonly name: string
  readonly file: string
  readonly mode: 'kernel' | 'portable'
  /** In the order of the policy. */
  readonly points: readonly PointHits[]
}

export interface PointHits {
  readonly id: string
  /** In `rulesOf` order. */
  readonly rules: readonly RuleHits[]
}

export interface RuleHits {
  readonly id: string
  readonly packets: number
  readonly bytes: number
  /** ISO 8601, to some milliseconds; null: never. */
  readonly lastHit: string | null
}

const Parameters = v.strictObject({})

export function addCounters(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('counters', Parameters, (): CountersResult => {
    const { fabric, name } = running
    const { network, deployment, policy } = running.inForce
    const timeOf = timeOfTick(fabric.clock)
    const slots = new Map(Array.from(deployment.nodes.keys(), (node) => [node, fabric.counters(node)]))
    const points = policy.points.map((point): PointHits => {
      const first = deployment.nodes.get(point.node)?.firstCounters.get(point.id) ?? 0
      const rules = rulesOf(point).map(({ rule }, index): RuleHits => {
        const count = slots.get(point.node)?.[first + index]
        return {
          id: rule.id,
          packets: Number(count?.packets ?? 0n),
          bytes: Number(count?.bytes ?? 0n),
          lastHit: timeOf(count?.lastHit ?? 0n),
        }
      })
      return { id: point.id, rules }
    })
    return { name, file: network.file, mode: fabric.mode, points }
  })
}
