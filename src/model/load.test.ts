import { describe, expect, it } from 'vitest'
import { formatIp } from '../net/index.ts'
import { loadNetwork, parseNetwork } from './load.ts'
import type { Network } from './network.ts'
import { nodesOfKind } from './select.ts'
import { smallNetwork } from './testing/small-network.ts'

function load(text: string): Network {
  const { network, diagnostics } = parseNetwork(text)
  if (!network) throw new Error(JSON.stringify(diagnostics))
  return network
}

/** What must not move: addresses, VIPs and hosts. */
function assignments(network: Network): string[] {
  const nodes = network.nodes.map(({ id, addresses, publicAddresses, vm }) =>
    [id, ...addresses.map(formatIp), ...publicAddresses.map(formatIp), vm?.host ?? ''].join(' '),
  )
  const vips = network.services.flatMap(({ deployments }) =>
    deployments.map(({ dnsName, vips }) => [dnsName, ...vips.map(formatIp)].join(' ')),
  )
  return [...nodes, ...vips]
}

const addition = `  forum:
    tenant: fabrikam
    sites: [west]
    roles:
      web: { kind: web, instances: 5, public: { http: { protocol: http, port: 80 } } }
`

describe('parseNetwork', () => {
  it('is deterministic', () => {
    expect(JSON.stringify(assignments(load(smallNetwork)))).toBe(
      JSON.stringify(assignments(load(smallNetwork))),
    )
  })

  it('moves nothing when a service is appended', () => {
    const before = assignments(load(smallNetwork))
    expect(assignments(load(smallNetwork + addition))).toEqual(expect.arrayContaining(before))
  })

  it('moves no VIP when a balancer is added', () => {
    const more = load(smallNetwork.replace('balancers: 2', 'balancers: 3'))
    expect(more.services[0]?.deployments).toEqual(load(smallNetwork).services[0]?.deployments)
  })

  it('freezes all it gives out', () => {
    const thawed: string[] = []
    // They would be slow.
    const isLong = (path: string) => /^network\.(nodes|links|services)$/.test(path)
    const visit = (path: string, value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      // Places are shared with the file's document and are only read.
      if (path.endsWith('.at')) return
      if (!Object.isFrozen(value) && !isLong(path)) thawed.push(path)
      for (const [key, child] of Object.entries(value)) visit(`${path}.${key}`, child)
    }
    const more = `expect: [{ from: shop, to: hosts, ports: agent, then: deny, why: No. }]
exceptions: [{ of: expect:1, from: shop/web, why: For now., until: 2027-03-01 }]
`
    visit('network', load(smallNetwork + more))
    expect(thawed).toEqual([])
  })

  it('places VMs on the hosts in turn', () => {
    const hosts = nodesOfKind(load(smallNetwork), 'west', 'vm').map(({ vm }) => vm?.host)
    expect(hosts).toEqual(['west/host1', 'west/host2', 'west/host1', 'west/host2'])
  })

  it('completes explicit VIPs by the family that is not given', () => {
    const text = smallNetwork.replace(
      'sites: [west]',
      'sites: [west]\n    vips: { west: ["2001:db8:16::77"] }',
    )
    expect(load(text).services[0]?.deployments[0]?.vips.map(formatIp)).toEqual([
      '198.51.100.2',
      '2001:db8:16::77',
    ])
  })

  it('gives a service without public endpoints no VIP', () => {
    const text = smallNetwork.replace(/ {8}public:\n.*\n/, '')
    expect(load(text).services[0]?.deployments[0]?.vips).toEqual([])
  })

  it('takes a network without services', () => {
    const { nodes, services } = load(smallNetwork.slice(0, smallNetwork.indexOf('services:')))
    expect(services).toEqual([])
    expect(nodes.some(({ kind }) => kind === 'vm')).toBe(false)
  })

  it('keeps to the order of the contract: outside, then site by site, VMs last', () => {
    const { nodes } = loadNetwork('examples/two-sites/network.yaml').network!
    expect(nodes[0]?.id).toBe('internet')
    const sites = nodes.slice(1).map(({ site }) => site)
    expect(sites.lastIndexOf('west')).toBeLessThan(sites.indexOf('east'))
    const west = nodes.filter(({ site }) => site === 'west').map(({ kind }) => kind)
    expect(west.indexOf('vm')).toBeGreaterThan(west.lastIndexOf('host'))
  })

  it('never throws for a file that cannot be read', () => {
    expect(loadNetwork('missing.yaml').diagnostics).toMatchObject([{ code: 'GL1001' }])
    expect(loadNetwork('.').diagnostics).toMatchObject([{ code: 'GL1001' }])
    expect(parseNetwork(new Uint8Array([0xff, 0xfe, 0])).diagnostics).toMatchObject([{ code: 'GL1003' }])
  })
})

describe('the example', () => {
  it('loads without a warning', () => {
    const { network, diagnostics } = loadNetwork('examples/two-sites/network.yaml')
    expect(diagnostics).toEqual([])
    expect(network?.sites.map(({ name }) => name)).toEqual(['west', 'east'])
    expect(network && nodesOfKind(network, 'west', 'vm')).toHaveLength(12)
  })

  it('has two of everything that must not be single', () => {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    for (const { name } of network!.sites)
      for (const kind of [
        'isp',
        'access-router',
        'balancer',
        'distribution-router',
        'name-server',
        'fabric-controller',
      ] as const)
        expect(nodesOfKind(network!, name, kind).length).toBeGreaterThanOrEqual(2)
  })
})
