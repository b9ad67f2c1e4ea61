/** Why, against the evaluator: what is said to arrive does, and nothing else; each set of changes turns the answer, and no smaller one does. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ask, parseNetwork } from '../../../src/model/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { converse, type World, WorldState, walk } from '../../../src/trace/index.ts'
import type { Flow } from '../../../src/verify/arrival/index.ts'
import { Proof } from '../../../src/verify/invariants/index.ts'
import type { Edit } from '../../../src/verify/why/edit.ts'
import { denialsOf, Edits } from '../../../src/verify/why/edits.ts'
import { hasArrived } from '../../../src/verify/why/example.ts'
import { arrivingOf } from '../../../src/verify/why/fate.ts'
import { subjectOf } from '../../../src/verify/why/subject.ts'
import { Turn } from '../../../src/verify/why/turning.ts'
import { waysOf } from '../../../src/verify/why/ways.ts'
import { whyOf } from '../../../src/verify/why/why.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { packetIn } from '../../support/packet-in.ts'
import { pick, type Random, randomFrom } from '../../support/random.ts'
import { randomText } from '../plan/random-change.ts'

const names = [
  'internet',
  'shop/web',
  'shop/worker',
  'blog/front',
  'shop.west',
  'west/fc1',
  'west/jump1',
  'west/host1',
  'west/shop-web-0',
  'storage',
  'name-servers',
  'activation-servers',
  'east/fabric-controllers',
  'wire-server',
]
/** Pairs of which something arrives, whatever the network. */
const open = [
  ['internet', 'shop/web'],
  ['west/host1', 'storage'],
  ['west/fc1', 'west/host1'],
  ['shop/web', 'internet'],
  ['west/shop-web-0', 'wire-server'],
  ['shop/worker', 'name-servers'],
] as const
const whats = [undefined, 'tcp 9000', 'tcp 443', 'tcp 7500', 'tcp 7443', 'tcp 22, 1688', 'udp 53', 'icmp']

interface Asked {
  readonly proof: Proof
  readonly classes: NonNullable<ReturnType<Ask>['classes']>
  readonly story: string
}

function randomQuestion(random: Random): Asked | undefined {
  const { text, story } = randomText(random)
  const { network, ask } = parseNetwork(text)
  if (!network || !ask) throw new Error(`an edit made no network: ${story}`)
  const isOpen = random(2) === 0
  const [from, to] = isOpen ? pick(open, random) : [pick(names, random), pick(names, random)]
  const what = isOpen ? undefined : pick(whats, random)
  const { classes } = ask({ from, to, ...(what && { what }) })
  if (!classes || from === to) return undefined
  const policy = derivePolicy(network)
  const proof = new Proof(network, policy)
  return { proof, classes, story: `${from} to ${to}, ${what}\n${story}` }
}

const ofSeeds = (numRuns: number, check: (random: Random) => void): void =>
  fc.assert(
    fc.property(fc.integer(), (seed) => check(randomFrom(seed))),
    { numRuns },
  )

interface Sent {
  readonly node: string
  readonly flow: Flow
  readonly packet: IpHeaders
}

/** Some packets of what is sent, of every flow. */
function somePackets(
  proof: Proof,
  classes: Asked['classes'],
  random: Random,
  count: number,
): readonly Sent[] {
  const flows = waysOf(proof, classes).flatMap(({ flows }) => flows)
  return flows.flatMap((flow) =>
    Array.from({ length: count }, (): Sent => {
      const { node, packets } = pick(flow.emissions, random)
      return { node, flow, packet: packetIn(proof.sets, packets, random) }
    }),
  )
}

/** Whether a packet arrives and an answer comes back, where there is one. */
function works(world: World, { node, flow, packet }: Sent): boolean {
  if (!walk(world, new WorldState(), node, packet).some((path) => hasArrived(path, flow))) return false
  const protocol = packet.protocol === 6 ? 'tcp' : packet.protocol === 17 ? 'udp' : undefined
  if (!protocol) return true
  const { outcome, stops } = converse(world, { ...packet, from: node, protocol })
  return outcome !== 'silent' || stops.every(({ way }) => way === 'forth')
}

