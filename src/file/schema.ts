/**
 * The network file: what may be written, as one schema. From it come the types, the checks of form, and the JSON
 * Schema that editors use (`schema/network.schema.json`). What names and addresses mean together is checked in `model`.
 */
import * as v from 'valibot'
import { parseIp, parsePrefix } from '../net/index.ts'

/** A DNS label (RFC 1035 section 2.3.1) in lower case that begins with a letter. */
export const namePattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A domain name of at least two labels, in lower case, without trailing dot. */
export const zonePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const name = v.pipe(v.string(), v.regex(namePattern, 'a name'))
const address = v.pipe(
  v.string(),
  v.check((text) => parseIp(text) !== undefined, 'an address'),
)
const prefix = v.pipe(
  v.string(),
  v.check((text) => parsePrefix(text) !== undefined, 'a prefix'),
)
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))

const count = (minimum: number, maximum: number, description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum), v.description(description))

const prefixes = (description: string) => v.pipe(v.array(prefix), v.minLength(1), v.description(description))

const Ports = v.strictObject({
  agent: v.optional(v.pipe(port, v.description('The one port of a host partition.')), 7443),
  fabric: v.optional(v.pipe(port, v.description('Fabric controllers listen here.')), 7500),
  storage: v.optional(v.pipe(port, v.description('Storage nodes listen here.')), 7600),
  activation: v.optional(v.pipe(port, v.description('Activation servers listen here.')), 1688),
  ssh: v.optional(v.pipe(port, v.description('Jump boxes listen here.')), 22),
})

const Template = v.strictObject({
  isps: count(1, 8, 'Internet service providers that each site is connected to.'),
  'access-routers': count(1, 16, 'Routers at the perimeter, towards the providers.'),
  balancers: count(
    1,
    16,
    'Load balancers behind the access routers: the only nodes that take traffic to VIPs.',
  ),
  'distribution-routers': count(1, 16, 'Routers between the balancers and the machines of the site.'),
  'name-servers': count(1, 16, 'Name servers of the site.'),
  'fabric-controllers': count(1, 16, 'Controllers that program the hosts.'),
  'jump-boxes': count(0, 16, 'Machines from which staff reach the host partitions.'),
  'storage-nodes': count(0, 256, 'Native hosts (no hypervisor) that store data.'),
  'activation-servers': count(0, 16, 'Servers at which the operating systems of VMs are activated.'),
  hosts: count(0, 20_000, 'Hypervisor hosts, which carry the VMs.'),
  ports: v.optional(v.pipe(Ports, v.description('Where the infrastructure listens.')), {}),
})

const Site = v.strictObject({
  template: v.pipe(name, v.description('Name of the template that the site is built from.')),
  internal: v.strictObject({
    routers: prefixes('Own addresses of access routers, balancers and distribution routers.'),
    infrastructure: prefixes(
      'Name servers, fabric controllers, jump boxes, storage nodes, activation servers.',
    ),
    hosts: prefixes('Host partitions.'),
    vms: prefixes('Virtual machines: their DIPs.'),
  }),
  public: v.strictObject({
    vips: prefixes('VIPs of services and of the name service, and egress addresses of balancers.'),
    routers: prefixes('Public addresses of the access routers.'),
    isps: prefixes('Addresses of the providers’ routers.'),
    dns: v.optional(v.pipe(v.array(address), v.description('VIPs of the name service; assigned if absent.'))),
  }),
})

const Endpoint = v.strictObject({
  protocol: v.pipe(
    v.picklist(['https', 'http', 'tcp', 'udp']),
    v.description('What is spoken; `http` and `https` are over TCP.'),
  ),
  port: v.pipe(port, v.description('Port at the VIP, or of an internal endpoint.')),
  'local-port': v.optional(v.pipe(port, v.description('Port on the VM, if it differs.'))),
})

const Role = v.strictObject({
  kind: v.picklist(['web', 'worker']),
  instances: v.optional(count(1, 10_000, 'VMs of this role in each site.'), 1),
  public: v.optional(v.record(name, Endpoint), {}),
  internal: v.optional(v.record(name, Endpoint), {}),
})

const Service = v.strictObject({
  tenant: v.pipe(name, v.description('Whose deployment it is.')),
  sites: v.pipe(v.array(name), v.minLength(1), v.description('Where it is deployed.')),
  vips: v.optional(
    v.pipe(
      v.record(name, v.array(address)),
      v.description('VIPs by site; assigned from the pool if absent.'),
    ),
    {},
  ),
  roles: v.optional(v.record(name, Role)),
  import: v.optional(v.strictObject({ definition: v.string(), configuration: v.string() })),
})

export const NetworkFile = v.strictObject({
  network: v.pipe(name, v.description('Name of the network.')),
  zone: v.pipe(v.string(), v.regex(zonePattern, 'a zone'), v.description('DNS zone of the service names.')),
  internal: prefixes('All addresses inside the sites; never seen outside.'),
  internet: prefixes('Addresses of the machine that plays the Internet.'),
  templates: v.record(name, Template),
  sites: v.record(name, Site),
  services: v.optional(v.record(name, Service), {}),
})

export type NetworkFile = v.InferOutput<typeof NetworkFile>
export type TemplateFile = v.InferOutput<typeof Template>
export type SiteFile = v.InferOutput<typeof Site>
export type ServiceFile = v.InferOutput<typeof Service>
export type RoleFile = v.InferOutput<typeof Role>
export type EndpointFile = v.InferOutput<typeof Endpoint>
