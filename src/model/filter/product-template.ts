/** Files of rules that are part of Glacis: `templates/` of the package. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DiagnosticLog, readFilterFile, readSource, type WrittenRules } from '../../file/index.ts'

/** Of the names of their files. */
export const productTemplates = 'glacis/templates/'

const read = new Map<string, WrittenRules>()

/** Its lines are called `glacis/templates/NAME.yaml:…` (see `productTemplates`), wherever Glacis is installed. Throws if the package is damaged. */
export function productTemplate(name: string): WrittenRules {
  const known = read.get(name)
  if (known) return known
  const log = DiagnosticLog()
  const source = readSource(`${productTemplates}${name}.yaml`, log, { path: join(folder(), `${name}.yaml`) })
  const written = source && readFilterFile(source, log)
  if (!written)
    throw new Error(`read the product's template ${name}: ${log.entries[0]?.message} (install Glacis again)`)
  read.set(name, written)
  return written
}

/** The program runs from the sources or from `dist/`. */
function folder(): string {
  for (let above = dirname(fileURLToPath(import.meta.url)); ; above = dirname(above)) {
    const candidate = join(above, 'templates')
    if (existsSync(join(candidate, 'machine-config.yaml'))) return candidate
    if (above === dirname(above))
      throw new Error(
        'find the templates of Glacis: no folder templates above the program (install Glacis again)',
      )
  }
}
