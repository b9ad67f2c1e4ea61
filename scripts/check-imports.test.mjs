import { describe, expect, it } from 'vitest'
import { checkFile, checkTree } from './check-imports.mjs'
import { importCycles } from './import-cycles.mjs'
import { brokenRule, folders } from './import-rules.mjs'
import { importsOf, maskLiterals } from './source-imports.mjs'

const specifiers = (text) => importsOf(text).map(({ specifier }) => specifier)

describe('importsOf', () => {
  it.each([
    ["import a from './a.ts'", './a.ts', false],
    ["import { a, b } from './a.ts'", './a.ts', false],
    ["import {\n  a,\n  b,\n} from './a.ts'", './a.ts', false],
    ['import * as a from "./a.ts";', './a.ts', false],
    ["import './a.ts'", './a.ts', false],
    ["export * from './a.ts'", './a.ts', false],
    ["export { a as b } from './a.ts'", './a.ts', false],
    ["import type { A } from './a.ts'", './a.ts', true],
    ["export type { A } from './a.ts'", './a.ts', true],
    ["import { type A, type B } from './a.ts'", './a.ts', true],
    ["import { type A, b } from './a.ts'", './a.ts', false],
    ["import a, { type B } from './a.ts'", './a.ts', false],
    ["import type from './a.ts'", './a.ts', false],
    ["const a = await import('./a.ts')", './a.ts', false],
    ["const a = require('koffi')", 'koffi', false],
  ])('finds %j', (text, specifier, typeOnly) => {
    expect(importsOf(text)).toMatchObject([{ specifier, typeOnly }])
  })

  it('gives the line of the specifier', () => {
    expect(
      importsOf("// one\nimport a from './a.ts'\nimport {\n  b,\n} from './b.ts'").map(({ line }) => line),
    ).toEqual([2, 5])
  })

  it('keeps an export and the import after it apart', () => {
    expect(importsOf("export { a }\nimport type { B } from './b.ts'")).toMatchObject([
      { specifier: './b.ts', typeOnly: true },
    ])
  })

  it.each([
    "// import a from './a.ts'",
    "/* import a from './a.ts' */",
    "/**\n * import a from './a.ts'\n */",
    '"import a from \'./a.ts\'"',
    "`import a from './a.ts'`",
    "`${1}import a from './a.ts'`",
    "/import a from '.\\/a.ts'/.test(x)",
    "const from = './a.ts'",
  ])('finds nothing in %j', (text) => {
    expect(specifiers(text)).toEqual([])
  })

  it('sees code between the parts of a template', () => {
    expect(
      specifiers("`a ${await import('./a.ts')} b ${`c ${import('./c.ts')}`} '`\nimport './d.ts'"),
    ).toEqual(['./a.ts', './c.ts', './d.ts'])
  })

  it('is not led astray by quotes in regular expressions', () => {
    expect(specifiers("const a = /['\"`/]/\nconst b = 4 / 2 / 1\nimport './a.ts'")).toEqual(['./a.ts'])
  })

  it('masks without moving anything', () => {
    const text = "const a = 'x' // y\nconst b = `\n${a}`"
    const masked = maskLiterals(text)
    expect(masked).toBe("const a = ' '     \nconst b = `\n${a}`")
  })
})

