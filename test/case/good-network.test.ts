/**
 * Golden cases of files that are right: what becomes of each example and of the files in the guide.
 * `npx vitest run test/case --update` rewrites them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadNetwork, parseNetwork } from '../../src/model/index.ts'
import { smallNetwork } from '../../src/model/testing/small-network.ts'
import { formatLinkEnd, formatNode, formatService } from './format-network.ts'

const examples = readdirSync('examples').filter((name) => existsSync(`examples/${name}/network.yaml`))

describe('an example', () => {
  it.each(examples)('%s becomes this network', async (name) => {
    const { network, diagnostics } = loadNetwork(`examples/${name}/network.yaml`)
    expect(diagnostics).toEqual([])
    const lines = [
      ...(network?.nodes ?? []).map(formatNode),
      ...(network?.links ?? []).map(({ kind, ends }) => `${kind} ${ends.map(formatLinkEnd).join(' – ')}`),
      ...(network?.services ?? []).flatMap(formatService),
    ]
    const golden = new URL(`good-network/${name}.txt`, import.meta.url).pathname
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(golden)
  })
})

describe('the guide', () => {
  const guide = readFileSync('docs/guide/network-file.md', 'utf8')
  const files = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

  it('shows a whole file', () => expect(files.length).toBeGreaterThan(0))

  it('shows endpoints of roles that load without a warning', () => {
    const fragments = [...guide.matchAll(/```yaml fragment\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
    expect(fragments).toHaveLength(1)
    for (const text of fragments) {
      const roles = text.replace(/^/gm, '      ')
      const file = smallNetwork.slice(0, smallNetwork.indexOf('services:'))
      const services = `services:\n  s:\n    tenant: t\n    sites: [west]\n    roles:\n${roles}`
      expect(parseNetwork(`${file}${services}`).diagnostics).toEqual([])
    }
  })

  it.each(files)('shows a file that loads without a warning (%#)', (text) => {
    expect(parseNetwork(text).diagnostics).toEqual([])
  })
})
