/**
 * Golden cases of files that are wrong: `bad-network/<name>/network.yaml` and, as the user sees it, `diagnostics.txt`.
 * `npx vitest run test/case --update` rewrites them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { diagnosticTable, formatDiagnostics, hasErrors } from '../../src/file/index.ts'
import { parseNetwork } from '../../src/model/index.ts'

const cases = new URL('bad-network/', import.meta.url)
const names = readdirSync(cases)

function load(name: string) {
  const beside = (file: string) => new URL(`${name}/${file}`, cases)
  return parseNetwork(readFileSync(beside('network.yaml')), {
    readFile: (file) => readFileSync(beside(file)),
  })
}

describe('a bad network file', () => {
  it.each(names)('%s', async (name) => {
    const { network, diagnostics } = load(name)
    expect(network === undefined).toBe(hasErrors(diagnostics))
    const text = `${formatDiagnostics(diagnostics)}\n`
    await expect(text).toMatchFileSnapshot(new URL(`${name}/diagnostics.txt`, cases).pathname)
  })

  it('shows every number that is about files, but for those of files that are no network files at all', () => {
    const shown = new Set<string>(names.flatMap((name) => load(name).diagnostics.map(({ code }) => code)))
    const foreign = ['GL1002', 'GL1003', 'GL1013']
    const about = Object.keys(diagnosticTable).filter((code) => /^GL[12]/.test(code))
    expect(about.filter((code) => !shown.has(code))).toEqual(foreign)
  })
})
