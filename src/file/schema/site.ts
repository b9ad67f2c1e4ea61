/** A site: the template that it is built from, and its address pools. */
import * as v from 'valibot'
import { SiteAvailability, SiteCapacity } from './ratings.ts'
import { address, name, prefixes } from './values.ts'

/** Keeps every check fast, whatever the file. */
export const maxSites = 64

export const Site = v.strictObject({
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
  capacity: SiteCapacity,
  availability: SiteAvailability,
})

export type SiteFile = v.InferOutput<typeof Site>
