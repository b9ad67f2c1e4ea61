/**
 * The network file: what may be written, as one schema. From it come the types, the checks of form, and the JSON
 * Schema that editors use (`schema/network.schema.json`). What names and addresses mean together is checked in `model`.
 */
import * as v from 'valibot'
import { parseIp, parsePrefix } from '../net/index.ts'
import { parseDuration } from './duration.ts'
import { FilterRules } from './filter-rule.ts'
import { Limits } from './limit-schema.ts'
import { connectionQuota, flowQuota } from './quotas.ts'

/** A DNS label (RFC 1035 section 2.3.1) in lower case that begins with a letter. */
export const namePattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A domain name of at least two labels, in lower case, without trailing dot; at most 190 characters. */
export const zonePattern =
  /^(?=.{3,190}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Name of an Azure service tag, such as `Storage.WestEurope`. */
export const tagPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,79}$/

// Limits that keep every check fast whatever the file; no network that fits the others needs more.
export const maxSites = 64
const maxGroups = 64
const maxEndpoints = 256

// The messages name the form that a value lacks; `form-mistake.ts` makes sentences of them.
const name = v.pipe(v.string(), v.regex(namePattern, 'name'))
const address = v.pipe(
  v.string(),
  v.check((text) => parseIp(text) !== undefined, 'address'),
)
const prefix = v.pipe(
  v.string(),
  v.check((text) => text.includes('/') && parsePrefix(text) !== undefined, 'prefix'),
)
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))
const duration = v.pipe(
  v.string(),
  v.check((text) => parseDuration(text) !== undefined, 'duration'),
)
const path = v.pipe(v.string(), v.minLength(1))

/** A group of Azure, in a file of Azure's. */
const SecurityGroup = v.pipe(
  v.union(
    [
      path,
      v.strictObject({
        file: v.pipe(path, v.description('Path of the JSON file, from the directory of this file.')),
        name: v.optional(v.pipe(v.string(), v.description('Which of several groups in the file.'))),
        parameters: v.optional(
          v.pipe(path, v.description('Parameter file of the template, as for a deployment.')),
        ),
      }),
    ],
    'file or group',
  ),
  v.description(
    'A network security group: a template or parameter file of Azure, or what `az network nsg show` prints. See `docs/guide/network-security-groups.md`.',
  ),
  v.examples(['web-nsg.json', { file: 'azuredeploy.json', name: 'web-nsg' }]),
)

/** Of a group or tag. */
const members = v.pipe(v.array(v.string()), v.maxLength(256))

const prefixes = (description: string, ...examples: string[]) =>
  v.pipe(v.array(prefix), v.minLength(1), v.maxLength(16), v.description(description), v.examples([examples]))

const count = (minimum: number, maximum: number, description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum), v.description(description))

const portOf = (standard: number, description: string) =>
  v.optional(v.pipe(port, v.description(description)), standard)

const Ports = v.strictObject({
  agent: portOf(7443, 'The one port of a host partition. TCP, as all of these.'),
  fabric: portOf(7500, 'Fabric controllers listen here.'),
  storage: portOf(7600, 'Storage nodes listen here.'),
  activation: portOf(1688, 'Activation servers listen here.'),
  ssh: portOf(22, 'Jump boxes listen here.'),
})

/** A machine or an address: `fc1`, `west/jump1`, `10.16.1.7`. */
const machine = v.pipe(
  v.string(),
  v.check(
    (text) => parseIp(text) !== undefined || text.split('/').every((part) => namePattern.test(part)),
    'machine',
  ),
)

/** Kinds of machines as clients of an infrastructure service, by the words that templates count them with. */
export const infrastructureClientKinds = [
  'name-servers',
  'fabric-controllers',
  'jump-boxes',
  'storage-nodes',
  'activation-servers',
  'hosts',
  'vms',
] as const

// That the category is there is checked in `model`, where the remedy can say which ones fit.
const infrastructureService = (description: string) =>
  v.optional(
    v.pipe(
      v.strictObject({
        category: v.optional(
          count(
            1,
            3,
            '1: exposed behind the balancers. 2: a limited set of addresses, mutually authenticated (mTLS). 3: enumerated internal addresses only.',
          ),
        ),
        clients: v.optional(
          v.pipe(
            v.array(v.picklist(infrastructureClientKinds)),
            v.maxLength(infrastructureClientKinds.length),
            v.description('Kinds of machines of the same site that may connect.'),
          ),
          [],
        ),
        dips: v.optional(
          v.pipe(
            v.array(machine),
            v.maxLength(256),
            v.description(
              'Machines that may connect, one by one: internal addresses, or names (`fc1` of the same site, `west/jump1` of any).',
            ),
            v.examples([['fc1', 'west/jump1', '10.16.1.7']]),
          ),
          [],
        ),
      }),
      v.description(description),
    ),
  )

