/** A small network as text, for tests: one site, IPv4 and IPv6. Replace parts of it to make others. */
export const smallNetwork = `network: small
zone: cloudapp.example
internal: [10.0.0.0/8, fd00::/32]
internet: [192.0.2.0/24, 2001:db8:ffff::/48]
templates:
  datacenter:
    isps: 1
    access-routers: 1
    balancers: 2
    distribution-routers: 1
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
  west:
    template: datacenter
    internal:
      routers: [10.16.0.0/24, fd00:0:16::/64]
      infrastructure: [10.16.1.0/24, fd00:0:16:1::/64]
      hosts: [10.16.2.0/24, fd00:0:16:2::/64]
      vms: [10.16.64.0/18, fd00:0:16:3::/64]
    public:
      vips: [198.51.100.0/26, 2001:db8:16::/64]
      routers: [198.51.100.64/28, 2001:db8:16:1::/64]
      isps: [198.51.100.80/28, 2001:db8:16:2::/64]
services:
  shop:
    tenant: contoso
    sites: [west]
    roles:
      web:
        kind: web
        instances: 3
        public:
          https: { protocol: https, port: 443, local-port: 8443 }
      worker:
        kind: worker
        internal:
          orders: { protocol: tcp, port: 9000 }
`

/** The same with a second site, in which nothing is deployed. */
export const smallTwoSites = smallNetwork.replace(
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
)
