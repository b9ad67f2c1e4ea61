import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { formatIp, ip, prefixContains } from '../net/index.ts'
import { Type } from './message.ts'
import { name, nameKey } from './name.ts'
import { zoneOf } from './zone-of.ts'

const example = loadNetwork(fileURLToPath(new URL('../../examples/two-sites/network.yaml', import.meta.url)))
  .network!
const zone = zoneOf(example)

const addresses = (owner: string, of = zone) => {
  const sets = of.names.get(nameKey(name(owner)))
  return [...(sets?.get(Type.a) ?? []), ...(sets?.get(Type.aaaa) ?? [])].map(({ data }) =>
    data.kind === 'address' ? formatIp(data.address) : data.kind,
  )
}

describe('zone of the example network', () => {
  it('has each service at its VIPs', () => {
    const deployments = example.services.flatMap((service) => service.deployments)
    expect(deployments.length).toBeGreaterThan(2)
    for (const { dnsName, vips } of deployments)
      expect(addresses(`${dnsName}.${example.zone}`)).toEqual(vips.map(formatIp))
  })
  it('has a name server at each DNS VIP', () => {
    for (const site of example.sites)
      expect(addresses(`ns1.${site.name}.${example.zone}`)).toEqual(site.dnsVips.map(formatIp))
    const servers = zone.names.get(nameKey(zone.apex))?.get(Type.ns)
    expect(servers).toHaveLength(example.sites.length)
  })
  it('points nowhere but to VIPs', () => {
    const vips = example.sites.flatMap((site) => site.public.vips)
    const shown = [...zone.names.values()].flatMap((sets) => [...sets.values()].flat())
    const all = shown.flatMap(({ data }) => (data.kind === 'address' ? [data.address] : []))
    expect(all.length).toBeGreaterThan(0)
    for (const address of all) {
      expect(vips.some((prefix) => prefixContains(prefix, address))).toBe(true)
      expect(example.internal.some((prefix) => prefixContains(prefix, address))).toBe(false)
    }
  })
  it('is the same each time, but for the serial', () => {
    expect(zoneOf(example)).toEqual(zone)
    expect(zoneOf(example, { serial: 9 }).soa.data.serial).toBe(9)
  })
})

describe('zone of odd networks', () => {
  const site = {
    ...example.sites[0]!,
    name: 'west',
    dnsVips: ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map(ip),
  }
  const service = {
    ...example.services[0]!,
    deployments: [{ site: 'west', dnsName: 'NS1.west', vips: [ip('192.0.2.9')] }],
  }
  const odd: Network = { ...example, sites: [site], services: [service] }

  it('name servers take no name that a service has', () => {
    const zone = zoneOf(odd)
    expect(addresses(`ns1.west.${example.zone}`, zone)).toEqual(['192.0.2.9'])
    expect(addresses(`ns2.west.${example.zone}`, zone)).toEqual(['192.0.2.1', '2001:db8::1'])
    expect(addresses(`ns3.west.${example.zone}`, zone)).toEqual(['192.0.2.2'])
  })
  it('a service without VIPs has no name, a site without DNS VIPs no server', () => {
    const bare = { ...service, deployments: [{ site: 'west', dnsName: 'a.west', vips: [] }] }
    const zone = zoneOf({ ...odd, sites: [{ ...site, dnsVips: [] }], services: [bare] })
    expect([...zone.names.keys()]).toEqual([nameKey(zone.apex)])
  })
  it('a name that is none is refused', () => {
    expect(() => zoneOf({ ...odd, zone: 'a..b' })).toThrow("parse name: 'a..b' is not a domain name")
  })
})
