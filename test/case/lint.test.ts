/** What lint says of a network with one of each, as a user sees it, in `lint/lint.txt`. `npx vitest run test/case/lint.test.ts --update` rewrites it. */
import { readFileSync } from 'node:fs'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import { lintText } from '../../src/cli/render/lint-text.ts'
import { loadNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { lint } from '../../src/verify/index.ts'

const folder = new URL('lint/', import.meta.url)

describe('lint', () => {
  it('finds one of each kind', async () => {
    const file = readFileSync(new URL('network.yaml', folder))
    const network = parseNetwork(file, { file: 'network.yaml' }).network as Network
    const found = lint(network, derivePolicy(network))
    expect(new Set(found.findings.map(({ kind }) => kind))).toEqual(
      new Set(['shadowed', 'redundant', 'unreachable', 'contradictory', 'over-broad']),
    )
    await expect(`${lintText(found, picocolors.createColors(false))}\n`).toMatchFileSnapshot(
      new URL('lint.txt', folder).pathname,
    )
  })

  it('finds nothing in the example, which people copy from', () => {
    const network = loadNetwork('examples/two-sites/network.yaml').network as Network
    const { findings, unjudged } = lint(network, derivePolicy(network))
    expect(findings.map(({ kind, place }) => `${kind} ${place.rule.id}`)).toEqual([])
    expect(unjudged).toEqual([])
  })

  it('of two rules that say the same, finds one', () => {
    const file = readFileSync(new URL('network.yaml', folder), 'utf8').replace(
      '      - { name: mail,',
      '      - { name: ftp, deny: out, protocol: tcp, ports: 21 }\n      - { name: ftp-again, deny: out, protocol: tcp, ports: 21 }\n      - { name: mail,',
    )
    const network = parseNetwork(file, { file: 'network.yaml' }).network as Network
    const found = lint(network, derivePolicy(network)).findings.filter(({ place }) =>
      place.rule.id.includes('ftp'),
    )
    expect(found.map(({ kind, place }) => `${kind} ${place.rule.id}`)).toEqual([
      'shadowed operator/ftp-again',
    ])
  })
})
