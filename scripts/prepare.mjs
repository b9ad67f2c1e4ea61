/**
 * Makes a checkout ready to run: the right Node, `node_modules` as `package-lock.json` says, `dist/` as the sources say.
 * Plain JavaScript without packages, because it runs before there are any. Everything that it says goes to stderr, and
 * when there is nothing to do it says nothing.
 */
import { fileURLToPath } from 'node:url'
import { inRoot, runScript, say } from './checkout.mjs'
import { buildIsFresh, packagesAreFresh } from './freshness.mjs'
import { checkNode } from './node-version.mjs'

/** Installs packages and, unless `build` is false, compiles. Throws `PrepareError`. */
export async function prepare({ build = true } = {}) {
  checkNode()
  if (packagesAreFresh() && (!build || buildIsFresh())) return
  const { withLock } = await import('./lock.mjs')
  const { installPackages } = await import('./install.mjs')
  const { compile } = await import('./compile.mjs')
  const work = async (addToLock) => {
    if (!packagesAreFresh()) await installPackages('.', addToLock)
    if (build && !buildIsFresh()) await compile(addToLock)
  }
  const onWait = (pids) => say(`waiting for process ${pids.join(', ')}, which prepares this checkout …`)
  await withLock(inRoot('.cache', 'prepare.lock'), work, onWait)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(() => prepare())
