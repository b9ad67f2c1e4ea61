/**
 * Two projects. `unit` runs anywhere and in parallel; `kernel` needs root on Linux and touches what the machine has only
 * once (namespaces, loaded programs), so its files run one after the other, after all others.
 */
import { randomInt } from 'node:crypto'
import { defineConfig } from 'vitest/config'
import { CountReporter } from './test/support/count-reporter.ts'

/** Seed of all property tests of this run; printed at its end, and read by the workers in `property-setup.ts`. */
process.env.GLACIS_SEED ??= String(randomInt(2 ** 31))

const setup = { setupFiles: ['test/support/property-setup.ts'] }

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: false,
    reporters: ['default', new CountReporter(process.env.GLACIS_SEED)],
    projects: [
      {
        test: {
          ...setup,
          name: 'unit',
          // Modules hold frozen values only, so files may share them: half the time of a module graph for each.
          isolate: false,
          include: [
            'src/**/*.test.ts',
            'bench/**/*.test.ts',
            'scripts/**/*.test.mjs',
            'test/{case,packet,property,fuzz,support}/**/*.test.ts',
          ],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...setup,
          name: 'kernel',
          include: ['test/{kernel,e2e}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
