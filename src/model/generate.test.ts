import { describe, expect, it } from 'vitest'
import { generateNetwork } from './generate.ts'
import { parseNetwork } from './load.ts'
import { nodesOfKind } from './select.ts'

describe('generateNetwork', () => {
  it.each([
    { vms: 0 },
    { vms: 1 },
    { vms: 10 },
    { vms: 1000 },
    { vms: 37, sites: 3, hosts: 2, tenants: 1, instancesPerService: 4 },
    { vms: 60, sites: 60 },
  ])('%j loads, with as many VMs', (options) => {
    const { network, diagnostics } = parseNetwork(generateNetwork(options))
    expect(diagnostics).toEqual([])
    const sites = network?.sites ?? []
    expect(sites).toHaveLength(options.sites ?? 1)
    expect(sites.flatMap(({ name }) => nodesOfKind(network!, name, 'vm'))).toHaveLength(options.vms)
  })

  it('spreads services over tenants', () => {
    const { network } = parseNetwork(generateNetwork({ vms: 100, tenants: 3 }))
    expect(new Set(network?.services.map(({ tenant }) => tenant)).size).toBe(3)
  })

  it.each([{ vms: -1 }, { vms: 1.5 }, { vms: 1, sites: 61 }, { vms: 1, hosts: 0 }])(
    'refuses %j',
    (options) => {
      expect(() => generateNetwork(options)).toThrow(/^generate network: /)
    },
  )
})
