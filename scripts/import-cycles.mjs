/** Cycles of imports: what such files see of each other depends on which is loaded first. Types do not count. */
import { dirname, join, normalize } from 'node:path/posix'

/** `imports` maps each file to what `importsOf` found in it. One cycle for each import that closes one: `{ file, line, path }`. */
export function importCycles(imports) {
  const cycles = []
  const done = new Set()
  const path = []
  const visit = (file) => {
    path.push(file)
    for (const { specifier, line, typeOnly } of imports.get(file) ?? []) {
      if (typeOnly || !specifier.startsWith('.')) continue
      const target = normalize(join(dirname(file), specifier))
      if (path.includes(target))
        cycles.push({ file, line, path: [...path.slice(path.indexOf(target)), target] })
      else if (!done.has(target)) visit(target)
    }
    path.pop()
    done.add(file)
  }
  for (const file of imports.keys()) if (!done.has(file)) visit(file)
  return cycles
}
