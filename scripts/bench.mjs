/** `npm run -s bench -- NAME [--quick] [--json]`: measures. Preparation speaks on stderr only, so stdout is the report. */
import { inRoot, runScript } from './checkout.mjs'
import { run } from './command.mjs'
import { prepare } from './prepare.mjs'

await runScript(async () => {
  await prepare()
  const args = process.argv.slice(2)
  // Very large networks are proven in such a process by the command too.
  const { roomFlags } = await import(inRoot('dist', 'src', 'cli', 'room.js'))
  const flags = args[0] === 'verify' ? roomFlags() : []
  return run(process.execPath, [...flags, inRoot('dist', 'bench', 'main.js'), ...args], {
    verb: 'run the benchmark',
    stdio: 'inherit',
  })
})
