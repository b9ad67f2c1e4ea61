/** A role of a service: how many VMs, their endpoints, and the customer's firewall inside them. */
import * as v from 'valibot'
import { InstanceEndpoint, InternalEndpoint, PublicEndpoint } from './endpoint.ts'
import { FilterRules } from './filter-rule.ts'
import { SecurityGroup } from './security-group.ts'
import { count, name } from './values.ts'

/** Keeps every check fast, whatever the file. */
const maxEndpoints = 256

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

export const Role = v.strictObject({
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

export type RoleFile = v.InferOutput<typeof Role>