const Infrastructure = v.strictObject({
  dns: infrastructureService('Name servers.'),
  fabric: infrastructureService('Fabric controllers.'),
  agent: infrastructureService('The agent in each host partition.'),
  storage: infrastructureService('Storage nodes.'),
  activation: infrastructureService('Activation servers.'),
  ssh: infrastructureService('Jump boxes.'),
})

const Template = v.strictObject({
  isps: count(1, 8, 'Internet service providers that each site is connected to.'),
  'access-routers': count(1, 16, 'Routers at the perimeter, towards the providers: ar1, ar2, …'),
  balancers: count(
    1,
    16,
    'Load balancers behind the access routers, which alone take traffic to VIPs: lb1, …',
  ),
  'distribution-routers': count(1, 16, 'Routers between the balancers and the machines of the site: dr1, …'),
  'name-servers': count(1, 16, 'Name servers of the site: ns1, …'),
  'fabric-controllers': count(1, 16, 'Controllers that program the hosts: fc1, …'),
  'jump-boxes': count(0, 16, 'Machines from which staff reach the host partitions: jump1, …'),
  'storage-nodes': count(0, 256, 'Native hosts, without hypervisor, that store data: storage1, …'),
  'activation-servers': count(0, 16, 'Servers that activate the operating systems of VMs: activation1, …'),
  hosts: count(0, 20_000, 'Hypervisor hosts, which carry the VMs: host1, …'),
  'flows-per-vm': v.optional(
    count(
      flowQuota.least,
      flowQuota.most,
      'Flows that the filter of a VM, or of a host partition, remembers of each family: none takes the room of another.',
    ),
    flowQuota.standard,
  ),
  'connections-per-vm': v.optional(
    count(
      connectionQuota.least,
      connectionQuota.most,
      'Connections that a VM may have through each balancer of its site, outward and to VIPs of its own site, of each family.',
    ),
    connectionQuota.standard,
  ),
  ports: v.optional(
    v.pipe(Ports, v.description('Where the infrastructure listens; all have standard values.')),
    {},
  ),
  'machine-config': v.optional(
    v.pipe(
      path,
      v.description(
        'File of rules for what VMs may send, from the directory of this file; without it the product’s own: `docs/guide/rules.md`.',
      ),
    ),
  ),
  'host-config': v.optional(
    v.pipe(path, v.description('File of rules for the host partitions, as `machine-config`.')),
  ),
  'platform-acl': v.optional(
    v.pipe(path, v.description('File of rules of the access routers, as `machine-config`: abused services.')),
  ),
  acl: v.optional(
    v.pipe(
      v.union([path, v.strictObject({ nsg: SecurityGroup })], 'file or group'),
      v.description(
        'File of the operator’s own rules at the access routers; a `.json` file, or `nsg`, is a network security group of Azure.',
      ),
      v.examples(['operator.yaml', 'operator-nsg.json', { nsg: { file: 'azuredeploy.json', name: 'edge' } }]),
    ),
  ),
  'acl-rules': v.optional(v.pipe(FilterRules, v.description('As the rules of `acl`, written here.'))),
  limits: v.optional(
    v.pipe(
      Limits,
      v.description(
        'Rate limits at each access router, asked in the order in which they are written. None if left out.',
      ),
    ),
    {},
  ),
  audit: v.optional(
    v.pipe(
      v.array(v.string()),
      v.maxLength(64),
      v.description(
        'Tiers in audit mode, as `KIND/TIER`, and default denials, as `KIND/default`: they count and report what they would deny, and let it pass.',
      ),
      v.examples([['host/host-config', 'hypervisor/default']]),
    ),
    [],
  ),
  infrastructure: v.optional(
    v.pipe(
      Infrastructure,
      v.description(
        'The firewall category of each infrastructure service. Every service that the template has machines for states one.',
      ),
    ),
    {},
  ),
})

