/** What an expectation is about: of each site by itself, machines that are named with another site are left out. */
import { describe, expect, it } from 'vitest'
import { parseNetwork } from '../../model/index.ts'
import { smallNetwork } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { prove, type Verdict } from './index.ts'

const twoSites = `${smallNetwork.replace(
  'services:',
  `  east:
    template: datacenter
    internal:
      routers: [10.32.0.0/24, fd00:0:32::/64]
      infrastructure: [10.32.1.0/24, fd00:0:32:1::/64]
      hosts: [10.32.2.0/24, fd00:0:32:2::/64]
      vms: [10.32.64.0/18, fd00:0:32:3::/64]
    public:
      vips: [203.0.113.0/26, 2001:db8:32::/64]
      routers: [203.0.113.64/28, 2001:db8:32:1::/64]
      isps: [203.0.113.80/28, 2001:db8:32:2::/64]
services:`,
)}`

const load = (expectation: string) => parseNetwork(`${twoSites}expect:\n  - ${expectation}\n`)

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
