/** Answers that a balancer loses are shown with the opening that they answer, and are lost in the state that it leaves behind. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { derivePolicy, judge, type Policy, pointById, type Translation } from '../../policy/index.ts'
import { withTiers } from '../../policy/testing/sample.ts'
import { createWorld, WorldState } from '../../trace/index.ts'
import { prove, type Verdict } from './index.ts'
import { happens } from './testing/happens.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)

/** The policy with other translations at one point. */
const translating = (
  id: string,
  change: (all: readonly Translation[]) => readonly Translation[],
): Policy => ({
  points: withTiers(policy.points, (tier, point) =>
    point.id === id && tier.kind === 'translation'
      ? { ...tier, translations: change(tier.translations) }
      : tier,
  ),
})

const judged = (given: Policy): Verdict => {
  const [verdict] = prove(network, given, { only: ['balancer-leads'], most: 50 })
  if (!verdict) throw new TypeError('prove balancer-leads: there is no such invariant')
  return verdict
}

describe('a lost answer', () => {
  it.each([
    [
      'from outside',
      'west/lb1/external/in',
      (all: readonly Translation[]) => all.filter(({ kind }) => kind !== 'egress-in'),
    ],
    [
      'of a machine of the site',
      'west/lb1/internal/in',
      (all: readonly Translation[]) => all.filter(({ kind }) => kind !== 'egress-in'),
    ],
    [
      'to the last port that is lent',
      'west/lb1/external/in',
      (all: readonly Translation[]) =>
        all.map((each) =>
          each.kind === 'egress-in'
            ? { ...each, ports: { first: each.ports.first, last: each.ports.first + 3000 } }
            : each,
        ),
    ],
  ])(
    '%s is the answer to what opened a connection, which the balancer as it should be lets through',
    (_, at, change) => {
      const given = translating(at, change)
      const { holds, counterexamples } = judged(given)
      expect(holds).toBe(false)
      const answers = counterexamples.filter(({ after }) => after)
      expect(answers.length).toBeGreaterThan(0)
      for (const example of answers) {
        expect(example.after?.[0]?.at).toBe('west/lb1/internal/in')
        expect(happens(createWorld(network, given), example), JSON.stringify(example.at)).toBe(true)
        expect(happens(createWorld(network, policy), example)).toBe(false)
        const state = new WorldState()
        const point = pointById(policy, at)
        if (!point) throw new TypeError(`judge an answer: there is no point ${at}`)
        expect(judge(point, example.packet, state.of(point)).verdict, 'without its opening').toBe('deny')
      }
    },
  )
})
