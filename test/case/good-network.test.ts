/**
 * Golden cases of files that are right: what becomes of each example and of the files in the guide.
 * `npx vitest run test/case --update` rewrites them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { smallNetwork } from '../../src/model/testing/small-network.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { prove } from '../../src/verify/index.ts'
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

  const fragments = [...guide.matchAll(/```yaml fragment\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
  const atTop = fragments.filter((text) => /^(expect|exceptions):/.test(text))

  it('shows endpoints of roles that load without a warning', () => {
    const others = fragments.filter((text) => !atTop.includes(text))
    expect(others).toHaveLength(1)
    for (const text of others) {
      const roles = text.replace(/^/gm, '      ')
      const file = smallNetwork.slice(0, smallNetwork.indexOf('services:'))
      const services = `services:\n  s:\n    tenant: t\n    sites: [west]\n    roles:\n${roles}`
      expect(parseNetwork(`${file}${services}`).diagnostics).toEqual([])
    }
  })

  it('shows expectations of its network, and exceptions, that hold and are understood', () => {
    expect(atTop).toHaveLength(2)
    const { network, diagnostics } = parseNetwork([files[0], ...atTop].join('\n'))
    expect(diagnostics).toEqual([])
    expect(network?.exceptions).toHaveLength(2)
    const ids = network?.expectations.map(({ id }) => id)
    const verdicts = prove(network as Network, derivePolicy(network as Network), { only: ids ?? [] })
    expect(verdicts.map(({ invariant, holds }) => [invariant.id, holds])).toEqual([
      ['expect:1', true],
      ['expect:orders', true],
      ['expect:workers-closed', true],
      ['expect:4', true],
    ])
  })

  it.each(files)('shows a file that loads without a warning (%#)', (text) => {
    expect(parseNetwork(text).diagnostics).toEqual([])
  })
})
