/** A network for tests of the lab: one site, every row doubled, two tenants, every kind of machine. */
import { type Network, type Node, nodeById, parseNetwork } from '../../model/index.ts'
import type { Family, Ip } from '../../net/index.ts'

const text = `
network: small
zone: small.example
internal: [10.0.0.0/8, fd67:6c61::/32]
internet: [192.0.2.0/28, 2001:db8:ffff::/64]

templates:
  room:
    isps: 2
    access-routers: 2
    balancers: 2
    distribution-routers: 2
    name-servers: 1
    fabric-controllers: 1
    jump-boxes: 1
    storage-nodes: 1
    activation-servers: 1
    hosts: 2
    infrastructure:
      dns: { category: 1 }
      fabric: { category: 2, clients: [hosts] }
      agent: { category: 2, clients: [fabric-controllers, jump-boxes] }
      storage: { category: 2, clients: [hosts, fabric-controllers] }
      activation: { category: 3, clients: [vms] }
      ssh: { category: 3, dips: [fc1] }

sites:
  lab:
    template: room
    internal:
      routers: [10.1.0.0/24, fd67:6c61:1::/64]
      infrastructure: [10.1.1.0/24, fd67:6c61:1:1::/64]
      hosts: [10.1.2.0/24, fd67:6c61:1:2::/64]
      vms: [10.1.64.0/18, fd67:6c61:1:64::/64]
    public:
      vips: [198.51.100.0/26, 2001:db8:1::/64]
      routers: [198.51.100.64/28, 2001:db8:1:1::/64]
      isps: [198.51.100.80/28, 2001:db8:1:2::/64]

services:
  shop:
    tenant: contoso
    sites: [lab]
    roles:
      web:
        kind: web
        instances: 3
        public:
          http: { protocol: http, port: 80, local-port: 8080 }
      worker:
        kind: worker
        internal:
          orders: { protocol: tcp, port: 9000 }
          stock: { protocol: udp, port: 9001 }
  telemetry:
    tenant: fabrikam
    sites: [lab]
    roles:
      collector:
        kind: worker
        instances: 2
        public:
          readings: { protocol: udp, port: 5140 }
`

/**
 * Throws with the diagnostics if the file is no longer one: then the model has changed and the text has to follow.
 * @param change the file's text, edited
 */
export function smallNetwork(change: (text: string) => string = (same) => same): Network {
  const { network, diagnostics } = parseNetwork(change(text), { file: 'small-network.yaml' })
  if (network) return network
  throw new Error(diagnostics.map(({ message }) => message).join('\n'))
}

/** Throws `TypeError` if there is no such node or it has no such address. */
export function addressOf(network: Network, id: string, family: Family): Ip {
  const address = nodeOf(network, id).addresses.find((candidate) => candidate.family === family)
  if (!address) throw new TypeError(`test: ${id} has no IPv${family} address`)
  return address
}

export function nodeOf(network: Network, id: string): Node {
  const node = nodeById(network, id)
  if (!node) throw new TypeError(`test: there is no node ${id}`)
  return node
}

/** The VIP of a service, or of the name service. */
export function vipOf(network: Network, service: string, family: Family): Ip {
  const vips =
    service === 'names'
      ? network.sites[0]?.dnsVips
      : network.services.find(({ name }) => name === service)?.deployments[0]?.vips
  const vip = vips?.find((candidate) => candidate.family === family)
  if (!vip) throw new TypeError(`test: ${service} has no IPv${family} VIP`)
  return vip
}
