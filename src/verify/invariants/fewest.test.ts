/** What is needed together is found, and nothing beside: of lists, and of sets of packets. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { openingPacket } from '../../trace/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { onePacket, setOf } from '../packets/index.ts'
import { fewest, fewestPackets } from './fewest.ts'
import { Proof } from './proof.ts'

describe('the fewest', () => {
  it('of a list hold all of some kind that is needed, and nothing beside', () => {
    const needed = fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(needed, needed, (one, other) => {
        const has = (some: readonly number[]) =>
          [one, other].some((all) => all.every((each) => some.includes(each)))
        const found = fewest(
          Array.from({ length: 41 }).map((_, at) => at),
          has,
        )
        expect(has(found)).toBe(true)
        for (const left of found) expect(has(found.filter((each) => each !== left))).toBe(false)
      }),
    )
  })

  it('of packets too, however near they are to one another', () => {
    const network = loadNetwork('examples/two-sites/network.yaml').network as Network
    const proof = new Proof(network, derivePolicy(network))
    const { sets } = proof
    const addresses = network.nodes.flatMap((node) => node.addresses.filter(({ family }) => family === 4))
    const end = fc.constantFrom(...addresses)
    const port = fc.constantFrom(1, 80, 443, 444, 40_000, 65_535)
    const packet = fc
      .record({ source: end, destination: end, sourcePort: port, destinationPort: port })
      .map((ends) => openingPacket({ ...ends, from: '', protocol: 'tcp' }))
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 3 }), (needed) => {
        const each = needed.map((one) => onePacket(sets, one))
        const has = (some: DiagramSet) => each.every((one) => sets.mask(one, some) !== sets.none)
        const found = fewestPackets(proof, { node: 'internet', packets: sets.all }, has)
        expect(setOf(sets, found)).toBe(sets.union(each))
        expect(found.length).toBe(new Set(each).size)
      }),
      { numRuns: 40 },
    )
  })
})
