/**
 * Ends a run with one line for machines, `N passed, N failed`, after the seed of the property tests and, where tests were
 * skipped, their names. Errors outside tests, and a run without any test, count as failures. With `GLACIS_COUNTS` set to a file, the counts go there
 * instead of the last line, for a script that runs more than tests.
 */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What {@link CountReporter} writes to the file that `GLACIS_COUNTS` names, with the `seed` of the property tests. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  /** What `failed` counts, in a line each: which file and test, and how its first error begins. */
  readonly failures: readonly string[]
  /** Full names of skipped tests, `todo` included. */
  readonly skipped: readonly string[]
  /** Tests of the project `kernel` that ran, and those that did not. */
  readonly kernel: { readonly ran: number; readonly skipped: number }
}

/** The parts of a test module that are counted. */
export interface CountedModule {
  readonly project: { readonly name: string }
  readonly relativeModuleId: string
  errors(): readonly unknown[]
  readonly children: { allTests(): Iterable<Pick<TestCase, 'fullName' | 'result'>> }
}

export function countTests(modules: readonly CountedModule[], unhandledErrors: readonly unknown[]): Counts {
  const tests = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => ({
      test,
      file: module.relativeModuleId,
      kernel: module.project.name === 'kernel',
    })),
  )
  const inState = (...states: string[]) => tests.filter(({ test }) => states.includes(test.result().state))
  // A test that is still pending was never reached: the run was interrupted or its worker died.
  const skipped = inState('skipped')
  const ran = inState('passed', 'failed')
  const failures = [
    ...inState('failed').map(
      ({ test, file }) => `${file} > ${test.fullName}: ${firstLine(test.result().errors?.[0])}`,
    ),
    ...inState('pending').map(({ test, file }) => `${file} > ${test.fullName}: was never reached`),
    ...modules.flatMap((module) =>
      module.errors().map((error) => `${module.relativeModuleId}: ${firstLine(error)}`),
    ),
    ...unhandledErrors.map((error) => `outside all tests: ${firstLine(error)}`),
    ...(tests.length === 0 ? ['there is no test'] : []),
  ]
  return {
    passed: inState('passed').length,
    failed: failures.length,
    failures,
    skipped: skipped.map(({ test }) => test.fullName),
    kernel: {
      ran: ran.filter(({ kernel }) => kernel).length,
      skipped: skipped.filter(({ kernel }) => kernel).length,
    },
  }
}

export class CountReporter implements Reporter {
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = countTests(modules, unhandledErrors)
    for (const name of counts.skipped) print(`skipped: ${name}`)
    print(`property tests used GLACIS_SEED=${this.#seed}`)
    const file = process.env.GLACIS_COUNTS
    if (file) writeFileSync(file, JSON.stringify({ ...counts, seed: this.#seed }))
    else print(`${counts.passed} passed, ${counts.failed} failed`)
  }
}

const firstLine = (error: unknown): string => {
  const message =
    (error as { readonly message?: unknown } | undefined)?.message ?? error ?? 'no error was kept'
  return String(message).split('\n', 1)[0]?.slice(0, 300) ?? ''
}

const print = (line: string) => process.stdout.write(`${line}\n`)
