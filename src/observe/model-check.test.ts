/** Events held against the model: what it says agrees, whatever else is told does not. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { derivePolicy, judge, type Rule, rulesOf } from '../policy/index.ts'
import { createWorld, WorldState } from '../trace/index.ts'
import { matrixPackets } from '../verify/network/testing/matrix-packets.ts'
import { frameOf, readFrame } from '../wire/index.ts'
import { eventJson } from './event-json.ts'
import { ModelCheck } from './model-check.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)
const check = new ModelCheck(network, policy)
const stateless = policy.points.filter(
  ({ tiers, kind }) =>
    kind !== 'guest' && !tiers.some((tier) => tier.kind === 'translation' || tier.kind === 'port'),
)

/** What a point tells of a packet. */
function told(index: number, changed?: (rule: Rule, all: readonly Rule[]) => Rule) {
  const point = stateless[index % stateless.length] as (typeof stateless)[number]
  const { packet } = packets[(index * 7) % packets.length] as (typeof packets)[number]
  const frame = frameOf(packet)
  const headers = readFrame(frame)
  const decision = judge(point, headers, new WorldState(world).of(point))
  if (decision.verdict === 'pass-by') return undefined
  const all = rulesOf(point)
  const rule =
    changed?.(
      decision.rule,
      all.map((place) => place.rule),
    ) ?? decision.rule
  const place = all.find((each) => each.rule === rule)
  if (!place) throw new Error(`${point.id} has no rule ${rule.id}`)
  const kind = decision.verdict === 'deny' ? ('drop' as const) : ('pass' as const)
  const event = {
    time: 0n,
    node: point.node,
    interface: 'eth0',
    kind,
    point,
    tier: place.tier,
    rule,
    frame,
    headers,
  }
  return eventJson({ ...event, length: frame.length }, 0n)
}

const packets = matrixPackets(network)
const events = Array.from({ length: 3000 }, (_, index) => index)

describe('an event', () => {
  it('agrees if the model says so, with evaluator and prover alike', () => {
    const kinds = events.flatMap((index) => {
      const event = told(index)
      return event ? [check.hold(event)] : []
    })
    expect(kinds.filter(({ kind }) => kind === 'disagrees')).toEqual([])
    expect(kinds.filter(({ kind }) => kind === 'agrees').length).toBeGreaterThan(1000)
  })

  it('disagrees if another rule is said to have decided', () => {
    let found = 0
    for (const index of events.slice(0, 600)) {
      const event = told(
        index,
        (rule, all) => all.find((each) => each !== rule && each.action === rule.action) ?? rule,
      )
      const right = told(index)
      if (!event || event.rule === right?.rule) continue
      const held = check.hold(event)
      if (held.kind === 'by state') continue
      expect(held).toMatchObject({ kind: 'disagrees', model: { by: 'the evaluator', rule: right?.rule } })
      found++
    }
    expect(found).toBeGreaterThan(200)
  })

  it('disagrees if the verdict is another, or the file has no such rule', () => {
    const event = events
      .map((index) => told(index))
      .find((each) => each && check.hold(each).kind === 'agrees')
    if (!event) throw new Error('no event agrees')
    const other = event.verdict === 'deny' ? ('allow' as const) : ('deny' as const)
    expect(check.hold({ ...event, verdict: other }).kind).toBe('disagrees')
    expect(check.hold({ ...event, rule: 'no/such' })).toMatchObject({ model: { by: 'the file' } })
    expect(check.hold({ ...event, claimed: true }).kind).toBe('claimed')
  })
})
