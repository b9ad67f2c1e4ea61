/** The version of the installed package. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds `package.json`: the program runs from the sources or from `dist/`. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (nameAndVersion(folder)?.name === 'glacis') return folder
    if (folder === dirname(folder)) throw new Error('find the package: no package.json above the program')
  }
}

/** `0.1.0` */
export const packageVersion = (): string => nameAndVersion(packageRoot())?.version ?? 'unknown'

function nameAndVersion(folder: string): { readonly name: string; readonly version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}
