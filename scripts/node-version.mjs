/** Which versions of Node run what. */
import { PrepareError } from './checkout.mjs'

const remedy = 'Install a newer one (for example: nvm install 22) and try again'

/** Glacis itself. Throws `PrepareError` on a Node that is too old. */
export function checkNode(version = process.versions.node) {
  if (Number.parseInt(version, 10) >= 20) return
  throw new PrepareError(`run on Node ${version}: it is too old, Glacis needs 20 or newer. ${remedy}`)
}

/** Vitest and what it builds on: ^20.19 or 22.12 and newer. */
export function checkNodeForTests(version = process.versions.node) {
  checkNode(version)
  const [major, minor] = version.split('.').map(Number)
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return
  throw new PrepareError(`run tests on Node ${version}: they need 20.19, 22.12 or newer. ${remedy}`)
}
