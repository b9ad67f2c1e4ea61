/**
 * A million hostile frames through every kind of program of the example network: evaluator, interpreter and kernel agree about each of them
 * and about every counter, and nothing that the network does not declare passes. `GLACIS_HOSTILE_FRAMES` sets how many frames
 * all programs together get; a long run gives each program a million (see docs/guide/semantics.md).
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InterpreterEngine } from '../../src/bpf/index.ts'
import { FilterCompilerCache } from '../../src/dataplane/filter-template.ts'
import { arbitraryDerivedCase } from '../../src/dataplane/testing/derived-case.ts'
import { difference } from '../../src/dataplane/testing/difference.ts'
import { Draw } from '../../src/dataplane/testing/draw.ts'
import { hostileFrame } from '../../src/dataplane/testing/hostile-frame.ts'
import {
  notRunnable,
  type PointCase,
  runEvaluator,
  runPrograms,
} from '../../src/dataplane/testing/point-runner.ts'
import { Passages } from '../../src/dataplane/testing/undeclared/passages.ts'
import { kernelEngine } from '../../src/kernel/index.ts'
import { withHole } from '../../src/lab/testing/mutate-policy.ts'
import { loadNetwork, type Network, type Node } from '../../src/model/index.ts'
import { derivePolicy, type Point } from '../../src/policy/index.ts'
import { describeKernel } from './requirements.ts'

const wanted = Number(process.env.GLACIS_HOSTILE_FRAMES ?? 1_000_000)
/** Frames that go through a node's programs one after the other, with what they remember. */
const sequence = 10_000
/** Of a hundred frames, those that stay sound: flows must be opened for later frames to belong to. */
const sound = 20

describeKernel('hostile frames', () => {
  const network = loadNetwork('examples/two-sites/network.yaml').network as Network
  const policy = derivePolicy(network)
  const groups = distinctNodes(network, policy.points)

  it(
    'are judged alike by evaluator, interpreter and kernel, and pass nowhere undeclared',
    () => {
      const { seed = 0 } = fc.readConfigureGlobal()
      const d = new Draw(seed)
      const caches = { kernel: new FilterCompilerCache(), interpreter: new FilterCompilerCache() }
      const interpreter = new InterpreterEngine({ clock: () => 1_000_000_000n })
      let judged = 0
      let passed = 0
      while (judged < wanted)
        for (const { node, points } of groups) {
          const testCase = hostileCase(d, node, points)
          const expected = runEvaluator(testCase)
          const inKernel = runPrograms(testCase, { engine: kernelEngine }, caches.kernel)
          expect(difference(testCase, inKernel, expected)).toBeUndefined()
          const interpreted = runPrograms(testCase, { engine: interpreter }, caches.interpreter)
          expect(difference(testCase, interpreted, expected)).toBeUndefined()
          const passages = new Passages(network)
          for (const [index, { point: at, frame }] of testCase.steps.entries()) {
            const answer = inKernel.answers[index]
            if (answer?.verdict !== 'allow' || expected.answers[index]?.verdict === 'pass-by') continue
            passed++
            const point = points[at] as Point
            const fault = passages.fault({ point, before: frame, after: answer.packet })
            if (fault) expect(`${point.id}: ${fault}: ${Buffer.from(frame).toString('hex')}`).toBe('denied')
          }
          judged += testCase.steps.length
        }
      expect(passed).toBeGreaterThan(judged / 200)
      process.stdout.write(
        `${judged} hostile frames through the programs of ${groups.length} nodes, ${passed} passed, GLACIS_SEED=${seed}\n`,
      )
    },
    60 * 60_000,
  )

  it.each([
    ['west/ar1/external/in', 'internal-destinations'],
    ['west/host1/vm/shop-web-0/in', 'role'],
    ['west/host1/vm/shop-web-0/out', 'own-source'],
    ['west/host1/partition/in', 'host-config'],
    ['west/host1/services/in', 'host-config'],
    ['west/host1/services/out', 'service-replies'],
    ['west/dr1/host1/in', 'approved-addresses'],
    ['west/dr1/host1/in', 'anti-spoofing'],
    ['west/dr1/lb1/in', 'anti-spoofing'],
    ['west/dr1/lb1/in', 'established'],
    ['west/dr1/dr2/in', 'established'],
    ['west/dr1/east-dr1/in', 'anti-spoofing'],
    ['west/storage1/native/in', 'role'],
    ['west/fc1/native/out', 'machine-config'],
    ['west/telemetry-collector-0/guest/in', 'guest'],
  ])('would be noticed to pass a hole in %s', (id, tier) => {
    const { points } = withHole(policy, id, tier)
    const point = points.find((each) => each.id === id) as Point
    const node = network.nodes.find((each) => each.id === point.node) as Node
    const testCase = hostileCase(new Draw(1), node, [point])
    const passages = new Passages(network)
    const faults = runEvaluator(testCase).answers.flatMap((decision, index) => {
      const { frame } = testCase.steps[index] as PointCase['steps'][0]
      if (decision.verdict !== 'allow') return []
      return passages.fault({ point, before: frame, after: frame }) ?? []
    })
    expect(faults).not.toEqual([])
  })
})

interface Group {
  readonly node: Node
  readonly points: readonly Point[]
}

/** The first node of each site and kind that enforces something: others have the same programs for other addresses. */
function distinctNodes({ nodes }: Network, points: readonly Point[]): readonly Group[] {
  const seen = new Set<string>()
  return nodes.flatMap((node) => {
    const own = points.filter((point) => point.node === node.id)
    const key = `${node.site} ${node.kind}`
    if (own.length === 0 || seen.has(key)) return []
    seen.add(key)
    return [{ node, points: own }]
  })
}

function hostileCase(d: Draw, node: Node, points: readonly Point[]): PointCase {
  const [base] = fc.sample(arbitraryDerivedCase(node, points, { steps: sequence }), {
    numRuns: 1,
    seed: d.word() | 0,
  })
  const { egress, steps } = base as PointCase
  return {
    points,
    egress,
    steps: steps
      .map((step) => (d.chance(sound) ? step : { ...step, frame: hostileFrame(d, step.frame) }))
      .filter(({ point, frame }) => notRunnable(points[point] as Point, frame) === undefined),
  }
}