const Site = v.strictObject({
  template: v.pipe(name, v.description('Name of the template that the site is built from.')),
  internal: v.pipe(
    v.strictObject({
      routers: prefixes(
        'Own addresses of access routers, balancers and distribution routers.',
        '10.16.0.0/24',
      ),
      infrastructure: prefixes(
        'Name servers, fabric controllers, jump boxes, storage nodes, activation servers.',
        '10.16.1.0/24',
      ),
      hosts: prefixes('Host partitions.', '10.16.2.0/24'),
      vms: prefixes('Virtual machines: their DIPs.', '10.16.64.0/18', 'fd00:16:64::/64'),
    }),
    v.description('Address pools inside the site. Each lies within the network’s `internal` prefixes.'),
  ),
  public: v.pipe(
    v.strictObject({
      vips: prefixes(
        'VIPs of services and of the name service, and egress addresses of balancers.',
        '198.51.100.0/26',
      ),
      routers: prefixes('Public addresses of the access routers.', '198.51.100.64/28'),
      isps: prefixes('Addresses of the providers’ routers.', '198.51.100.80/28'),
      dns: v.optional(
        v.pipe(
          v.array(address),
          v.minLength(1),
          v.maxLength(2),
          v.description('VIPs of the name service; assigned if left out.'),
        ),
      ),
    }),
    v.description('Address pools seen from outside.'),
  ),
})

const spoken = ['https', 'http', 'tcp', 'udp'] as const

const protocol = v.pipe(v.picklist(spoken), v.description('What is spoken. `http` and `https` are over TCP.'))

const localPort = v.optional(v.pipe(port, v.description('Port on the VM, where it differs from `port`.')))

const AccessRule = v.strictObject({
  allow: v.optional(prefixes('Sources that are let in.', '203.0.113.0/24')),
  deny: v.optional(prefixes('Sources that are kept out.', '203.0.113.7/32')),
})

const acl = v.optional(
  v.pipe(
    v.array(AccessRule),
    v.minLength(1),
    v.maxLength(256),
    v.description(
      'Which sources may use the endpoint at its VIP. The first that matches decides; what none matches is denied if there is any `allow`, else let in.',
    ),
  ),
)

const PublicEndpoint = v.strictObject({
  protocol,
  port: v.pipe(port, v.description('Port of the VIP.')),
  'local-port': localPort,
  acl,
})

const InstanceEndpoint = v.strictObject({
  protocol,
  port: v.pipe(
    port,
    v.description('Port of the VIP that leads to instance 0; the next one leads to the next.'),
  ),
  'last-port': v.pipe(port, v.description('Last port of the VIP that is kept for instances.')),
  'local-port': v.pipe(port, v.description('Port on the VMs.')),
  acl,
})

const InternalEndpoint = v.strictObject({
  protocol: v.pipe(
    v.picklist([...spoken, 'tcp-udp', 'any']),
    v.description('What is spoken: `tcp-udp` is both on the same ports, `any` every protocol on every port.'),
  ),
  port: v.optional(v.pipe(port, v.description('Port of the VM. Left out with `any` alone.'))),
  'last-port': v.optional(v.pipe(port, v.description('Last port of a range that begins at `port`.'))),
  'local-port': localPort,
  from: v.optional(
    v.pipe(
      v.array(name),
      v.maxLength(256),
      v.description('Roles of the service whose VMs may use it; all of them if left out, none if empty.'),
    ),
  ),
})

const Guest = v.strictObject({
  rules: v.optional(
    v.pipe(
      FilterRules,
      v.description(
        'The first that matches decides; what none matches is denied inward, and outward see `outbound`.',
      ),
    ),
  ),
  outbound: v.optional(
    v.pipe(
      v.picklist(['allow', 'deny']),
      v.description('What becomes of packets that the VM sends and no rule matches; allow if left out.'),
    ),
  ),
  nsg: v.optional(SecurityGroup),
})

const Role = v.strictObject({
  kind: v.pipe(
    v.picklist(['web', 'worker']),
    v.description('A web role serves the public; a worker role does the work behind it.'),
  ),
  instances: v.optional(count(1, 10_000, 'VMs of this role in each site.'), 1),
  public: v.optional(
    v.pipe(
      v.record(name, PublicEndpoint),
      v.maxEntries(maxEndpoints),
      v.description('Endpoints behind the VIP, open to all, by name.'),
    ),
    {},
  ),
  'instance-endpoints': v.optional(
    v.pipe(
      v.record(name, InstanceEndpoint),
      v.maxEntries(maxEndpoints),
      v.description('Endpoints behind the VIP of which each instance has its own port there, by name.'),
    ),
    {},
  ),
  internal: v.optional(
    v.pipe(
      v.record(name, InternalEndpoint),
      v.maxEntries(maxEndpoints),
      v.description('Endpoints open to VMs of the same service, by name.'),
    ),
    {},
  ),
  guest: v.optional(
    v.pipe(
      Guest,
      v.description(
        "The customer's firewall inside each VM, beside the hypervisor's filter and independent of it.",
      ),
    ),
  ),
})

const Import = v.strictObject({
  definition: v.pipe(path, v.description('Path of the `.csdef` file, from the directory of this file.')),
  configuration: v.pipe(path, v.description('Path of the `.cscfg` file, from the directory of this file.')),
})

