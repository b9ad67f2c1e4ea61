/** Lines that say more than the rule of theirs that is of no use. */
import { describe, expect, it } from 'vitest'
import { type Network, parseNetwork } from '../../model/index.ts'
import { smallTwoSites } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { lint } from './lint.ts'

function findings(from: string, to: string): readonly string[] {
  expect(smallTwoSites).toContain(from)
  const { network, diagnostics } = parseNetwork(smallTwoSites.replace(from, to))
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const found = lint(network as Network, derivePolicy(network as Network)).findings
  return found.map(({ kind, place, lasting }) => `${kind} ${place.rule.id} ${lasting}`)
}

const withList = (list: string) =>
  findings(
    'https: { protocol: https, port: 443, local-port: 8443 }',
    `https: { protocol: https, port: 443, local-port: 8443, acl: ${list} }`,
  )

describe('a line that is not to be removed', () => {
  it('is the only one that allows, though another takes all of it: without it the list were open', () => {
    const [found] = withList('[{ deny: [192.0.2.0/24] }, { allow: [192.0.2.0/25] }]')
    expect(found).toBe('shadowed acl/shop/web/https/v4/2 closes')
  })

  it('is not one of two that allow, of one family or of both', () => {
    const shadowed = '{ deny: [192.0.2.0/24] }, { allow: [192.0.2.0/25] }'
    for (const other of ['192.0.3.0/24', '2001:db8:ffff::/64'])
      expect(withList(`[${shadowed}, { allow: ['${other}'] }]`)).toContain(
        'shadowed acl/shop/web/https/v4/2 undefined',
      )
  })

  it('is any of several that allow, of which none decides: both removed, the list were open', () => {
    const idle = '{ deny: [192.0.2.0/24] }, { allow: [192.0.2.0/25] }, { allow: [192.0.2.128/25] }'
    expect(withList(`[${idle}]`)).toEqual([
      'shadowed acl/shop/web/https/v4/2 closes-together',
      'shadowed acl/shop/web/https/v4/3 closes-together',
    ])
    expect(withList(`[${idle}, { allow: [192.0.3.0/24] }]`)).toEqual([
      'shadowed acl/shop/web/https/v4/2 undefined',
      'shadowed acl/shop/web/https/v4/3 undefined',
    ])
  })

  it('is that of an endpoint, though all is let in where its rule stands', () => {
    expect(findings('    hosts: 2\n', "    hosts: 2\n    audit: ['hypervisor/default']\n")).toEqual([])
  })
})
