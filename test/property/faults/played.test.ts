/** A counterexample that takes a connection is played by the command that is shown with it, from the file that has the fault. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { edited, type Files, first, hostConfig, machineConfig, networkFile, written } from './written.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-played-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  const code = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  })
  return { code, stdout, stderr }
}

function write(files: Files): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return join(folder, networkFile)
}

/** Words of a command line, those in quotes as one. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string))

const delivered = /then, from [\s\S]*delivered: icmp\S* .* about /

const faults = [
  first(machineConfig, 'allow: out, protocol: [udp, icmp], to: hosts'),
  first(hostConfig, 'allow: in, protocol: [udp, icmp], from: vms'),
]

it('is shown with its connection, and by the command that plays both', async () => {
  const spoilt = faults.reduce(edited, written)
  const { code, stdout } = await run('check', write(spoilt))
  expect(code).toBe(1)
  const lines = stdout.split('\n').filter((line) => line.trim().startsWith('glacis trace FILE'))
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    const [, verb, , ...options] = wordsOf(line.trim()) as [string, string, string, ...string[]]
    const played = await run(verb, write(spoilt), ...options)
    expect(played).toMatchObject({ code: 0, stderr: '' })
    expect(played.stdout).toMatch(delivered)
    const without = await run(verb, write(written), ...options)
    expect([without.code, delivered.test(without.stdout)]).toEqual([0, false])
  }
}, 60_000)
