/**
 * Counterexamples of the prover, really sent: of faults of every layer, in a network that has the fault and is up in the kernel, each packet does
 * what is claimed, by the counters of the data plane; in the network as it should be, the same packet fares as predicted there.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import { type Fixture, fixtureOf, moved, packetsByRule, sumOf } from '../../src/lab/testing/fixture.ts'
import { smallNetwork } from '../../src/lab/testing/small-network.ts'
import type { InvariantId } from '../../src/model/index.ts'
import { formatIp } from '../../src/net/index.ts'
import { derivePolicy, type Policy } from '../../src/policy/index.ts'
import { type Conversation, converse, type Opening, type Path, type World } from '../../src/trace/index.ts'
import { type Counterexample, ProofMemory, prove } from '../../src/verify/index.ts'
import { shows } from '../../src/verify/invariants/shows.ts'
import { faultsOf, withFault, withSameEnds } from '../property/faults/fault.ts'
import { openingOf } from '../property/soundness/way-back.ts'
import { describeKernel } from './requirements.ts'

/** The point, what is wrong there, and the invariants that say so with a packet that somebody sends. */
const faults: readonly (readonly [at: string, name: string, by: readonly InvariantId[]])[] = [
  ['lab/ar1/external/in', 'missing', ['dip-unreachable', 'routers-unreachable']],
  ['lab/ar1/external/in', 'source-validation, source/own removed', ['outside-source']],
  [
    'lab/lb1/external/in',
    'declared-endpoints, in/name-service/tcp/v4 to the next port of a backend',
    ['endpoint-open'],
  ],
  ['lab/lb1/external/in', 'missing', ['endpoint-open']],
  ['lab/dr1/lb1/in', 'established, established/required whatever flags', ['answers-return']],
  ['lab/dr1/host1/in', 'missing', ['host-partitions']],
  [
    'lab/dr1/host1/in',
    'anti-spoofing, source/behind and source/spoofed swapped',
    ['internet-open', 'role-open', 'clients-open', 'answers-return'],
  ],
  ['lab/host1/vm/shop-web-0/out', 'missing', ['host-partitions', 'answers-return']],
  [
    'lab/host1/vm/shop-web-0/out',
    'own-source, own/address turned',
    ['endpoint-open', 'host-services-open', 'clients-open'],
  ],
  [
    'lab/host1/services/in',
    'host-config, host/wire-server destinationPorts one beside',
    ['host-services-open'],
  ],
  ['lab/host1/services/out', 'service-replies missing', ['answers-return']],
  ['lab/activation1/native/in', 'missing', ['infrastructure-clients']],
]

const network = smallNetwork()
const policy = derivePolicy(network)
const memory = new ProofMemory()

/** Flows that are sent of each counterexample: routers take one of equal ways for each, there and back, and of these one in four may be faulty. */
const flows = 32

interface Sent {
  readonly example: Counterexample
  readonly openings: readonly Opening[]
}

/** With the rules of a fault, each counterexample as the openings to be sent. */
function found(spoilt: Policy, only: readonly InvariantId[]): readonly Sent[] {
  const broken = prove(network, spoilt, { memory, only, most: 1 })
  expect(broken.filter(({ holds }) => holds).map(({ invariant }) => invariant.id)).toEqual([])
  return broken.flatMap(({ counterexamples }) =>
    counterexamples.map((example) => {
      const opening = openingOf(example.sender as string, example.packet) as Opening
      const openings = Array.from({ length: flows }, (_, more) => ({
        ...opening,
        sourcePort: opening.sourcePort + more,
      }))
      return { example, openings }
    }),
  )
}

/**
 * Rules whose counters show that a packet did what is claimed: the one that stopped it, or the last that it passed. Of equal ways the walk follows
 * one to its end, so that the same rule at a point of the same kind does as well.
 */
function evidence(
  world: World,
  { forth, back, judged }: Conversation,
  example: Counterexample,
): readonly string[] {
  const { at, does } = example
  const isLost = ({ end }: Path) => (end.kind === 'denied' ? end.point.id === at : end.node === at)
  const paths = does === 'has its answer lost' ? back.filter(isLost) : forth.filter(shows(world, example))
  return paths.flatMap(({ hops }) => {
    const last = hops.flatMap(({ judgements }) => judgements).at(-1)
    if (!last || !('rule' in last.decision)) return []
    const { point, decision } = last
    const alike = judged.filter(
      (each) =>
        each.point.kind === point.kind &&
        each.point.direction === point.direction &&
        'rule' in each.decision &&
        each.decision.rule.id === decision.rule.id,
    )
    return does === undefined
      ? alike.map((each) => `${each.point.id} ${decision.rule.id}`)
      : [`${point.id} ${decision.rule.id}`]
  })
}

async function send(fabric: KernelFabric, fixture: Fixture, openings: readonly Opening[]) {
  const before = packetsByRule(fabric, fixture)
  const observed = await fabric.probe(openings)
  return { observed, counts: moved(before, packetsByRule(fabric, fixture)) }
}

const text = ({ sender, at, does, packet }: Counterexample): string =>
  `${sender} from ${formatIp(packet.source)} to ${formatIp(packet.destination)} ${packet.destinationPort}: ${does ?? 'arrives'} ${at}`

describeKernel('what the prover claims of a faulty network happens in it', () => {
  const sound = fixtureOf(network)
  let whole: KernelFabric
  beforeAll(async () => {
    whole = await bringUpKernel({ network, deployment: sound.deployment })
  })
  afterAll(() => whole?.close())

  it.each(faults)(
    '%s: %s',
    async (at, name, by) => {
      const point = policy.points.find(({ id }) => id === at)
      const fault = (point ? faultsOf(point) : []).find((each) => each.name === `${at}: ${name}`)
      expect(fault).toBeDefined()
      if (!fault) return
      const spoilt = withSameEnds(withFault(policy, fault), fault)
      const claims = found(spoilt, by)
      const fixture = fixtureOf(network, spoilt)
      const fabric = await bringUpKernel({ network, deployment: fixture.deployment })
      try {
        for (const { example, openings } of claims) {
          const played = openings.map((opening) => converse(fixture.world, opening))
          const { observed, counts } = await send(fabric, fixture, openings)
          const rules = [...new Set(played.flatMap((each) => evidence(fixture.world, each, example)))]
          const answered = observed.filter(({ outcome }) => outcome !== 'silent').length
          // A node without any filter on the way counts nothing: there it is its answer that shows that it was reached.
          const shown = rules.length > 0 ? sumOf(counts, rules) : answered
          expect(shown, `${text(example)}; ${rules.join(', ')}; ${[...counts]}`).toBeGreaterThan(0)
          const control = await send(whole, sound, openings)
          expect([text(example), control.observed.map(({ outcome }) => outcome)]).toEqual([
            text(example),
            openings.map((opening) => converse(sound.world, opening).outcome),
          ])
        }
      } finally {
        await fabric.close()
      }
    },
    120_000,
  )
})
