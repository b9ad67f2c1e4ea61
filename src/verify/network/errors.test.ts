/** ICMP errors for sets, against the walk of single ones, about what was opened before and about what was not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadNetwork, localAddresses, type Network, type Node } from '../../model/index.ts'
import { type Ip, icmpOf, ip, ipEquals } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import {
  acceptanceMatrix,
  createWorld,
  openingPacket,
  type Path,
  WorldState,
  walk,
} from '../../trace/index.ts'
import { type IpHeaders, icmpErrors } from '../../wire/index.ts'
import { oneError, onePacket, PacketSets } from '../packets/index.ts'
import { NetworkReach, terrainOf } from './index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const world = createWorld(network, derivePolicy(network))
const sets = new PacketSets()
const reach = new NetworkReach(sets, terrainOf(sets, world))

const openings = acceptanceMatrix(network)
  .map(({ opening }) => opening)
  .filter(({ from, destination }) =>
    localAddresses(world.node(from)).every((own) => !ipEquals(own, destination)),
  )

const translated = ({ hops }: Path): boolean =>
  hops.some(({ judgements }) => judgements.some(({ decision }) => 'packet' in decision && decision.packet))

/** Few openings are, and of their errors few arrive: were they drawn as often as others, some runs would see hardly any. */
const translatedOpenings = openings.filter((opening) =>
  walk(world, new WorldState(), opening.from, openingPacket(opening)).some(translated),
)

interface Scene {
  readonly from: string
  readonly opening: IpHeaders
  readonly teller: string
  readonly error: IpHeaders
}

const strangers: Readonly<Record<4 | 6, Ip>> = { 4: ip('192.0.2.77'), 6: ip('2001:db8:ffff::77') }

/** A random opening, and a random error about it, or about something near it, from somewhere. */
const scene = fc.gen().map((gen): Scene => {
  const of = <T>(list: readonly T[]): T => list[gen(fc.nat, { max: list.length - 1 })] as T
  const { from, ...rest } = of(gen(fc.nat, { max: 3 }) > 0 ? openings : translatedOpenings)
  const opening = openingPacket({ from, ...rest })
  const { family } = opening
  const hops = walk(world, new WorldState(), from, opening).flatMap((path) => path.hops)
  const hop = of(hops)
  const isMirrored = gen(fc.nat, { max: 3 }) === 0
  const { source, destination, protocol, sourcePort, destinationPort } = hop.packet
  const seen = isMirrored
    ? { source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort }
    : { source, destination, sourcePort, destinationPort }
  // Of an echo, one number alone is an identifier.
  const ports =
    protocol === icmpOf(family)
      ? []
      : [
          { sourcePort: (seen.sourcePort + 1) & 0xffff },
          { destinationPort: (seen.destinationPort + 1) & 0xffff },
        ]
  const near = of([{}, {}, {}, { destination: strangers[family] }, ...ports])
  const teller = of<Node>([world.node(hop.node), world.node(hop.node), of(network.nodes)])
  const own = [...teller.addresses, ...teller.publicAddresses].filter((each) => each.family === family)
  const quoted = { ...seen, protocol, ...near }
  const error: IpHeaders = {
    kind: 'ip',
    family,
    source: of([...own, ...own, strangers[family]]),
    destination: quoted.source,
    protocol: icmpOf(family),
    hopLimit: 64,
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: 0,
    icmpType: of(icmpErrors[family]),
    icmpCode: gen(fc.nat, { max: 5 }),
    quoted,
  }
  return { from, opening, teller: teller.id, error }
})

const delivered = (paths: readonly Path[]) =>
  paths.flatMap(({ end, packet }) => (end.kind === 'delivered' ? [{ node: end.node, packet }] : []))

describe('an ICMP error', () => {
  it('reaches, for sets, whom it reaches in a walk, and nobody else where nothing is translated', () => {
    const counts = { reached: 0, translated: 0, stopped: 0 }
    fc.assert(
      fc.property(scene, ({ from, opening, teller, error }) => {
        // What a machine sends to itself never leaves it.
        if (localAddresses(world.node(teller)).some((own) => ipEquals(own, error.destination))) return
        const state = new WorldState()
        const forth = walk(world, state, from, opening)
        const paths = walk(world, state, teller, error)
        const { known } = reach.remembered([{ node: from, packets: onePacket(sets, opening) }])
        const found = reach.errors(known, [{ node: teller, packets: oneError(sets, error) }], {
          explain: true,
        })
        const ends = delivered(paths)
        for (const { node, packet } of ends) {
          const got = found.delivered.get(node) ?? sets.none
          expect(sets.mask(got, oneError(sets, packet)), node).not.toBe(sets.none)
        }
        if ([...forth, ...paths].some(translated)) counts.translated += ends.length
        else {
          counts[ends.length > 0 ? 'reached' : 'stopped']++
          const nodes = [...found.delivered].flatMap(([node, got]) => (got === sets.none ? [] : [node]))
          expect(nodes.toSorted()).toEqual([...new Set(ends.map(({ node }) => node))].toSorted())
        }
      }),
      { numRuns: 1600 },
    )
    expect(counts.reached).toBeGreaterThan(20)
    expect(counts.translated).toBeGreaterThan(5)
    expect(counts.stopped).toBeGreaterThan(20)
  }, 120_000)

  it('opens nothing and ends nothing: what comes after it is judged as if it had not come', () => {
    fc.assert(
      fc.property(scene, fc.array(scene, { minLength: 1, maxLength: 5 }), ({ from, opening }, others) => {
        const [with_, without] = [new WorldState(), new WorldState()]
        const ends = (state: WorldState, node: string, packet: IpHeaders) =>
          walk(world, state, node, packet).map(({ end, packet: left }) => [end.kind, end.node, left])
        for (const state of [with_, without]) ends(state, from, opening)
        for (const { teller, error } of others) ends(with_, teller, error)
        for (const { error, from: sender, opening: next } of others) {
          expect(ends(with_, sender, next)).toEqual(ends(without, sender, next))
          const answer: IpHeaders = {
            ...next,
            source: next.destination,
            destination: next.source,
            sourcePort: next.destinationPort,
            destinationPort: next.sourcePort,
            tcpFlags: next.tcpFlags && 0x12,
          }
          const end = walk(world, new WorldState(), sender, next)[0]?.end.node ?? sender
          expect(ends(with_, end, answer)).toEqual(ends(without, end, answer))
          // It passes nothing that it quotes, nor what would answer that, in its own wake.
          const { quoted } = error
          if (!quoted) continue
          const asQuoted: IpHeaders = {
            ...opening,
            ...quoted,
            icmpType: 0,
            icmpCode: 0,
            tcpFlags: quoted.protocol === 6 ? 0x10 : 0,
          }
          expect(ends(with_, sender, asQuoted)).toEqual(ends(without, sender, asQuoted))
        }
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})
