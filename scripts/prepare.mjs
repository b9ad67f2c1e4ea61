/**
 * Makes a checkout ready to run: the right Node, `node_modules` as `package-lock.json` says, `dist/` as the sources say.
 * Plain JavaScript without packages, because it runs before there are any. Everything that it says goes to stderr, and
 * when there is nothing to do it says nothing.
 */
import { fileURLToPath } from 'node:url'
import { inRoot, PrepareError, runScript, say } from './checkout.mjs'
import { buildIsFresh, packagesAreFresh } from './freshness.mjs'

export const oldestNode = 20

/** Throws `PrepareError` on a Node that is too old. */
export function checkNode(version = process.versions.node) {
  if (Number.parseInt(version, 10) >= oldestNode) return
  const remedy = `Install a newer one (for example: nvm install ${oldestNode}) and try again`
  throw new PrepareError(
    `run on Node ${version}: it is too old, Glacis needs ${oldestNode} or newer. ${remedy}`,
  )
}

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