describe('brokenRule', () => {
  const rule = (file, specifier, typeOnly = false) =>
    brokenRule(file, { specifier, typeOnly }, ['yaml', 'koffi'])

  it('lets a folder import from those above it, and from itself', () => {
    expect(rule('src/policy/a.ts', '../net/index.ts')).toBeUndefined()
    expect(rule('src/policy/a.ts', './b.ts')).toBeUndefined()
    expect(rule('src/model/import/a.ts', '../link.ts')).toBeUndefined()
    expect(rule('src/model/import/a.ts', '../../net/index.ts')).toBeUndefined()
  })

  it('refuses an import from below, of types too, in tests too', () => {
    for (const file of ['src/net/a.ts', 'src/net/a.test.ts'])
      for (const typeOnly of [false, true])
        expect(rule(file, '../policy/index.ts', typeOnly)).toContain(
          'src/net does not import from src/policy',
        )
  })

  it.each(folders.slice(1))('refuses net importing %s', (folder) => {
    expect(rule('src/net/a.ts', `../${folder}/index.ts`)).toBeDefined()
  })

  it('lets all but bpf use the types of positions, and those below file their text', () => {
    expect(rule('src/policy/a.ts', '../file/source.ts')).toBeUndefined()
    expect(rule('src/net/a.ts', '../file/source.ts', true)).toBeUndefined()
    expect(rule('src/net/a.ts', '../file/source.ts', false)).toBeDefined()
    expect(rule('src/bpf/a.ts', '../file/source.ts', true)).toContain('stands alone')
  })

  it('wants values from the face of a folder, and lets types, tests and scripts pass', () => {
    expect(rule('src/policy/a.ts', '../net/ip.ts')).toContain('src/net/index.ts')
    expect(rule('src/policy/a.ts', '../net/ip.ts', true)).toBeUndefined()
    expect(rule('src/policy/a.test.ts', '../net/ip.ts')).toBeUndefined()
    expect(rule('test/kernel/a.test.ts', '../../src/net/ip.ts')).toBeUndefined()
    expect(rule('scripts/a.ts', '../src/net/ip.ts')).toBeUndefined()
    expect(rule('bench/a.ts', '../src/net/ip.ts')).toContain('src/net/index.ts')
    expect(rule('src/index.ts', './net/ip.ts')).toContain('src/net/index.ts')
    expect(rule('src/index.ts', './net/index.ts')).toBeUndefined()
  })

  it('lets bpf import node itself and nothing else', () => {
    expect(rule('src/bpf/a.ts', 'node:os')).toBeUndefined()
    expect(rule('src/bpf/a.ts', 'yaml')).toContain('stands alone')
    expect(rule('src/bpf/a.ts', '../net/index.ts')).toContain('stands alone')
    expect(rule('src/bpf/a.test.ts', '../net/index.ts')).toContain('stands alone')
    expect(rule('src/bpf/a.test.ts', 'vitest')).toBeUndefined()
  })

  it('lets only kernel import koffi', () => {
    expect(rule('src/kernel/a.ts', 'koffi')).toBeUndefined()
    for (const file of [
      'src/lab/a.ts',
      'src/lab/a.test.ts',
      'test/kernel/a.test.ts',
      'bench/a.ts',
      'scripts/a.mjs',
    ])
      expect(rule(file, 'koffi')).toContain('only src/kernel')
  })

  it('refuses packages that an installed Glacis lacks, except in tests', () => {
    expect(rule('src/file/a.ts', 'yaml')).toBeUndefined()
    expect(rule('src/file/a.ts', 'fast-check')).toContain('dependencies')
    expect(rule('src/file/a.ts', '@scope/name/sub')).toContain("'@scope/name'")
    expect(rule('src/file/a.test.ts', 'fast-check')).toBeUndefined()
  })

  it('keeps what only tests use out of what is installed', () => {
    expect(rule('src/wire/testing/a.ts', 'fast-check')).toBeUndefined()
    expect(rule('src/policy/a.test.ts', '../wire/testing/a.ts')).toBeUndefined()
    expect(rule('src/wire/a.ts', './testing/a.ts')).toContain('only tests')
  })

  it('refuses src importing what is outside, and a folder without a place', () => {
    expect(rule('src/net/a.ts', '../../test/support/x.ts')).toContain('outside')
    expect(rule('src/net/a.test.ts', '../../test/support/x.ts')).toBeUndefined()
    expect(rule('src/utils/a.ts', './b.ts')).toContain('no place')
  })
})

describe('checkFile', () => {
  it('gives line and rule', () => {
    expect(checkFile('src/net/a.ts', "\nimport '../cli/index.ts'\n", [])).toMatchObject([
      { line: 2, fatal: true },
    ])
  })

  it.each([
    [300, []],
    [301, [{ fatal: false }]],
    [600, [{ fatal: false }]],
    [601, [{ fatal: true }]],
  ])('judges a file of %i lines', (lines, findings) => {
    expect(checkFile('src/net/a.ts', '\n'.repeat(lines), [])).toMatchObject(findings)
  })
})

describe('importCycles', () => {
  const cycles = (files) =>
    importCycles(new Map(Object.entries(files).map(([file, text]) => [file, importsOf(text)])))

  it('finds the way around, across folders', () => {
    const files = {
      'src/a/a.ts': "import '../b/b.ts'",
      'src/b/b.ts': "\nexport * from './c.ts'",
      'src/b/c.ts': "import '../a/a.ts'",
    }
    const path = ['src/a/a.ts', 'src/b/b.ts', 'src/b/c.ts', 'src/a/a.ts']
    expect(cycles(files)).toEqual([{ file: 'src/b/c.ts', line: 1, path }])
  })

  it('finds a file that imports itself', () => {
    expect(cycles({ 'src/a.ts': "import './a.ts'" })).toMatchObject([{ path: ['src/a.ts', 'src/a.ts'] }])
  })

  it('minds neither types nor two ways to one file', () => {
    const files = {
      'src/a.ts': "import './b.ts'\nimport './c.ts'",
      'src/b.ts': "import './c.ts'\nimport type { A } from './a.ts'",
      'src/c.ts': '',
    }
    expect(cycles(files)).toEqual([])
  })
})

it('finds the files of this checkout', () => {
  expect(checkTree().files).toEqual(expect.arrayContaining(['src/net/ip.ts', 'scripts/check-imports.mjs']))
})
