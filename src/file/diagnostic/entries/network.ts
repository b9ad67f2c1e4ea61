/** GL200x to GL204x: what the addresses, endpoints, services and names of a network file mean together. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const networkEntries = {
  GL2001: entry(
    'reference to nothing',
    'A name refers to a template, site or endpoint that is not in the file.',
    'Names are case-sensitive.',
  ),
  GL2002: entry(
    'pool exhausted',
    'An address pool has fewer addresses than its machines need. Every address that is not written out is assigned from the pool of its kind, in order.',
    'Of a prefix, the first address is not used, and in IPv4 not the last one either, unless it has only one or two. `vips` also holds the VIP of the name service and an egress address for each balancer.',
  ),
  GL2003: entry(
    'no host for the virtual machines',
    'A service is deployed in a site whose template has no hosts.',
  ),
  GL2004: entry(
    'VIP outside its pool',
    'Access routers let in traffic to the VIP pool of their site and to nothing else; a VIP outside it could never be reached.',
  ),
  GL2005: entry(
    'given twice',
    'A VIP, a site in a list, an endpoint of a role, or a role of a definition is given twice.',
  ),
  GL2010: entry(
    'address family missing',
    "The families of the network's `internal` prefixes are those of the network. Each pool needs a prefix of each of them, so that every machine has an address of each, and no other.",
  ),
  GL2011: entry(
    'pool outside the internal prefixes',
    "Internal pools lie within the network's `internal` prefixes: these are what is kept from showing itself outside. A pool elsewhere would not be protected.",
  ),
  GL2012: entry(
    'public prefix inside the internal prefixes',
    'Traffic to the `internal` prefixes is dropped at the perimeter, so nothing public can lie within them.',
  ),
  GL2013: entry(
    'overlapping prefixes',
    'Two pools hold the same addresses, so that a packet could belong to either. All pools of all sites, and `internet`, are disjoint.',
  ),
  GL2014: entry(
    'addresses that machines cannot have',
    'Loopback, link-local, multicast and reserved addresses (RFC 6890, RFC 4291) cannot be those of a machine.',
  ),
  GL2015: entry(
    'network too large',
    'The network would have more machines or links than Glacis handles on one machine: 300,000 machines, 1,500,000 links between fixed ones.',
  ),
  GL2020: entry(
    'port of a VIP taken',
    'All roles of a service share its VIP, so that a protocol and port of it can belong to one endpoint only. TCP and UDP are apart.',
  ),
  GL2021: entry(
    'port of a VM taken',
    'Two endpoints of one role use the same protocol and port of its VMs. A public endpoint can keep its port at the VIP and have another `local-port`.',
  ),
  GL2022: entry(
    'reserved port',
    'VMs get their addresses by DHCP and DHCPv6, which use the UDP ports 67, 68, 546 and 547.',
  ),
  GL2023: entry(
    'restriction of the wrong kind',
    'Which roles may use an endpoint can be said of internal endpoints; which outside sources may use it, of those at the VIP. The role rules are asked at the VM, access lists at the balancer.',
  ),
  GL2024: entry(
    'too few ports for the instances',
    'Each instance of a role has its own port of the VIP for such an endpoint. The range has fewer ports than there are instances.',
  ),
  GL2025: entry(
    'endpoint contradicts itself',
    'Two keys of an endpoint do not fit together: a port beside the protocol `any`, a range that ends before it begins, an entry of an access list that both allows and denies.',
  ),
  GL2026: entry(
    'too many access rules',
    'Balancers ask access lists rule by rule, and their programs have a bound. In a site, all rules of all lists, each counted for every endpoint that the list is put on, are 1,500 at most; Azure allows 25 endpoints with 50 rules each in a service.',
  ),
  GL2030: entry(
    'name too long',
    'VMs are named `<service>-<role>-<number>`; as this is a DNS label, it has at most 63 characters (RFC 1035).',
  ),
  GL2031: entry(
    'machines of the same name',
    'Two roles lead to the same VM names: service `a` with role `b-c`, and service `a-b` with role `c`.',
  ),
  GL2032: entry(
    'name of a machine',
    'The service would have the DNS name of one of the machines of a site, such as `ns1.west`.',
  ),
  GL2040: entry(
    'service without roles, or with two sets',
    'A service has its roles either in the network file, under `roles`, or in a service definition, under `service` or `import`.',
  ),
  GL2041: entry(
    'VIP without a public endpoint',
    'VIPs are given to a service of which nothing is public: nothing would answer there.',
  ),
  GL2042: entry('two addresses of one family', 'A service has one VIP of each family in each site.'),
  GL2043: entry('template not used', 'No site is built from the template. This is only a warning.'),
} as const satisfies Record<string, DiagnosticEntry>
