/**
 * The property on which all else stands: programs and evaluator agree about every packet, its bytes, and the counter of every
 * rule, and what is told of it. One suite for every engine.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { watchMode } from '../event-map.ts'
import { FilterCompilerCache } from '../filter-template.ts'
import { arbitraryBalancerCase } from './arbitrary-balancer.ts'
import { arbitraryFilterCase } from './arbitrary-point.ts'
import { arbitraryDerivedCase } from './derived-case.ts'
import { difference } from './difference.ts'
import { type EngineUnderTest, type PointCase, runEvaluator, runPrograms } from './point-runner.ts'

/** Checks one case; throws with the first difference. */
export function expectAgreement(
  testCase: PointCase,
  subject: EngineUnderTest,
  cache?: FilterCompilerCache,
): void {
  const found = difference(testCase, runPrograms(testCase, subject, cache), runEvaluator(testCase))
  if (found !== undefined) throw new Error(found)
}

/** (policy, packet) pairs that a run must check at least. */
const wanted = 100_000
const minutes = 60_000

/** Declares the suite. @param start makes the engine, when the first test runs. */
export function describeAgreement(start: () => EngineUnderTest): void {
  describe('programs and evaluator agree', () => {
    let pairs = 0
    let name = ''
    const check = (cases: fc.Arbitrary<PointCase>, runs: number, cache?: FilterCompilerCache): void => {
      const subject = start()
      name = subject.engine.name
      const modes = fc.record({ watch: fc.integer({ min: 0, max: watchMode.all }), records: fc.boolean() })
      const property = fc.property(cases, modes, (some, mode) => {
        const testCase = { ...some, ...mode }
        expectAgreement(testCase, subject, cache)
        pairs += testCase.steps.length
      })
      fc.assert(property, { numRuns: runs })
    }

    it(
      'on random filters',
      () => check(arbitraryFilterCase({ steps: 70, waits: start().setClock !== undefined }), 1150),
      5 * minutes,
    )

    // Balancers are large programs that differ in little: they share templates, as the nodes of a network do.
    it(
      'on random balancers',
      () =>
        check(
          arbitraryBalancerCase({ steps: 90, waits: start().setClock !== undefined }),
          150,
          new FilterCompilerCache(),
        ),
      5 * minutes,
    )

    it(
      'on every node of the example network',
      () => {
        const cache = new FilterCompilerCache()
        const network = loadNetwork('examples/two-sites/network.yaml').network as Network
        const policy = derivePolicy(network)
        for (const node of network.nodes) {
          const points = policy.points.filter((point) => point.node === node.id)
          if (points.length > 0) check(arbitraryDerivedCase(node, points, { steps: 500 }), 2, cache)
        }
      },
      5 * minutes,
    )

    it('on enough packets', () => expect(pairs).toBeGreaterThanOrEqual(wanted))

    afterAll(() => {
      const { seed } = fc.readConfigureGlobal()
      process.stdout.write(
        `${pairs} pairs of policy and packet by ${name} and evaluator, GLACIS_SEED=${seed}\n`,
      )
    })
  })
}
