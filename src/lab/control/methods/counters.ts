/** `counters`: hits of every rule in force. */
import * as v from 'valibot'
import { meaningsOf } from '../../../policy/index.ts'
import { type Fingerprint, fingerprintOf } from '../../fingerprint.ts'
import type { RunningNetwork } from '../../running-network.ts'
import type { ControlRegistry } from '../registry.ts'
import { timeOfTick } from './wall-clock.ts'

export interface CountersResult {
  readonly name: string
  readonly file: string
  readonly mode: 'kernel' | 'portable'
  /** How often the rules were replaced since the network came up. */
  readonly revision: number
  /** Of what is in force. */
  readonly fingerprint: Fingerprint
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
  /** What the rule says; see `RuleMeaning`. A rule of that id that says something else has no part in these hits. */
  readonly meaning: string
  readonly packets: number
  readonly bytes: number
  /** ISO 8601, to some milliseconds; null: never. */
  readonly lastHit: string | null
}

const Parameters = v.strictObject({})

export function addCounters(registry: ControlRegistry, running: RunningNetwork): void {
  registry.add('counters', Parameters, (): CountersResult => {
    const { fabric, name } = running
    const { network, deployment, policy, revision } = running.inForce
    const timeOf = timeOfTick(fabric.clock)
    const slots = new Map(Array.from(deployment.nodes.keys(), (node) => [node, fabric.counters(node)]))
    const points = policy.points.map((point): PointHits => {
      const first = deployment.nodes.get(point.node)?.firstCounters.get(point.id) ?? 0
      const rules = meaningsOf(point).map(({ rule, meaning }, index): RuleHits => {
        const count = slots.get(point.node)?.[first + index]
        return {
          id: rule.id,
          meaning,
          packets: Number(count?.packets ?? 0n),
          bytes: Number(count?.bytes ?? 0n),
          lastHit: timeOf(count?.lastHit ?? 0n),
        }
      })
      return { id: point.id, rules }
    })
    const fingerprint = fingerprintOf(network, policy)
    return { name, file: network.file, mode: fabric.mode, revision, fingerprint, points }
  })
}
