/** Sets of packets through the example network against the walk of single ones. */
import { describe, expect, it } from 'vitest'
import { loadNetwork, localAddresses, type Network } from '../../model/index.ts'
import { type Ip, ipEquals } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { createWorld, type Path, WorldState, walk } from '../../trace/index.ts'
import { onePacket, PacketSets } from '../packets/index.ts'
import { NetworkReach, type Reach, terrainOf } from './index.ts'
import { matrixPackets } from './testing/matrix-packets.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const world = createWorld(network, derivePolicy(network))
const sets = new PacketSets()
const reach = new NetworkReach(sets, terrainOf(sets, world))

const sent = matrixPackets(network)

const wholes = new Map<string, Reach>()
/** Whatever a node may send. */
function whole(node: string): Reach {
  const known = wholes.get(node) ?? reach.from([{ node, packets: sets.all }])
  wholes.set(node, known)
  return known
}

const isOwn = (node: string, address: Ip): boolean =>
  localAddresses(world.node(node)).some((own) => ipEquals(own, address))

const isTranslated = (paths: readonly Path[]): boolean =>
  paths.some(({ hops }) =>
    hops.some(({ judgements }) => judgements.some(({ decision }) => 'packet' in decision && decision.packet)),
  )

describe('reach from a node', () => {
  it('has all that single packets reach', () => {
    expect(sent.length).toBeGreaterThan(10_000)
    for (const { from, packet } of sent)
      for (const { end, packet: last } of walk(world, new WorldState(), from, packet))
        if (end.kind === 'delivered') {
          const delivered = whole(from).delivered.get(end.node) ?? sets.none
          expect(sets.holds(delivered, last), `${from} to ${end.node}`).toBe(true)
        }
  })

  it('has nothing else: a single packet reaches what its walk reaches, and of backends all', () => {
    let plain = 0
    // A machine that addresses itself does not send.
    const elsewhere = sent.filter(({ from, packet }) => !isOwn(from, packet.destination))
    for (const { from, packet } of elsewhere.filter((_, index) => index % 4 === 0)) {
      const paths = walk(world, new WorldState(), from, packet)
      const walked = new Set(paths.flatMap(({ end }) => (end.kind === 'delivered' ? [end.node] : [])))
      const { delivered } = reach.from([{ node: from, packets: onePacket(sets, packet) }])
      const reached = new Set([...delivered].flatMap(([node, set]) => (set === sets.none ? [] : [node])))
      if (isTranslated(paths)) expect([...walked].every((node) => reached.has(node))).toBe(true)
      else {
        plain++
        expect(
          reached,
          `${from}: ${JSON.stringify(packet, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`,
        ).toEqual(walked)
      }
    }
    expect(plain).toBeGreaterThan(2_000)
  })
})
