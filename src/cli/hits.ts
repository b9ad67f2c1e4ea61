/** Hits of rules in the running network, by point and rule. */
import { type CountersResult, controlOf, findRunning, type RuleHits, type RunningLab } from '../lab/index.ts'
import type { RulePlace } from '../policy/index.ts'
import { askNetwork, chooseNetwork } from './ask-network.ts'

export interface Hits {
  /** Name of the running network. */
  readonly name: string
  /** `undefined`: the running network has no such rule. */
  of(place: RulePlace): RuleHits | undefined
}

/** Of the network of that name; throws `CommandError` if none is up, or it may not be asked. */
export async function requireHits(name: string, what: string): Promise<Hits> {
  return hitsOf(chooseNetwork(name, what))
}

/** Of the network of that name; `undefined` if none is up, or this user may not know. */
export async function findHits(name: string): Promise<Hits | undefined> {
  try {
    const lab = findRunning(name)
    if (!lab) return undefined
    controlOf(lab)
    return await hitsOf(lab)
  } catch {
    return undefined
  }
}

async function hitsOf(lab: RunningLab): Promise<Hits> {
  const { name, points } = (await askNetwork(lab, 'counters')) as CountersResult
  const hits = new Map(
    points.flatMap(({ id, rules }) => rules.map((rule) => [`${id} ${rule.id}`, rule] as const)),
  )
  return { name, of: ({ point, rule }) => hits.get(`${point.id} ${rule.id}`) }
}
