/**
 * ICMP errors in a network that is up: those about a connection that nobody may have arrive once it is opened, as counterexamples say, and never in
 * the network as it should be; those about answers find the machine that sent these, behind the VIP that a VM of its site uses.
 */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import {
  type Fixture,
  fixtureOf,
  moved,
  openings,
  packetsByRule,
  sumOf,
} from '../../src/lab/testing/fixture.ts'
import { smallNetwork } from '../../src/lab/testing/small-network.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { withOpening } from '../../src/policy/testing/sample.ts'
import { answerTo, openingPacket, WorldState, walk } from '../../src/trace/index.ts'
import { toldBy } from '../../src/verify/arrival/index.ts'
import { type Counterexample, prove } from '../../src/verify/index.ts'
import { openingOf } from '../property/soundness/way-back.ts'
import { describeKernel } from './requirements.ts'

/** One balancer: of several only that which lent a port leads errors about it back. */
const network = smallNetwork((text) => text.replace('balancers: 2', 'balancers: 1'))
const policy = derivePolicy(network)

describeKernel('ICMP errors', () => {
  const sound = fixtureOf(network)
  let whole: KernelFabric
  beforeAll(async () => {
    whole = await bringUpKernel({ network, deployment: sound.deployment })
  })
  afterAll(() => whole?.close())

  /** Counters that moved, of what is opened, and then of the error. */
  async function send(fabric: KernelFabric, fixture: Fixture, { after, sender, packet }: Counterexample) {
    const opened = (after ?? []).flatMap((each) => openingOf(each.sender as string, each.packet) ?? [])
    expect(opened.length).toBe(after?.length)
    await fabric.probe(opened)
    const before = packetsByRule(fabric, fixture)
    fabric.forge(sender as string, packet)
    await setTimeout(100)
    return moved(before, packetsByRule(fabric, fixture))
  }

  it.each([
    ['lab/host1/vm/shop-web-0/in', 9000],
    ['lab/host2/partition/in', 7443],
    ['lab/activation1/native/in', 2222],
  ])(
    'about a connection that a hole at %s lets in arrive',
    async (at, port) => {
      const spoilt = { points: withOpening(policy.points, ({ id }) => id === at, port) }
      const [verdict] = prove(network, spoilt, { only: ['errors-by-flow'], most: 2 })
      expect(verdict?.counterexamples.length).toBeGreaterThan(0)
      const fixture = fixtureOf(network, spoilt)
      const fabric = await bringUpKernel({ network, deployment: fixture.deployment })
      try {
        for (const example of verdict?.counterexamples ?? []) {
          const related = `${example.rule?.point.id} ${example.rule?.rule.id}`
          expect(related).toBe(`${at} flow/related`)
          expect(sumOf(await send(fabric, fixture, example), [related])).toBe(1)
          expect(sumOf(await send(whole, sound, example), [related])).toBe(0)
        }
      } finally {
        await fabric.close()
      }
    },
    120_000,
  )

  it.each([4, 6] as const)(
    'about answers over IPv%d to a VM that uses a VIP of its site reach the machine that answered',
    async (family) => {
      const opening = openings(network)('lab/shop-web-0', 'vip:telemetry', family, 'udp', 5140)
      await whole.probe([opening])
      const state = new WorldState()
      const told = walk(sound.world, state, opening.from, openingPacket(opening)).flatMap((path) => {
        const answer = path.end.kind === 'delivered' && answerTo(path.packet, true)
        return answer ? walk(sound.world, state, path.end.node, answer) : []
      })
      const errors = told
        .flatMap(({ hops }) => hops.slice(1, -1))
        .flatMap(({ node, packet }) =>
          toldBy(network, sound.world.node(node), packet).map((error) => ({ node, error })),
        )
      const translated = errors.filter(({ error }) => error.destination.value === opening.destination.value)
      expect(translated.length).toBeGreaterThan(0)
      for (const { node, error } of errors) {
        const [path] = walk(sound.world, state, node, error)
        expect(path?.end.kind).toBe('delivered')
        const rules = (path?.hops ?? [])
          .flatMap(({ judgements }) => judgements)
          .filter(({ point }) => point.node !== 'lab/dr1' && point.node !== 'lab/dr2')
          .flatMap(({ point, decision }) => ('rule' in decision ? [`${point.id} ${decision.rule.id}`] : []))
        const before = packetsByRule(whole, sound)
        whole.forge(node, error)
        await setTimeout(100)
        const counts = moved(before, packetsByRule(whole, sound))
        for (const rule of rules) expect(counts.get(rule), `${rule}: ${[...counts]}`).toBe(1)
      }
    },
    60_000,
  )
})
