/** A deployment of a tenant: where it runs, its VIPs, and its roles or the Azure Cloud Service to take them from. */
import * as v from 'valibot'
import { Demands, Target } from './ratings.ts'
import { Role } from './role.ts'
import { maxSites } from './site.ts'
import { address, name, path } from './values.ts'

const Import = v.strictObject({
  definition: v.pipe(path, v.description('Path of the `.csdef` file, from the directory of this file.')),
  configuration: v.pipe(path, v.description('Path of the `.cscfg` file, from the directory of this file.')),
})

export const Service = v.strictObject({
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
  demand: Demands,
  availability: Target,
  configuration: v.optional(v.pipe(path, v.description('With `service`: path of another `.cscfg` file.'))),
})

export type ServiceFile = v.InferOutput<typeof Service>
