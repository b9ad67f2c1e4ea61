/**
 * `npm test`: everything that CI checks. `npm test -- ARGS` runs vitest with these arguments and nothing else, for example
 * `npm test -- src/net`. Either way the last line is `N passed, N failed`, and the exit code 1 if anything failed.
 */
import { inRoot, runScript } from './checkout.mjs'
import { run } from './command.mjs'
import { checkNodeForTests } from './node-version.mjs'
import { prepare } from './prepare.mjs'

await runScript(async () => {
  checkNodeForTests()
  await prepare({ build: false })
  const args = process.argv.slice(2)
  if (args.length > 0) {
    const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs')
    return run(process.execPath, [vitest, 'run', ...args], { verb: 'run tests', stdio: 'inherit' })
  }
  const { allStages, runStages } = await import('./stages.mjs')
  return runStages(allStages)
})
