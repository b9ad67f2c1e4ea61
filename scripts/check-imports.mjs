/**
 * `node scripts/check-imports.mjs`: import order, import cycles and file length of the whole checkout. A finding is one line,
 * `file:line: rule`. Exit code 1 if a rule is broken; a long file is only a warning until it is far too long.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inRoot } from './checkout.mjs'
import { importCycles } from './import-cycles.mjs'
import { brokenRule } from './import-rules.mjs'
import { importsOf } from './source-imports.mjs'

const checkedFolders = ['src', 'bench', 'test', 'examples', 'scripts']
const length = { long: 300, wrong: 600 }

/** Findings about one file: `{ line, rule, fatal }`. */
export function checkFile(file, text, dependencies) {
  const findings = importsOf(text).flatMap((imported) => {
    const rule = brokenRule(file, imported, dependencies)
    return rule === undefined ? [] : [{ line: imported.line, rule, fatal: true }]
  })
  const lines = text.split('\n').length - 1
  if (lines > length.long) {
    const fatal = lines > length.wrong
    findings.push({
      line: lines,
      rule: `${lines} lines: split it by concept (${length.long} is long, ${length.wrong} is refused)`,
      fatal,
    })
  }
  return findings
}

/** Checks every source file below `root`. Findings carry their `file`. */
export function checkTree(root = inRoot()) {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const dependencies = Object.keys(manifest.dependencies ?? {})
  const files = checkedFolders
    .filter((folder) => existsSync(`${root}/${folder}`))
    .flatMap((folder) => sourcesBelow(root, folder))
  const texts = new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, 'utf8')]))
  const findings = files.flatMap((file) =>
    checkFile(file, texts.get(file), dependencies).map((finding) => ({ file, ...finding })),
  )
  const cycles = importCycles(new Map(files.map((file) => [file, importsOf(texts.get(file))]))).map(
    ({ file, line, path }) => ({ file, line, rule: `imports itself: ${path.join(' → ')}`, fatal: true }),
  )
  return { files, findings: [...findings, ...cycles] }
}

const sourcesBelow = (root, folder) =>
  readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesBelow(root, path)
    return /\.(ts|mjs)$/.test(path) ? [path] : []
  })

/** Prints the findings and returns the exit code. */
export function reportImports(root) {
  const { files, findings } = checkTree(root)
  for (const { file, line, rule, fatal } of findings)
    console.log(`${file}:${line}: ${fatal ? '' : 'warning: '}${rule}`)
  const broken = findings.filter(({ fatal }) => fatal).length
  console.log(`import order: ${files.length} files, ${broken} broken, ${findings.length - broken} warnings`)
  return broken > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = reportImports()
