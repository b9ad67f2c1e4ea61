/** The matrix against the evaluator: where everything arrives each packet does, where nothing does none, in networks of every shape. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Network, Node } from '../../../src/model/index.ts'
import { hostPrefix } from '../../../src/net/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { type Path, WorldState, walk } from '../../../src/trace/index.ts'
import { createShared, Side } from '../../../src/verify/change/side.ts'
import { type Matrix, matrixOf, type Reached } from '../../../src/verify/index.ts'
import { byInternetOf } from '../../../src/verify/invariants/places.ts'
import { groupsOf, type Offer, type OfferedAt, offersOf } from '../../../src/verify/matrix/groups.ts'
import { packetIn } from '../../support/packet-in.ts'
import { pick, type Random, randomFrom } from '../../support/random.ts'
import { randomNetwork } from '../../support/random-network.ts'
import { randomChange } from '../plan/random-change.ts'

interface Pair {
  readonly sender: Node
  readonly target: OfferedAt
  readonly offer: Offer
  readonly reached: Reached
}

function randomPair(
  matrix: Matrix,
  random: Random,
  { groups, offers }: Pick<Matrix, 'groups' | 'offers'>,
): Pair | undefined {
  const [row, column] = [random(matrix.offers.length), random(matrix.groups.length)]
  const cell = matrix.cells[row]?.[column]
  const [offer, group] = [offers[row] as Offer, groups[column]]
  if (!cell || !group || cell.reached === 'some' || offer.targets.length === 0) return undefined
  const [sender, target] = [pick(group.nodes, random), pick(offer.targets, random)]
  const own = sender.vm?.service === target.service
  if (sender === target.node || (offer.relation && (offer.relation === 'own') !== own)) return undefined
  return { sender, target, offer, reached: cell.reached }
}

const arrives = ({ end, hops }: Path, offer: Offer): boolean =>
  offer.kind === 'internet'
    ? end.node === 'internet' && hops.length > 1 && (end.kind === 'delivered' || end.kind === 'no-route')
    : end.kind === 'delivered'

/** Whether a packet is to arrive, by what its cell says. */
const isSaid = ({ reached, sender, target }: Pair): boolean =>
  reached === 'all' || (reached === 'site' && (target.site === undefined || target.site === sender.site))

function checked(network: Network, policy: ReturnType<typeof derivePolicy>, random: Random, story: string) {
  const counts = { open: 0, shut: 0 }
  const matrix = matrixOf(network, policy)
  // The same sets as in the matrix, made again: sets of two makers must not meet.
  const shared = createShared()
  const side = new Side(network, policy, shared)
  const { sets } = shared
  const again = {
    groups: groupsOf(network, network.services),
    offers: offersOf(network, network.services, sets),
  }
  const honest = byInternetOf(sets, network)
  for (let count = 0; count < 300; count++) {
    const pair = randomPair(matrix, random, again)
    if (!pair) continue
    const { sender, target, offer } = pair
    const to = side.targets.get(target.key)?.addresses
    const packets = sets.allOf([
      target.wanted ?? offer.wanted,
      sender.kind === 'internet' ? honest : sets.addresses('source', sender.addresses.map(hostPrefix)),
      to && sets.addresses('destination', to.map(hostPrefix)),
    ])
    if (sets.mask(sets.all, packets) === sets.none) continue
    const packet = packetIn(sets, packets, random)
    const paths = walk(side.world, new WorldState(), sender.id, packet)
    // A machine behind a VIP that it asks itself may be the one that is chosen.
    const told = `${sender.id} to ${target.key}, ${offer.of}, ${offer.name}: ${pair.reached}\n${story}`
    expect(
      paths.some((path) => arrives(path, offer)),
      told,
    ).toBe(isSaid(pair))
    if (isSaid(pair)) counts.open++
    else counts.shut++
  }
  return counts
}

describe('against the evaluator', () => {
  it('cells say what becomes of packets', () => {
    let [open, shut] = [0, 0]
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed)
        const change = random(2) === 0 ? randomChange(random).next : undefined
        const network = change?.network ?? randomNetwork(random)
        const policy = change?.policy ?? derivePolicy(network)
        const counts = checked(network, policy, random, `seed ${seed}`)
        open += counts.open
        shut += counts.shut
      }),
      { numRuns: 12 },
    )
    expect(open).toBeGreaterThan(30)
    expect(shut).toBeGreaterThan(300)
  }, 240_000)
})
