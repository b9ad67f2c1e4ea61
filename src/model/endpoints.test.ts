import { describe, expect, it } from 'vitest'
import { formatIp } from '../net/index.ts'
import { virtualEndpoints } from './endpoints.ts'
import { loadNetwork } from './load.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network!
const endpoints = virtualEndpoints(network).filter(({ site }) => site === 'west')
const find = (vip: string, protocol: number, port: number) =>
  endpoints.find((e) => formatIp(e.vip) === vip && e.protocol === protocol && e.port === port)

describe('virtualEndpoints', () => {
  it('are the public endpoints at the VIPs of both families, those of instances, and the name service', () => {
    const keys = endpoints.map((e) => `${formatIp(e.vip)} ${e.protocol} ${e.port}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toHaveLength(2 * (2 + 2 + 2 + 1 + 3 + 2))
  })

  it('lead to the local port of every VM of the role, of the same family', () => {
    const { backends, owner, at } = find('2001:db8:16::2', 6, 443)!
    expect(backends.map((b) => `${b.node} ${formatIp(b.address)} ${b.port}`)).toEqual([
      'west/shop-web-0 fd67:6c61:16:64::1 8443',
      'west/shop-web-1 fd67:6c61:16:64::2 8443',
    ])
    expect(owner).toMatchObject({
      kind: 'service',
      service: 'shop',
      tenant: 'contoso',
      role: 'web',
      endpoint: 'https',
    })
    expect(at.file).toMatch(/network\.yaml$/)
  })

  it('of the name service lead to the name servers over both protocols', () => {
    for (const protocol of [6, 17])
      expect(find('198.51.100.1', protocol, 53)?.backends.map(({ node }) => node)).toEqual([
        'west/ns1',
        'west/ns2',
      ])
  })

  it('of an imported service point into its definition', () => {
    expect(find('198.51.100.3', 6, 91)?.at).toMatchObject({
      file: expect.stringMatching(/\.csdef$/),
      line: 17,
      column: 7,
    })
  })

  it('have no internal endpoint among them', () => {
    expect(endpoints.some(({ port }) => port === 9000 || port === 11111)).toBe(false)
  })
})
