/** What nodes may send that arrives, against the walk of single packets. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, localAddresses, type Network } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { createWorld, type Path, WorldState, walk } from '../../trace/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import { level, PacketSets, tupleOf } from '../packets/index.ts'
import { Passages, sendable } from './index.ts'
import { matrixPackets } from './testing/matrix-packets.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const world = createWorld(network, derivePolicy(network))
const sets = new PacketSets()
const numbers = new Map(network.nodes.map(({ id }, index) => [id, index]))
const numberOf = (node: string): number => numbers.get(node) as number
const sent = sendable(sets, world, {
  passages: new Passages(sets),
  chosen: ({ node }) => sets.cut(level.choice, [[numberOf(node), numberOf(node)]], everything) as DiagramSet,
})

/** Whose address a packet bore at its end. */
const meant = ({ packet }: Path): string | undefined =>
  network.nodes.find((node) => localAddresses(node).some((own) => ipEquals(own, packet.destination)))?.id

/** Somebody outside who is not modelled gets it too. */
const arrives = ({ end, hops }: Path): boolean =>
  end.kind === 'delivered' ||
  (end.kind === 'no-route' && end.node === 'internet' && !end.route && hops.length > 1)

describe('what a node may send that arrives', () => {
  it('is what the walk gets there, and of machines that a balancer chooses from the one chosen', () => {
    let [open, shut] = [0, 0]
    for (const { from, packet } of matrixPackets(network).filter((_, index) => index % 4 === 0)) {
      if (localAddresses(world.node(from)).some((own) => ipEquals(own, packet.destination))) continue
      const paths = walk(world, new WorldState(), from, packet)
      const holds = (choice: number): boolean => {
        const tuple = tupleOf(packet)
        tuple[level.choice] = choice
        return sets.at(sent.get(from) ?? sets.none, tuple) === 1
      }
      const text = () => `${from} ${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`
      const [path] = paths.some(arrives) ? paths.filter(arrives) : paths
      const node = path && meant(path)
      expect(holds(node === undefined ? 0 : numberOf(node)), text()).toBe(paths.some(arrives))
      if (paths.some(arrives)) open++
      else shut++
    }
    expect(open).toBeGreaterThan(100)
    expect(shut).toBeGreaterThan(1000)
  }, 60_000)
})