describe('against the evaluator', () => {
  it('what arrives is what the walk gets there', () => {
    let [came, lost] = [0, 0]
    ofSeeds(25, (random) => {
      const asked = randomQuestion(random)
      if (!asked) return
      const { proof, classes, story } = asked
      const known = new Map<Flow, ReturnType<typeof arrivingOf>>()
      const arriving = (flow: Flow) => {
        const arrives = known.get(flow) ?? arrivingOf(proof, flow)
        known.set(flow, arrives)
        return arrives
      }
      const inside = waysOf(proof, classes).flatMap(({ flows }) =>
        flows.flatMap((flow): Sent[] => {
          const arrives = arriving(flow)
          if (arrives.length === 0) return []
          return Array.from({ length: 10 }, () => {
            const { node, packets } = pick(arrives, random)
            return { node, flow, packet: packetIn(proof.sets, packets, random) }
          })
        }),
      )
      for (const { node, flow, packet } of [...somePackets(proof, classes, random, 25), ...inside]) {
        const arrives = arriving(flow)
        const said = arrives.some((each) => each.node === node && proof.sets.holds(each.packets, packet))
        const paths = walk(proof.world, new WorldState(), node, packet)
        const isSame = paths.some((path) => hasArrived(path, flow))
        // A balancer has chosen one machine; the sets have those that it may choose.
        if (said && !isSame && paths.some(({ end }) => end.kind === 'delivered')) continue
        expect(
          said,
          `${story}\n${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
        ).toBe(isSame)
        if (said) came++
        else lost++
      }
    })
    expect(came).toBeGreaterThan(20)
    expect(lost).toBeGreaterThan(100)
  }, 240_000)

  it('each set of changes turns the answer, and no smaller one does', () => {
    const sizes = new Map<string, number>()
    ofSeeds(14, (random) => {
      const asked = randomQuestion(random)
      if (!asked) return
      const { proof, classes, story } = asked
      const { network, policy } = proof
      const { changes, reaches, ways } = whyOf(network, policy, classes)
      if (ways.length === 0) return
      for (const { confirmed, edits } of changes)
        expect(confirmed, `${story}\n${edits.map(({ key }) => key).join('\n')}`).toBe(true)
      const size = Math.min(4, ...changes.map(({ edits }) => edits.length))
      sizes.set(`${reaches} ${size}`, (sizes.get(`${reaches} ${size}`) ?? 0) + 1)
      if (reaches || size < 2) return
      const subject = subjectOf(network, classes)
      const turn = new Turn(proof, subject)
      const known = new Edits(subject, 'allow')
      const all = new Map<string, Edit>()
      for (const edit of [
        ...known.endpoints(),
        ...policy.points.flatMap((point) => denialsOf(point).flatMap((place) => known.against(place))),
      ])
        all.set(edit.key, edit)
      for (const set of smaller([...all.values()], size, random)) {
        const edited = turn.with(set)
        const world = { ...proof.world, ...edited }
        const tried = proof.with(edited.network, edited.policy)
        for (const sent of somePackets(tried, classes, random, 4))
          expect(works(world, sent), `${story}\n${set.map(({ key }) => key).join('\n')}`).toBe(false)
      }
    })
    expect(
      Math.max(...Array.from(sizes.keys(), (key) => (key.startsWith('false') ? Number(key.slice(6)) : 0))),
    ).toBeGreaterThan(1)
  }, 240_000)
})

/** All sets of fewer changes, up to pairs; of pairs some. */
function smaller(edits: readonly Edit[], size: number, random: Random): readonly (readonly Edit[])[] {
  const single = edits.map((edit) => [edit])
  if (size <= 2) return single
  const pairs = edits.flatMap((one, index) => edits.slice(index + 1).map((other) => [one, other]))
  return [...single, ...Array.from({ length: 30 }, () => pick(pairs, random))]
}
