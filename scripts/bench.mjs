/** `npm run -s bench -- NAME [--quick] [--json]`: measures. Preparation speaks on stderr only, so stdout is the report. */
import { inRoot, runScript } from './checkout.mjs'
import { run } from './command.mjs'
import { prepare } from './prepare.mjs'

await runScript(async () => {
  await prepare()
  const args = [inRoot('dist', 'bench', 'main.js'), ...process.argv.slice(2)]
  return run(process.execPath, args, { verb: 'run the benchmark', stdio: 'inherit' })
})