const Service = v.strictObject({
  tenant: v.pipe(name, v.description('Whose deployment it is.')),
  sites: v.pipe(
    v.array(name),
    v.minLength(1),
    v.maxLength(maxSites),
    v.description('Sites where it is deployed.'),
  ),
  vips: v.optional(
    v.pipe(
      v.record(name, v.pipe(v.array(address), v.minLength(1), v.maxLength(2))),
      v.description('VIPs by site, at most one of each family; assigned from the pool if left out.'),
      v.examples([{ west: ['198.51.100.40', '2001:db8:16::40'] }]),
    ),
    {},
  ),
  roles: v.optional(v.pipe(v.record(name, Role), v.description('Groups of identical VMs, by name.'))),
  import: v.optional(
    v.pipe(Import, v.description('An Azure Cloud Service to take the roles from, instead of `roles`.')),
  ),
  service: v.optional(
    v.pipe(
      path,
      v.description(
        'As `import`: path of the `.csdef` file. The configuration is `ServiceConfiguration.Cloud.cscfg` or `ServiceConfiguration.cscfg` beside it.',
      ),
    ),
  ),
  configuration: v.optional(v.pipe(path, v.description('With `service`: path of another `.cscfg` file.'))),
})

/** `entries`: how many templates and sites there must be; 0 to look at what is left of a file with mistakes. */
const fileWith = (entries: 0 | 1) =>
  v.strictObject({
    network: v.pipe(name, v.description('Name of the network.')),
    zone: v.pipe(
      v.string(),
      v.regex(zonePattern, 'zone'),
      v.description('DNS zone of the service names: `<service>.<site>.<zone>`.'),
      v.examples(['cloudapp.example']),
    ),
    internal: prefixes(
      'Prefixes of all addresses inside the sites, never seen outside. Their families are those of the network.',
      '10.0.0.0/8',
      'fd67:6c61::/32',
    ),
    internet: prefixes('Addresses of the machine outside all sites that plays the Internet.', '192.0.2.0/24'),
    templates: v.pipe(
      v.record(name, Template),
      v.minEntries(entries),
      v.description('What a site is made of, by name of the template.'),
    ),
    sites: v.pipe(
      v.record(name, Site),
      v.minEntries(entries),
      v.maxEntries(maxSites),
      v.description('Sites by name.'),
    ),
    support: v.optional(
      v.pipe(
        v.strictObject({
          longest: v.optional(
            v.pipe(
              duration,
              v.description('The longest time for which access is granted, such as `30m` or `8h`.'),
            ),
            '8h',
          ),
        }),
        v.description('Access of staff to host partitions: `glacis access`.'),
      ),
      {},
    ),
    services: v.optional(
      v.pipe(v.record(name, Service), v.description('Deployments of tenants by name.')),
      {},
    ),
    groups: v.optional(
      v.pipe(
        v.record(name, members),
        v.maxEntries(maxGroups),
        v.description('Names for sets of addresses, to be used in rules: prefixes, addresses, other names.'),
        v.examples([{ partners: ['192.0.2.0/24', '2001:db8::/48'] }]),
      ),
      {},
    ),
    tags: v.optional(
      v.pipe(
        v.record(v.pipe(v.string(), v.regex(tagPattern, 'tag')), members),
        v.maxEntries(maxGroups),
        v.description(
          'What service tags of Azure mean here; VirtualNetwork, Internet and AzureLoadBalancer have a meaning without.',
        ),
        v.examples([{ Storage: ['10.16.1.64/26'] }]),
      ),
      {},
    ),
  })

export const NetworkFile = v.pipe(
  fileWith(1),
  v.title('Glacis network file'),
  v.description('What a production network is: its sites, its addresses, and the services of its tenants.'),
)

/** As {@link NetworkFile}, but there may be no template or no site. */
export const PartialNetworkFile = fileWith(0)

export type NetworkFile = v.InferOutput<typeof NetworkFile>
export type TemplateFile = v.InferOutput<typeof Template>
/** What a template counts. */
export type CountedMachine = {
  [Key in keyof TemplateFile]-?: TemplateFile[Key] extends number ? Key : never
}[keyof TemplateFile]
export type SiteFile = v.InferOutput<typeof Site>
export type ServiceFile = v.InferOutput<typeof Service>
export type RoleFile = v.InferOutput<typeof Role>
export type PublicEndpointFile = v.InferOutput<typeof PublicEndpoint>
export type InstanceEndpointFile = v.InferOutput<typeof InstanceEndpoint>
export type InternalEndpointFile = v.InferOutput<typeof InternalEndpoint>
export type AccessRuleFile = v.InferOutput<typeof AccessRule>
