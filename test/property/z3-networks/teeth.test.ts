/**
 * Z3 would see a wrong answer: where the prover reads one rule, one translation or one route of a network wrongly, Z3 shows a packet, and the evaluator's
 * walk says of it what Z3 does. Where the mistake makes no difference to what a node sends, Z3 says so.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Route } from '../../../src/model/index.ts'
import { hostPrefix, Prefix } from '../../../src/net/index.ts'
import type { World } from '../../../src/trace/index.ts'
import type { Diagram, DiagramSet } from '../../../src/verify/diagram/index.ts'
import { withFault as withRoutes } from '../../../src/verify/invariants/testing/random-fault.ts'
import { NetworkReach, type Reach, terrainOf, translates } from '../../../src/verify/network/index.ts'
import { PacketSets } from '../../../src/verify/packets/index.ts'
import { Z3 } from '../../../src/verify/testing/smt/z3.ts'
import { packetText } from '../../support/packet-text.ts'
import { pick, type Random } from '../../support/random.ts'
import { randomOf, randomWorld, storyOf } from '../../support/random-world.ts'
import { faultsOf, withFault } from '../faults/fault.ts'
import { withFewPorts } from '../soundness/reach.ts'
import { Questions, saidOf } from './questions.ts'
import { walkedTo } from './walked.ts'

let z3: Z3
beforeAll(async () => {
  z3 = await Z3.start()
})
afterAll(() => z3.stop())

/** Of each kind of mistake. */
const least = { found: 6, harmless: 2 }

/** The network as a prover with a mistake sees it. */
interface Misread {
  readonly name: string
  readonly seen: World
}

function misreadPoint(world: World, random: Random, translating: boolean): Misread {
  const points = world.policy.points.filter((point) => translates(point) === translating)
  const faults = points.flatMap(faultsOf).filter(({ spoilt }) => spoilt)
  const fault = pick(
    faults.filter(({ name }) => !translating || /next|neighbour|another address/.test(name)),
    random,
  )
  return { name: fault.name, seen: { ...world, policy: withFault(world.policy, fault) } }
}

/** A route to half of what it leads to. */
function misreadRoute(world: World, random: Random): Misread {
  const node = pick(
    world.network.nodes.filter(({ id }) => world.routes(id).some(isDivisible)),
    random,
  ).id
  const table = world.routes(node)
  const route = pick(table.filter(isDivisible), random)
  const { family, value, length } = route.prefix
  const shorter = { ...route, prefix: Prefix(family, value, length + 1) }
  const routes = new Map([[node, table.map((each) => (each === route ? shorter : each))]])
  return {
    name: `route of ${node} to ${length + 1} bits`,
    seen: withRoutes(world, { name: '', policy: world.policy, routes }),
  }
}

const isDivisible = ({ prefix: { family, length } }: Route): boolean => length < (family === 4 ? 32 : 128)

const kinds: Readonly<Record<string, (world: World, random: Random) => Misread>> = {
  rule: (world, random) => misreadPoint(world, random, false),
  translation: (world, random) => misreadPoint(world, random, true),
  route: misreadRoute,
}

describe('a mistake of the prover is found', () => {
  it.each(Object.keys(kinds))(
    'in one %s',
    async (kind) => {
      const seen = { found: 0, harmless: 0 }
      for (
        let number = 0;
        number < 60 && (seen.found < least.found || seen.harmless < least.harmless);
        number++
      ) {
        const random = randomOf(number)
        const world = randomWorld(random, { tiny: true })
        const misread = (kinds[kind] as (typeof kinds)[string])(world, random)
        await compare(world, misread, random, seen, `${storyOf(number)}, ${misread.name}`)
      }
      expect(seen.found).toBeGreaterThanOrEqual(least.found)
      expect(seen.harmless).toBeGreaterThanOrEqual(least.harmless)
    },
    600_000,
  )
})

/** Whether a prover says something else of some packets. */
function differ(sets: PacketSets, { network, policy }: World, one: Reach, other: Reach, among: DiagramSet) {
  const places = [
    ...network.nodes.flatMap(({ id }) => [`delivered ${id}`, `strayed ${id}`, `unrouted ${id}`]),
    ...policy.points.map(({ id }) => `stopped ${id}`),
  ]
  const said = (reach: Reach, where: string) => sets.mask<Diagram>(among, saidOf(reach, where) ?? sets.none)
  return places.some((where) => said(one, where) !== said(other, where))
}

/** Asks about a sender for which the mistake makes a difference, or, before that was done often enough, about one for which it makes none. */
async function compare(
  world: World,
  misread: Misread,
  random: Random,
  counts: { found: number; harmless: number },
  story: string,
): Promise<void> {
  const sets = new PacketSets()
  const few = withFewPorts(sets, world)
  const [right, wrong] = [world, misread.seen].map((each) => new NetworkReach(sets, terrainOf(sets, each)))
  const senders = world.network.nodes.map((node) => {
    const { id } = node
    const [before, after] = [right, wrong].map((prover) =>
      (prover as NetworkReach).from([{ node: id, packets: sets.all }], { explain: true }),
    ) as [Reach, Reach]
    // A machine that addresses itself does not send: its filter would know the flow.
    const own = sets.addresses('destination', [...node.addresses, ...node.publicAddresses].map(hostPrefix))
    const among = sets.without(few, own)
    return { id, after, among, differs: differ(sets, world, before, after, among) }
  })
  const harmless = counts.harmless < least.harmless && senders.some(({ differs }) => !differs)
  const meant = senders.filter(({ differs }) => differs !== harmless)
  if (meant.length === 0) return
  const { id, after, among } = pick(meant, random)
  const { disagreement } = await new Questions(z3, world, sets).ask(id, after, among)
  expect(disagreement !== undefined, story).toBe(!harmless)
  if (!disagreement) {
    counts.harmless++
    return
  }
  const { where, packet } = disagreement
  const said = sets.valueFor(saidOf(after, where) ?? sets.none, packet)
  const prover = where.startsWith('stopped') ? said : Math.min(said, 1)
  const shown = `${story}: of what ${id} sends, ${packetText(packet)} is ${where}`
  expect(walkedTo(world, id, where, packet), shown).not.toBe(prover)
  counts.found++
}
