import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { main } from './main.ts'

async function run(...argv: string[]): Promise<{ stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  })
  return { stdout, stderr }
}

test('what takes its time of a large file is said while it is done, and nothing of a small one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glacis-large-'))
  try {
    const file = join(folder, 'large.yaml')
    writeFileSync(file, (await run('generate', '--vms', '1000')).stdout)
    const { stderr } = await run('emit', 'nft', file, 'site1/fc1')
    expect(stderr).toMatch(/^Reading the network file …\nDeriving rules …\n/)
    expect((await run('nodes', 'examples/two-sites/network.yaml')).stderr).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
