/**
 * `npm run docs`: the API documentation of the two entry points, as a site in docs/api/site. A broken link or any other
 * warning fails. Its tools live in docs/api, because typedoc needs a TypeScript with a JavaScript API (before version 7).
 */
import { fileURLToPath } from 'node:url'
import { inRoot, runScript, say } from './checkout.mjs'
import { run } from './command.mjs'
import { packagesAreFresh } from './freshness.mjs'
import { installPackages } from './install.mjs'
import { withLock } from './lock.mjs'
import { prepare } from './prepare.mjs'

const folder = 'docs/api'

/** Builds the site; resolves to the exit code. Throws `PrepareError` if its packages cannot be installed. */
export async function buildDocs() {
  await prepare({ build: false })
  return withLock(inRoot('.cache', 'docs.lock'), async (addToLock) => {
    if (!packagesAreFresh(folder)) await installPackages(folder, addToLock)
    const typedoc = inRoot(folder, 'node_modules', 'typedoc', 'bin', 'typedoc')
    const args = [typedoc, '--options', inRoot(folder, 'typedoc.json')]
    const code = await run(process.execPath, args, {
      verb: 'build the API documentation',
      onStart: addToLock,
    })
    if (code === 0) say(`open ${inRoot(folder, 'site', 'index.html')}`)
    return code
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(buildDocs)
