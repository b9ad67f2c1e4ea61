/** After a rule more or less at the edge, in the file or in what follows from it, what is found by what it touches is what is found by looking at everything. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Network, parseNetwork } from '../../../src/model/index.ts'
import { smallTwoSites } from '../../../src/model/testing/small-network.ts'
import { derivePolicy, type Match, type Point, type Policy, type Rule } from '../../../src/policy/index.ts'
import { prove, StandingProof } from '../../../src/verify/index.ts'
import { broken } from '../../../src/verify/invariants/testing/proven.ts'
import { pick, type Random, randomFrom } from '../../support/random.ts'

const loaded = (text: string): Network => {
  const { network, diagnostics } = parseNetwork(text)
  if (!network) throw new Error(`${diagnostics.map(({ message }) => message).join('; ')}\n${text}`)
  return network
}

/** The network, with a rule of an operator at its edges or without. */
function randomNetwork(random: Random): Network {
  const about = pick(
    [
      'protocol: tcp, ports: 25',
      'protocol: udp, ports: 53',
      'protocol: icmp, icmp-type: 3',
      'protocol: icmp6',
      '',
    ],
    random,
  )
  if (about === '') return loaded(smallTwoSites)
  const rule = `      - { name: a, deny: ${pick(['in', 'out'], random)}, ${about} }`
  const place = '    infrastructure:\n      dns'
  return loaded(smallTwoSites.replace(place, `    acl-rules:\n${rule}\n${place}`))
}

/** The policy with rules more or less at access routers. */
function randomEdges({ points }: Policy, random: Random): Policy {
  const edges = points.flatMap(({ kind }, index) => (kind === 'access-router' ? [index] : []))
  const changed = [...points]
  for (let count = random(3); count > 0; count--) {
    const at = pick(edges, random)
    changed[at] = withEdit(changed[at] as Point, random)
  }
  return { points: changed }
}

function withEdit(point: Point, random: Random): Point {
  const lists = point.tiers.flatMap((tier, index) => (tier.kind === 'rules' ? [index] : []))
  if (lists.length === 0) return point
  const chosen = pick(lists, random)
  const tiers = point.tiers.map((tier, index) => {
    if (tier.kind !== 'rules' || index !== chosen) return tier
    const rules = [...tier.rules]
    const place = random(rules.length + 1)
    if (random(3) === 0) rules.splice(place, 1)
    else rules.splice(place, 0, randomRule(random))
    return { ...tier, rules }
  })
  return { ...point, tiers }
}

const randomRule = (random: Random): Rule => ({
  id: `edit/${random(1000)}`,
  action: pick(['allow', 'deny'] as const, random),
  match: pick<Match>(
    [
      {},
      { protocol: 6, destinationPorts: [{ first: 443, last: 443 }] },
      { protocol: 6, sourcePorts: [{ first: 443, last: 443 }] },
      { protocol: 17 },
      { family: 4, protocol: 1 },
      { family: 4, protocol: 1, icmpType: 3 },
      { family: 6, protocol: 58, icmpType: 2 },
    ],
    random,
  ),
  origin: { kind: 'built-in', name: 'edit' },
  why: 'A test says so.',
})

it.each([
  ['all machines', Number.POSITIVE_INFINITY],
  ['a few that stand for all', 0],
])(
  'the same invariants are broken after an edit at the edge, by %s',
  { timeout: 300_000 },
  (_, alikeFrom) => {
    let [parts, found] = [0, 0]
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed)
        const [old, next] = [randomNetwork(random), randomNetwork(random)]
        const policy = randomEdges(derivePolicy(next), random)
        const { verdicts, isWhole } = new StandingProof(old, { alikeFrom }).update(next, { policy })
        const all = broken(prove(next, policy, { alikeFrom }))
        expect(broken(verdicts)).toEqual(all)
        if (!isWhole) parts++
        if (!isWhole && all.length > 0) found++
      }),
      { numRuns: 10 },
    )
    expect(parts).toBeGreaterThan(0)
    expect(found).toBeGreaterThan(0)
  },
)
