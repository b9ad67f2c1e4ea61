/** Installs the packages of a folder that has a `package-lock.json`, exactly as the lock file says. */
import { existsSync, lchownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot, PrepareError, root, say, seconds } from './checkout.mjs'
import { npm, run } from './command.mjs'

/** No dependency needs its install script: the native ones ship their binaries inside the packages. */
const flags = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--include=dev',
  '--include=optional',
]

/** Throws `PrepareError`. `onStart` gets the process id of npm. */
export async function installPackages(folder = '.', onStart = () => {}) {
  const started = Date.now()
  const name = folder === '.' ? 'packages' : `packages of ${folder}`
  say(`installing ${name} (npm ci) …`)
  const beat = setInterval(() => say(`still installing ${name}, ${seconds(started)} …`), 10_000)
  try {
    const missing = 'npm is not on the PATH. Install npm (it comes with Node) and try again'
    const command = npm(['ci', '--prefix', inRoot(folder), ...flags])
    const code = await run(...command, { verb: `install ${name}`, missing, onStart })
    const remedy = `Mend it (often the network, or a proxy that npm does not know), or run 'npm ci' in ${inRoot(folder)} yourself`
    if (code !== 0) throw new PrepareError(`install ${name}: npm ci failed, its message is above. ${remedy}`)
  } finally {
    clearInterval(beat)
  }
  giveToOwner(join(folder, 'node_modules'))
  say(`installed ${name} in ${seconds(started)}`)
}

/** Under sudo, what we make belongs to whom the checkout belongs: else they could not change it later. */
export function giveToOwner(folder) {
  const owner = statSync(root)
  if (process.getuid?.() !== 0 || owner.uid === 0 || !existsSync(inRoot(folder))) return
  const visit = (path) => {
    lchownSync(path, owner.uid, owner.gid)
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) visit(child)
      else lchownSync(child, owner.uid, owner.gid)
    }
  }
  visit(inRoot(folder))
}
