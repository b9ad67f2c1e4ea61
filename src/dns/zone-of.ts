/**
 * The public zone of a network. Every address in it is a VIP, so that names lead outsiders to balancers only and show
 * nothing of the inside.
 */
import type { Network } from '../model/index.ts'
import type { Ip } from '../net/index.ts'
import { Type } from './message.ts'
import { type Name, name, nameKey } from './name.ts'
import { type Entry, Zone } from './zone.ts'

/** Seconds. Addresses move when a service is redeployed; servers do not. */
const ttl = Object.freeze({ address: 60, server: 3600, negative: 60 })

export interface ZoneOptions {
  /** Serial number of the SOA. Default 1. */
  readonly serial?: number
}

/**
 * `<dnsName>.<zone>` of each deployment with its VIPs, and for each site's DNS VIPs a name server `ns<N>.<site>.<zone>`.
 * Throws `TypeError` if a name of the network is no domain name.
 */
export function zoneOf(network: Network, { serial = 1 }: ZoneOptions = {}): Zone {
  const apex = name(network.zone)
  const services = network.services.flatMap(({ deployments }) =>
    deployments.map(({ dnsName, vips }) => ({ owner: name(`${dnsName}.${network.zone}`), addresses: vips })),
  )
  const taken = new Set(services.map(({ owner }) => nameKey(owner)))
  const servers = network.sites.flatMap(({ name: site, dnsVips }) =>
    serversOf(`${site}.${network.zone}`, dnsVips, taken),
  )
  const soa: Entry = {
    name: apex,
    type: Type.soa,
    ttl: ttl.server,
    data: {
      kind: 'soa',
      primary: servers[0]?.owner ?? apex,
      mailbox: name(`hostmaster.${network.zone}`),
      serial,
      refresh: 3600,
      retry: 600,
      expire: 604800,
      minimum: ttl.negative,
    },
  }
  const delegations = servers.map(
    ({ owner }): Entry => ({
      name: apex,
      type: Type.ns,
      ttl: ttl.server,
      data: { kind: 'name', name: owner },
    }),
  )
  return Zone(apex, [
    soa,
    ...delegations,
    ...servers.flatMap((server) => addressesOf(server, ttl.server)),
    ...services.flatMap((service) => addressesOf(service, ttl.address)),
  ])
}

interface Host {
  readonly owner: Name
  readonly addresses: readonly Ip[]
}

/** The first VIPs of both families together are `ns1`, and so on; numbers that a service bears are passed over. */
function serversOf(site: string, vips: readonly Ip[], taken: ReadonlySet<string>): Host[] {
  const families = [4, 6].map((family) => vips.filter((vip) => vip.family === family))
  const count = Math.max(...families.map((list) => list.length))
  const free = Array.from({ length: count + taken.size }, (_, index) =>
    name(`ns${index + 1}.${site}`),
  ).filter((owner) => !taken.has(nameKey(owner)))
  return Array.from({ length: count }, (_, index) => ({
    owner: free[index]!,
    addresses: families.flatMap((list) => list.slice(index, index + 1)),
  }))
}

const addressesOf = ({ owner, addresses }: Host, seconds: number): Entry[] =>
  addresses.map((address) => ({
    name: owner,
    type: address.family === 4 ? Type.a : Type.aaaa,
    ttl: seconds,
    data: { kind: 'address', address },
  }))
