/**
 * The network file: what may be written, as one schema. From it come the types, the checks of form, and the JSON
 * Schema that editors use (`schema/network.schema.json`). What names and addresses mean together is checked in `model`.
 */
import * as v from 'valibot'
import { Exceptions, Expectations } from './expectation.ts'
import { Service } from './service.ts'
import { maxSites, Site } from './site.ts'
import { Template } from './template.ts'
import { duration, name, prefixes, tagPattern, zonePattern } from './values.ts'

/** Keeps every check fast, whatever the file. */
const maxGroups = 64

/** Of a group or tag. */
const members = v.pipe(v.array(v.string()), v.maxLength(256))

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
    expect: v.optional(Expectations, []),
    exceptions: v.optional(Exceptions, []),
  })

export const NetworkFile = v.pipe(
  fileWith(1),
  v.title('Glacis network file'),
  v.description('What a production network is: its sites, its addresses, and the services of its tenants.'),
)

/** As {@link NetworkFile}, but there may be no template or no site. */
export const PartialNetworkFile = fileWith(0)

export type NetworkFile = v.InferOutput<typeof NetworkFile>
