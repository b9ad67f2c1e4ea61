import { expect, it } from 'vitest'
import { type CountedModule, countTests } from './count-reporter.ts'

type State = 'passed' | 'failed' | 'skipped' | 'pending'

const moduleOf = (
  project: string,
  states: readonly State[],
  errors: readonly unknown[] = [],
): CountedModule => ({
  project: { name: project },
  relativeModuleId: `${project}.test.ts`,
  errors: () => errors,
  children: {
    allTests: () =>
      states.map((state, index) => ({
        fullName: `${project} ${index}`,
        result: () =>
          ({ state, ...(state === 'failed' && { errors: [{ message: 'wrong\nby far' }] }) }) as never,
      })),
  },
})

it('counts tests of all projects by state', () => {
  const counts = countTests(
    [moduleOf('unit', ['passed', 'passed', 'failed']), moduleOf('kernel', ['passed'])],
    [],
  )
  const failures = ['unit.test.ts > unit 2: wrong']
  expect(counts).toEqual({ passed: 3, failed: 1, failures, skipped: [], kernel: { ran: 1, skipped: 0 } })
})

it('counts a test that was never reached as failed', () => {
  expect(countTests([moduleOf('unit', ['passed', 'pending'])], [])).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['unit.test.ts > unit 1: was never reached'],
  })
})

it('counts errors of a file and errors outside tests as failed', () => {
  expect(
    countTests([moduleOf('unit', ['passed'], [new Error('import')])], [new Error('late')]),
  ).toMatchObject({
    passed: 1,
    failed: 2,
    failures: ['unit.test.ts: import', 'outside all tests: late'],
  })
})

it('counts a run without tests as failed', () => {
  expect(countTests([], [])).toMatchObject({ passed: 0, failed: 1, failures: ['there is no test'] })
})

it('names skipped tests, and tells those of the kernel apart', () => {
  expect(countTests([moduleOf('unit', ['skipped']), moduleOf('kernel', ['skipped', 'passed'])], [])).toEqual({
    passed: 1,
    failed: 0,
    failures: [],
    skipped: ['unit 0', 'kernel 0'],
    kernel: { ran: 1, skipped: 1 },
  })
})
