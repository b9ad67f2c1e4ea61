/** What an expectation is about: of each site by itself, machines that are named with another site are left out. */
import { describe, expect, it } from 'vitest'
import { parseNetwork } from '../../model/index.ts'
import { smallTwoSites } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { prove, type Verdict } from './index.ts'

const load = (expectation: string) => parseNetwork(`${smallTwoSites}expect:\n  - ${expectation}\n`)

function proven(expectation: string): Verdict {
  const { network, diagnostics } = load(expectation)
  if (!network) throw new Error(diagnostics[0]?.message)
  return prove(network, derivePolicy(network), { only: ['expect:1'] })[0] as Verdict
}

describe('an expectation of each site by itself', () => {
  const agents = 'protocol: tcp, ports: 7443, then: allow'

  it('asks nothing between sites of a machine or an address that is of one', () => {
    expect(proven(`{ from: west/fc1, to: hosts, ${agents} }`).holds).toBe(false)
    expect(proven(`{ from: west/fc1, to: hosts, same-site: true, ${agents} }`).holds).toBe(true)
    expect(proven(`{ from: fabric-controllers, to: 10.0.0.0/8, same-site: true, then: deny }`)).toMatchObject(
      {
        holds: false,
        counterexamples: [{ sender: expect.stringContaining('west/') }, {}, {}],
      },
    )
  })

  it('is a mistake if no site has both ends', () => {
    const { network, diagnostics } = load(`{ from: west/fc1, to: east/host1, same-site: true, ${agents} }`)
    expect(network).toBeUndefined()
    expect(diagnostics.map(({ code }) => code)).toEqual(['GL2080'])
  })
})
