/** Hits of rules in the running network, by point and rule. */
import type { CountersResult, RuleHits, RunningLab } from '../lab/index.ts'
import { meaningsOf, type Point, type Rule, type RulePlace } from '../policy/index.ts'
import { askNetwork, chooseNetwork } from './ask-network.ts'
import { askIfUp } from './running.ts'
import type { InForceAnswer } from './standing.ts'
import type { Terminal } from './terminal.ts'

export interface Hits extends InForceAnswer {
  /** `undefined`: the running network has no such rule, or one of that name that says something else. */
  of(place: RulePlace): RuleHits | undefined
  /** Whether the running network has a rule of that name that says something else. */
  isOther(place: RulePlace): boolean
}

/** Of the network of that name; throws `CommandError` if none is up, or it may not be asked. */
export async function requireHits(name: string, what: string): Promise<Hits> {
  return hitsOf(chooseNetwork(name, what))
}

/** Of the network of that name; `undefined` if none is up, or this user may not know, which is said. */
export const findHits = (name: string, terminal: Terminal): Promise<Hits | undefined> =>
  askIfUp(name, 'hits', { terminal, work: hitsOf })

async function hitsOf(lab: RunningLab): Promise<Hits> {
  const { name, revision, fingerprint, points } = (await askNetwork(lab, 'counters')) as CountersResult
  const hits = new Map(
    points.flatMap(({ id, rules }) => rules.map((rule) => [`${id} ${rule.id}`, rule] as const)),
  )
  const named = ({ point, rule }: RulePlace) => hits.get(`${point.id} ${rule.id}`)
  const saysThat = (place: RulePlace, rule: RuleHits | undefined) =>
    rule?.meaning === meaningIn(place.point, place.rule)
  return {
    name,
    revision,
    fingerprint,
    of: (place) => {
      const rule = named(place)
      return saysThat(place, rule) ? rule : undefined
    },
    isOther: (place) => {
      const rule = named(place)
      return rule !== undefined && !saysThat(place, rule)
    },
  }
}

function meaningIn(point: Point, rule: Rule): string | undefined {
  const known = meanings.get(point) ?? new Map(meaningsOf(point).map((place) => [place.rule, place.meaning]))
  meanings.set(point, known)
  return known.get(rule)
}

const meanings = new WeakMap<Point, ReadonlyMap<Rule, string>>()
