/** Compiles TypeScript to `dist/`, bundles the command, and stamps both with the state of the sources. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { inRoot, PrepareError, say, seconds } from './checkout.mjs'
import { run } from './command.mjs'
import { sourceState, stampFile } from './freshness.mjs'
import { giveToOwner } from './install.mjs'

export const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc')

/** Throws `PrepareError` if the sources have type errors. `onStart` gets the process id of the compiler. */
export async function compile(onStart = () => {}) {
  const started = Date.now()
  const unchecked = process.env.GLACIS_UNCHECKED === '1'
  say(`compiling TypeScript to dist/${unchecked ? ' without checking types' : ''} …`)
  // Taken before compiling: a file edited meanwhile differs from the stamp, and the next command compiles again.
  const state = sourceState()
  rmSync(stampFile, { force: true })
  const args = [compiler, '-p', 'tsconfig.build.json', ...(unchecked ? ['--noCheck'] : [])]
  const code = await run(process.execPath, args, { verb: 'compile TypeScript', onStart })
  const remedy = 'Correct them, or set GLACIS_UNCHECKED=1 to run all the same'
  if (code !== 0)
    throw new PrepareError(`compile TypeScript: the compiler found the mistakes above. ${remedy}`)
  removeOrphans('dist')
  await bundle()
  writeFileSync(stampFile, state)
  giveToOwner('dist')
  giveToOwner('.cache')
  say(`compiled in ${seconds(started)}`)
}

/** Removes outputs whose source is gone, so that an import of it fails here and not first at a stranger's. */
function removeOrphans(folder) {
  for (const entry of readdirSync(inRoot(folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) removeOrphans(path)
    const output = /^dist[/\\](.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(path)
    if (output && !existsSync(inRoot(`${output[1]}.ts`))) rmSync(inRoot(path))
  }
}
