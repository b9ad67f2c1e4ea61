/** What is said to break is what the proof finds broken in the network without what failed, whichever elements fail. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateNetwork, loadNetwork, type Network, parseNetwork, surviving } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { ProofMemory, prove } from '../invariants/index.ts'
import { openInvariants } from '../invariants/open/index.ts'
import { breaksOf, type Element, elementsOf, together } from './index.ts'
import { promisesOf } from './promise.ts'
import { Soundness } from './soundness.ts'
import { KnownRoutes } from './ways.ts'

const example = loadNetwork('examples/two-sites/network.yaml').network as Network
const small = parseNetwork(smallNetwork).network as Network
const generated = parseNetwork(generateNetwork({ vms: 24, sites: 3, hosts: 3, instancesPerService: 3 }))
  .network as Network
const open = openInvariants.map(({ id }) => id)

/** A network, and what is said of it by both. */
function subject(network: Network) {
  const known = new KnownRoutes(network)
  const promises = promisesOf(network, derivePolicy(network))
  const memory = new ProofMemory()
  const expected = promises.flatMap(({ id }) => (id.startsWith('expect:') ? [id] : []))
  return {
    elements: elementsOf(network),
    /** With what is known of failures that are alike, and way by way. */
    both(failing: readonly Element[], soundness: Soundness) {
      const texts = [soundness, undefined].map((each) =>
        breaksOf(known, promises, failing, each).map(({ promise, standing }) => [promise, standing.kind]),
      )
      return texts as [unknown, unknown]
    },
    /** Ids of what is said to be cut. Where nothing is left to reach, proofs have nothing to say. */
    said(failing: readonly Element[], kinds: readonly string[] = ['cut']): readonly string[] {
      const cut = breaksOf(known, promises, failing).filter(({ standing }) => kinds.includes(standing.kind))
      return [...new Set(cut.map(({ promise }) => promise.id))]
    },
    /** Ids of what is not open, or has its answers lost. */
    proven(failing: readonly Element[]): readonly string[] {
      const left = surviving(network, together(failing))
      const verdicts = prove(left, derivePolicy(left), {
        only: [...open, ...expected, 'answers-return'],
        memory,
        most: 1,
      })
      return verdicts.flatMap(({ holds, invariant }) => (holds ? [] : [invariant.id]))
    },
  }
}

function expectAgreement(of: ReturnType<typeof subject>, failing: readonly Element[]): void {
  const names = failing.map(({ kind, id }) => `${kind} ${id}`).join(', ')
  const said = of.said(failing)
  // What is expected at machines that are gone is broken too; what a lost site had is expected of the others.
  const [expected, proven] = parted(of.proven(failing), (id) => id.startsWith('expect:'))
  if (!failing.some(({ kind }) => kind === 'site'))
    for (const id of expected) expect(of.said(failing, ['cut', 'gone']), names).toContain(id)
  for (const id of proven) if (id !== 'answers-return') expect(said, names).toContain(id)
  const onlyBack = said.filter((id) => ![...proven, ...expected].includes(id))
  if (onlyBack.length > 0) expect(proven, `${names}: ${onlyBack}`).toContain('answers-return')
  if (said.length === 0) expect(proven, names).toEqual([])
}

const parted = <T>(all: readonly T[], isFirst: (each: T) => boolean): readonly [T[], T[]] => [
  all.filter(isFirst),
  all.filter((each) => !isFirst(each)),
]

describe('what breaks when elements fail', () => {
  const [ofExample, ofSmall] = [subject(example), subject(small)]

  it('is what the proof finds, for every single failure of a site of the example', () => {
    // The other one is built from the same template.
    const west = ofExample.elements.filter(({ id }) => id.startsWith('west'))
    expect(west.length).toBeGreaterThan(50)
    for (const element of west) expectAgreement(ofExample, [element])
  }, 600_000)

  it('is what the proof finds, for every single failure of a network without redundancy', () => {
    for (const element of ofSmall.elements) expectAgreement(ofSmall, [element])
    expect(ofSmall.elements.filter((element) => ofSmall.said([element]).length > 0).length).toBeGreaterThan(5)
  }, 600_000)

  it('is what the proof finds, for some of up to four elements that fail together, whichever they are', () => {
    const several = fc.subarray([...ofExample.elements], { minLength: 2, maxLength: 4 })
    for (const failing of fc.sample(several, 6)) expectAgreement(ofExample, failing)
    for (const failing of fc.sample(fc.subarray([...ofSmall.elements], { minLength: 2, maxLength: 3 }), 12))
      expectAgreement(ofSmall, failing)
  }, 600_000)

  it('is nothing that is expected within each site, where the sites have lost each other', () => {
    const parting = ofExample.elements.filter(({ id }) => ['east/dr2', 'west/dr1:east-dr1'].includes(id))
    expect(parting.length).toBe(2)
    expect(ofExample.said(parting)).toEqual(['clients-open'])
    expectAgreement(ofExample, parting)
  }, 60_000)

  it('is told of every kind of element', () => {
    const kinds = new Set(ofExample.elements.map(({ kind }) => kind))
    const all = [
      'isp',
      'access-router',
      'balancer',
      'distribution-router',
      'name-server',
      'fabric-controller',
    ]
    for (const kind of [...all, 'host', 'link', 'site']) expect(kinds).toContain(kind)
    const soundness = new Soundness(example)
    // Both of a kind, of which each has another beside it: what they alone did is gone.
    for (const [pair, id] of [
      [['west/fc1', 'west/fc2'], 'clients-open'],
      [['west/ns1', 'west/ns2'], 'endpoint-open'],
      [['west/isp1', 'west/isp2'], 'internet-open'],
      [['internet:west-isp1', 'internet:west-isp2'], 'internet-open'],
    ] as const) {
      const failing = ofExample.elements.filter((element) => (pair as readonly string[]).includes(element.id))
      expect(failing).toHaveLength(2)
      for (const one of failing) expect(ofExample.both([one], soundness)[0], one.id).toEqual([])
      expect(ofExample.said(failing, ['cut', 'gone']), pair.join()).toContain(id)
    }
  })

  it.each([
    ['the example', example],
    ['a network without redundancy', small],
    ['a generated network', generated],
  ])(
    'is the same where every way is looked at, in %s',
    (_, network) => {
      const of = subject(network)
      const soundness = new Soundness(network)
      const several = fc.subarray([...of.elements], { minLength: 1, maxLength: 4 })
      fc.assert(
        fc.property(several, (failing) => {
          const [quick, slow] = of.both(failing, soundness)
          expect(quick).toEqual(slow)
        }),
        { numRuns: 150 },
      )
    },
    600_000,
  )
})
