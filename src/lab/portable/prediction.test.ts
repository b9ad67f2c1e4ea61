/** The tracer predicts what the bytecode does: outcomes, and every counter on the way, for openings of any kind. */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { virtualEndpoints } from '../../model/index.ts'
import { type Family, Ip, ipEquals } from '../../net/index.ts'
import { type Conversation, converse, type Opening, type Path } from '../../trace/index.ts'
import { droppingRules, fixtureOf, moved, packetsByRule } from '../testing/fixture.ts'
import { smallNetwork } from '../testing/small-network.ts'
import { bringUpPortable } from './index.ts'

const fixture = fixtureOf(smallNetwork())
const { network, deployment, world, policy } = fixture

/** More than any flow stays known: each opening starts from a state in which none is. */
const forgetting = 1_000_000_000_000n
let now = forgetting
const fabric = await bringUpPortable({ network, deployment, clock: () => now })
afterAll(() => fabric.close())

const addresses = network.nodes.flatMap((node) => [...node.addresses, ...node.publicAddresses])
const vips = virtualEndpoints(network).map(({ vip }) => vip)
/** Next to each, since pools end there and nobody has them. */
const beside = [...addresses, ...vips].map(({ family, value }) => Ip(family, value + 64n))
const ports = [
  ...network.nodes.flatMap(({ listeners }) => listeners.map(({ port }) => port)),
  ...virtualEndpoints(network).map(({ port }) => port),
  67,
  68,
  547,
  4444,
]

const port = fc.oneof(fc.constantFrom(...new Set(ports)), fc.integer({ min: 1, max: 65_535 }))
const protocol = fc.constantFrom<Opening['protocol']>('tcp', 'udp', 'icmp')

const anyOpening: fc.Arbitrary<Opening> = fc
  .tuple(fc.constantFrom(...network.nodes), fc.constantFrom<Family>(4, 6), fc.boolean())
  .chain(([node, family, honest]) => {
    const ofFamily = (list: readonly Ip[]) => list.filter((address) => address.family === family)
    const foreign = ofFamily([...addresses, ...vips, ...beside]).filter(
      (address) => ![...node.addresses, ...node.publicAddresses].some((own) => ipEquals(own, address)),
    )
    return fc.record({
      from: fc.constant(node.id),
      source: fc.constantFrom(...(honest ? ofFamily(node.addresses) : foreign)),
      destination: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...ofFamily(vips)) },
        { weight: 6, arbitrary: fc.constantFrom(...foreign) },
      ),
      protocol,
      sourcePort: port,
      destinationPort: port,
    })
  })
  // From an address to itself: kernels take it for an attack (RFC 1122 section 3.2.1.3 does not tell).
  .filter(({ source, destination }) => !ipEquals(source, destination))

/** Equal ways differ by the number of the node; a rule is named without it. */
const alike = (rule: string): string => rule.replace(/\/(ar|lb|dr)\d+(?=\/)/g, '/$1')

const denying = new Set(
  policy.points.flatMap((point) =>
    [
      point.defaultDeny,
      ...point.tiers.flatMap((tier) =>
        tier.kind === 'rules'
          ? tier.rules
          : tier.kind === 'flow'
            ? [tier.noFlow]
            : tier.kind === 'shape'
              ? Object.values(tier.reasons)
              : [],
      ),
    ]
      .filter(({ action }) => action === 'deny')
      .map(({ id }) => `${point.id} ${id}`),
  ),
)

/** How often each rule decides on the first of the equal ways, there and back. */
function predictedCounts({ forth, back }: Conversation): Record<string, number> {
  const counts: Record<string, number> = {}
  const paths = [forth[0], back[0]].filter((path): path is Path => path !== undefined)
  for (const { point, decision } of paths.flatMap(({ hops }) => hops.flatMap((hop) => hop.judgements))) {
    if (decision.verdict === 'pass-by') continue
    const key = alike(`${point.id} ${decision.rule.id}`)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

/**
 * Whether the tracer follows every packet there is, and the first of the equal ways stands for all, to the last counter. Not
 * where equal ways end differently, though in equal silence: one access router has the address that the other discards. Not
 * where a router reports that there is no way, nor where an answer meets a machine that did not ask, and says so.
 */
const isFollowed = ({ forth, back, stops, outcome }: Conversation): boolean =>
  new Set(forth.map(({ end }) => end.kind)).size === 1 &&
  !stops.some(({ end }) => end.kind === 'no-route' && !end.route) &&
  (outcome !== 'silent' || back.every(({ end }) => end.kind !== 'delivered'))

async function observe(opening: Opening) {
  now += forgetting
  const before = packetsByRule(fabric, fixture)
  const [observation] = await fabric.probe([opening])
  const counts = moved(before, packetsByRule(fabric, fixture))
  const byRule: Record<string, number> = {}
  for (const [rule, count] of counts) byRule[alike(rule)] = (byRule[alike(rule)] ?? 0) + count
  return { outcome: observation?.outcome, byRule, denied: [...counts.keys()].filter((r) => denying.has(r)) }
}

describe('the tracer and the bytecode', () => {
  it('agree about every opening: its outcome, its drops, and each rule that is asked on its way', async () => {
    const agree = fc.asyncProperty(anyOpening, async (opening) => {
      const conversation = converse(world, opening)
      const observed = await observe(opening)
      expect(conversation.unanimous).toBe(true)
      expect(observed.outcome).toBe(conversation.outcome)
      if (!isFollowed(conversation)) return
      expect(observed.byRule).toEqual(predictedCounts(conversation))
      for (const rule of observed.denied) expect(droppingRules(conversation)).toContain(rule)
    })
    await fc.assert(agree, { numRuns: 1000 })
  })
  it('lost no packet but by rules and routes', () => {
    const others = fabric
      .losses()
      .map(({ reason }) => reason)
      .filter((reason) => !/^(dropped by|null route|no route)/.test(reason))
    expect(new Set(others)).toEqual(new Set())
  })
})
