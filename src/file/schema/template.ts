/** What a site is made of: how many machines of each kind, and the firewall rules that all sites of one template share. */
import * as v from 'valibot'
import { FilterRules } from './filter-rule.ts'
import { Infrastructure } from './infrastructure.ts'
import { Limits } from './limits.ts'
import { connectionQuota, flowQuota } from './quotas.ts'
import { TemplateAvailability, TemplateCapacity } from './ratings.ts'
import { SecurityGroup } from './security-group.ts'
import { count, path, port } from './values.ts'

const portOf = (standard: number, description: string) =>
  v.optional(v.pipe(port, v.description(description)), standard)

const Ports = v.strictObject({
  agent: portOf(7443, 'The one port of a host partition. TCP, as all of these.'),
  fabric: portOf(7500, 'Fabric controllers listen here.'),
  storage: portOf(7600, 'Storage nodes listen here.'),
  activation: portOf(1688, 'Activation servers listen here.'),
  ssh: portOf(22, 'Jump boxes listen here.'),
})

export const Template = v.strictObject({
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
  capacity: TemplateCapacity,
  availability: TemplateAvailability,
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

export type TemplateFile = v.InferOutput<typeof Template>
/** What a template counts. */
export type CountedMachine = {
  [Key in keyof TemplateFile]-?: TemplateFile[Key] extends number ? Key : never
}[keyof TemplateFile]
