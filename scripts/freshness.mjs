/**
 * Is there anything to prepare? Looks at the files only, in a few milliseconds, so that every command can ask. Content
 * decides, or path, size and time together: never "newer than" alone, which a deleted or an older restored file fools.
 */
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { attempt, inRoot } from './checkout.mjs'

const compiledFolders = ['src', 'bench', 'examples']
const buildInputs = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json']

/** Holds the {@link sourceState} from which `dist/` was compiled. */
export const stampFile = inRoot('dist', '.stamp')

/** Are the installed packages those of the lock file? `folder` has the lock file; the root by default. */
export function packagesAreFresh(folder = '.') {
  const installedFile = inRoot(folder, 'node_modules', '.package-lock.json')
  const wantedFile = inRoot(folder, 'package-lock.json')
  if (!existsSync(installedFile)) return false
  if (statSync(installedFile).mtimeMs > statSync(wantedFile).mtimeMs) return true
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const installed = packagesOf(installedFile)
  const same = Object.entries(packagesOf(wantedFile)).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === version && found.integrity === integrity : optional === true
  })
  const now = new Date()
  if (same) attempt(() => utimesSync(installedFile, now, now))
  return same
}

/** Is `dist/` compiled from exactly the sources that are there now? */
export const buildIsFresh = () => attempt(() => readFileSync(stampFile, 'utf8')) === sourceState()

/** One line for each file that the compiler reads. */
export function sourceState() {
  const lines = buildInputs.map(stateOf)
  const visit = (folder) => {
    for (const entry of attempt(() => readdirSync(inRoot(folder), { withFileTypes: true })) ?? []) {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) visit(path)
      else if (path.endsWith('.ts') && !path.endsWith('.test.ts')) lines.push(stateOf(path))
    }
  }
  compiledFolders.forEach(visit)
  return lines.join('\n')
}

function stateOf(path) {
  const status = attempt(() => statSync(inRoot(path)))
  return `${path} ${status?.size} ${status?.mtimeMs}`
}
