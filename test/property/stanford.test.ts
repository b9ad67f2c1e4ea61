/** Where packets of the Stanford backbone get to: atoms and decision diagrams against packets that are followed rule by rule. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atomsOfBackbone } from '../../bench/verify/stanford/atoms.ts'
import { type Backbone, readBackbone, stanfordFolder } from '../../bench/verify/stanford/read.ts'
import { lookup, visited } from '../../bench/verify/stanford/simulate.ts'
import { terrainOfBackbone } from '../../bench/verify/stanford/terrain.ts'
import { formatIp, Ip, Protocol } from '../../src/net/index.ts'
import { AtomReach, NetworkReach, noAction, numbersOf, PacketSets } from '../../src/verify/index.ts'
import { randomFrom } from '../../src/verify/testing/random.ts'
import type { IpHeaders } from '../../src/wire/index.ts'

const folder = stanfordFolder()

/** Packets that meet what the backbone has rules for. */
function* packets(backbone: Backbone, count: number, seed: number): Iterable<IpHeaders> {
  const random = randomFrom(seed)
  const access = [...backbone.lists.values()].flat()
  const one = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const some = (first: number, last: number): number => first + random(last - first + 1)
  for (let at = 0; at < count; at++) {
    const { source, destination, protocols, sourcePorts, destinationPorts } = one(access)
    const { address, length } = one(backbone.forwarding)
    const block = (part: { readonly address: number; readonly wildcard: number }): number =>
      (part.address | (some(0, 0xffff_ffff) & part.wildcard)) >>> 0
    const protocol =
      protocols[0] === protocols[1] ? protocols[0] : one([Protocol.tcp, Protocol.udp, Protocol.icmp, 50])
    const ports = protocol === Protocol.tcp || protocol === Protocol.udp
    const port = (range: readonly [number, number] | undefined): number =>
      ports ? (range && random(10) < 8 ? some(...range) : some(0, 0xffff)) : 0
    yield {
      kind: 'ip',
      family: 4,
      source: Ip(4, BigInt(block(source))),
      destination: Ip(
        4,
        BigInt(random(10) < 4 ? block(destination) : address + some(0, 2 ** (32 - length) - 1)),
      ),
      protocol,
      hopLimit: 64,
      sourcePort: port(sourcePorts),
      destinationPort: port(destinationPorts),
      tcpFlags: 0,
      icmpType: 0,
      icmpCode: 0,
    }
  }
}

describe.skipIf(!folder)('the Stanford backbone, ../shared/data/stanford (not there: skipped)', () => {
  const backbone = folder ? readBackbone(folder) : ({} as Backbone)
  const sets = new PacketSets()
  const made = folder ? atomsOfBackbone(sets, backbone) : undefined

  it('is read with all its ports: of a single one the last is not written', () => {
    const ports = [...backbone.lists.values()]
      .flat()
      .flatMap(({ sourcePorts, destinationPorts }) => [sourcePorts, destinationPorts])
      .filter((range) => range !== undefined)
    expect(ports).toContainEqual([500, 500])
    for (const [first, last] of ports) expect(first <= last && last <= 0xffff).toBe(true)
  })

  it('has as many atoms as have been counted by others', () => {
    const { network, headers } = made as NonNullable<typeof made>
    const reach = new AtomReach(network, headers)
    expect(network.tables.intervals.size).toBe(2283)
    expect(reach.destinations).toBe(494)
    expect(headers.count).toBe(21)
    expect(numbersOf(reach.all).length).toBe(5996)
  })

  it('leads single packets where sets of them are led', () => {
    const { network, headers } = made as NonNullable<typeof made>
    const reach = new AtomReach(network, headers)
    const diagrams = new NetworkReach(sets, terrainOfBackbone(sets, backbone))
    const all = sets.mask(sets.all, sets.family(4))
    const { intervals } = network.tables
    let alone = 0
    const check = (seed: number): void => {
      for (const [index, from] of backbone.routers.entries()) {
        const came = reach.from(index, reach.all)
        const { forwarded, delivered } = diagrams.from([{ node: from, packets: all }])
        for (const packet of packets(backbone, 150, seed + index)) {
          const truth = visited(backbone, from, packet)
          const header = sets.valueFor(headers.of, packet) - 1
          const atom = intervals.nameAt(intervals.placeOf(Number(packet.destination.value)))
          const text = `${from}: ${formatIp(packet.source)} ${formatIp(packet.destination)} ${packet.protocol}`
          if (truth.size === 1) alone++
          if (!lookup(backbone, from, packet)) expect(reach.does(index, noAction, reach.all), text).toBe(true)
          for (const [node, router] of backbone.routers.entries()) {
            expect(reach.has(came[node] as Uint32Array, header, atom), `${text} at ${router}`).toBe(
              truth.has(router),
            )
            const set = sets.union([forwarded.get(router) ?? sets.none, delivered.get(router) ?? sets.none])
            expect(sets.holds(set, packet), `${text} at ${router}`).toBe(truth.has(router))
          }
        }
      }
    }
    fc.assert(fc.property(fc.nat(), check), { numRuns: 2 })
    expect(alone).toBeGreaterThan(0)
  })
})
