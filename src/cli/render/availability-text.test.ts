import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { generateNetwork } from '../../model/index.ts'
import { main } from '../main.ts'

const folder = mkdtempSync(join(tmpdir(), 'glacis-availability-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text = generateNetwork({ vms: 8, sites: 2, hosts: 2, instancesPerService: 4 })
const file = (name: string, change: (text: string) => string): string => {
  const path = join(folder, name)
  writeFileSync(path, change(text))
  return path
}

async function run(...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await main(['availability', ...argv], {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  })
  return { code, stdout, stderr }
}

describe('glacis availability', () => {
  it('tells how often each service is reached, what costs most, and what was taken for granted', async () => {
    const { code, stdout } = await run(file('plain.yaml', (plain) => plain))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}s1\/web in site1 +99\.98\d*% +[\d.]+ (h|min) a year +2 machines/m)
    expect(stdout).toMatch(/name-service in site1 or site2 +99\.99\d+%/)
    expect(stdout).toContain('standard values, since the file states none: site 99.99%')
    expect(stdout).toContain('nothing is promised')
  })

  it('exits with 1 if a service is not as available as it is promised to be', async () => {
    const promising = (share: string) => (plain: string) =>
      plain.replace('    sites: [site1]', `    sites: [site1]\n    availability: ${share}`)
    const kept = await run(file('kept.yaml', promising('99.9%')))
    expect(kept.code).toBe(0)
    expect(kept.stdout).toMatch(/^✓ s1\/web in site1 .* of 99\.9% /m)
    expect(kept.stdout).toContain('1 of 1 promises are kept')
    const broken = await run(file('broken.yaml', promising('99.999%')), '--json')
    expect(broken.code).toBe(1)
    const { ok, services } = JSON.parse(broken.stdout)
    expect(ok).toBe(false)
    expect(services.find(({ name }: { name: string }) => name === 's1/web')).toMatchObject({
      site: 'site1',
      target: 0.99999,
      keeps: false,
    })
  })

  it('takes what the file says of kinds and of single elements', async () => {
    const rated = file('rated.yaml', (plain) =>
      plain
        .replace(
          '    infrastructure:\n',
          '    availability: { site: 100%, isps: { mtbf: 99h, mttr: 1h } }\n    infrastructure:\n',
        )
        .replace(
          '    template: datacenter',
          '    template: datacenter\n    availability: { isp2: 100%, "isp1:internet": 100% }',
        ),
    )
    const { stdout } = await run(rated, '--json')
    const { services } = JSON.parse(stdout)
    const web = services.find(({ name }: { name: string }) => name === 's1/web')
    expect(web.elements.some(({ element }: { element: { kind: string } }) => element.kind === 'site')).toBe(
      true,
    )
    const isp1 = web.elements.find(({ element }: { element: { id: string } }) => element.id === 'site1/isp1')
    // While the other provider is always there, this one matters only together with its link.
    expect(isp1.importance).toBeLessThan(0.001)
  })
})
