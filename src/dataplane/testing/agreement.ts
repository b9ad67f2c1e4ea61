/** The property that everything else stands on: programs and evaluator agree about every packet, its bytes and its counter. */
import fc from 'fast-check'
import { difference } from './difference.ts'
import { type EngineUnderTest, type PointCase, runEvaluator, runPrograms } from './point-runner.ts'

export interface Agreement {
  readonly name: string
  readonly cases: fc.Arbitrary<PointCase>
  readonly runs: number
}

/** Checks one case; throws with the first difference. */
export function expectAgreement(testCase: PointCase, subject: EngineUnderTest): void {
  const found = difference(testCase, runPrograms(testCase, subject), runEvaluator(testCase))
  if (found !== undefined) throw new Error(found)
}

/** Checks random cases; returns the number of (policy, packet) pairs. Throws with the smallest case that differs. */
export function checkAgreement({ cases, runs }: Agreement, subject: EngineUnderTest): number {
  let pairs = 0
  const property = fc.property(cases, (testCase) => {
    expectAgreement(testCase, subject)
    pairs += testCase.steps.length
  })
  fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: 600_000, markInterruptAsFailure: true })
  return pairs
}
