/** After an edit of one service, with a fault of what follows from it, a few of its machines say what all of the network would. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generateNetwork, type Network, type Node, parseNetwork } from '../../../src/model/index.ts'
import { hostPrefix } from '../../../src/net/index.ts'
import { derivePolicy, type Point } from '../../../src/policy/index.ts'
import { rule, withTiers } from '../../../src/policy/testing/sample.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { prove, StandingProof } from '../../../src/verify/index.ts'
import { broken } from '../../../src/verify/invariants/testing/proven.ts'
import { type Fault, randomFault } from '../../../src/verify/invariants/testing/random-fault.ts'

const sizes = fc.record({
  vms: fc.integer({ min: 12, max: 60 }),
  hosts: fc.integer({ min: 2, max: 12 }),
  sites: fc.constantFrom(1, 1, 2),
  instancesPerService: fc.integer({ min: 2, max: 8 }),
})

/** Of the service s1; its roles come first in the file. */
const edits: readonly (readonly [from: string, to: string])[] = [
  ['port: 9000', 'port: 9001'],
  ['port: 80 ', 'port: 81 '],
  ['kind: worker, instances: ', 'kind: worker, instances: 1'],
]

const loaded = (text: string, known?: Network): Network => {
  const { network, diagnostics } = parseNetwork(text, known && { known })
  if (!network) throw new Error(diagnostics.map(({ message }) => message).join('; '))
  return network
}

it('a few machines of an edited service break the invariants that all break', { timeout: 600_000 }, () => {
  let [parts, faults] = [0, 0]
  fc.assert(
    fc.property(
      sizes,
      fc.constantFrom(...edits),
      fc.infiniteStream(fc.nat()),
      (size, [from, to], numbers) => {
        const draw = (end: number): number => (numbers.next().value as number) % end
        const text = generateNetwork(size)
        const old = loaded(text)
        const next = loaded(text.replace(from, to), old)
        const standing = new StandingProof(old, { alikeFrom: 0 })
        const sound = createWorld(next, derivePolicy(next))
        const { name, policy } = faultNear('/s1-', () => randomFault(sound, draw), draw)
        const { verdicts, isWhole } = standing.update(next, { policy })
        const all = broken(prove(next, policy, { alikeFrom: Number.POSITIVE_INFINITY }))
        expect(broken(verdicts), `${from} became ${to}, ${name}`).toEqual(all)
        if (!isWhole) parts++
        if (all.length > 0) faults++
      },
    ),
    { numRuns: 8 },
  )
  expect(parts).toBeGreaterThan(0)
  expect(faults).toBeGreaterThan(0)
})

it('a rule that names one machine of many is not missed', { timeout: 600_000 }, () => {
  let [parts, faults] = [0, 0]
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), fc.nat(), (size, at, from, place) => {
      const network = loaded(generateNetwork(size))
      const vms = network.nodes.filter(({ kind }) => kind === 'vm')
      const [target, other] = [vms[at % vms.length], vms[from % vms.length]] as [Node, Node]
      const direction = place % 2 === 0 ? 'in' : 'out'
      const isMeant = [
        ({ kind, node }: Point) => kind === 'guest' && node === target.id,
        ({ kind, node }: Point) => kind === 'host' && node === target.vm?.host,
        ({ id }: Point) => id === `${target.vm?.host}/vm/${target.name}/${direction}`,
      ][place % 3] as (point: Point) => boolean
      const list = other.addresses.map(hostPrefix)
      const hole = rule('hole', place % 5 === 0 ? 'deny' : 'allow', {
        ...(direction === 'in' ? { source: list } : { destination: list }),
      })
      const points = withTiers(derivePolicy(network).points, (tier, point) =>
        tier.kind === 'rules' && point.direction === direction && isMeant(point)
          ? { ...tier, rules: [hole, ...tier.rules] }
          : tier,
      )
      const standing = new StandingProof(network, { alikeFrom: 0 })
      const { verdicts, isWhole } = standing.update(network, { policy: { points } })
      const all = broken(prove(network, { points }, { alikeFrom: Number.POSITIVE_INFINITY }))
      expect(broken(verdicts), `${target.id} ${direction} ${other.id} ${place % 3}`).toEqual(all)
      if (!isWhole) parts++
      if (all.length > 0) faults++
    }),
    { numRuns: 8 },
  )
  expect(parts).toBeGreaterThan(0)
  expect(faults).toBeGreaterThan(0)
})

/** Mostly one that is about some machine of the service; none of routes. */
function faultNear(service: string, fault: () => Fault, draw: (end: number) => number): Fault {
  const isAnywhere = draw(4) === 0
  for (;;) {
    const found = fault()
    if (found.routes.size === 0 && (isAnywhere || found.name.includes(service))) return found
  }
}
