/** What elements can bear, and how often they are there; what services are asked for, and what is promised of them. */
import * as v from 'valibot'
import { parseAvailability, parseSpan } from '../availability.ts'
import { parseRate } from '../rate.ts'
import { count } from './values.ts'

const rate = v.pipe(
  v.string(),
  v.check((text) => parseRate(text) !== undefined, 'rate'),
)

const bits = v.pipe(
  v.string(),
  v.check((text) => {
    const parsed = parseRate(text)
    return parsed?.bits !== undefined && parsed.packets === undefined
  }, 'bits'),
)

const percent = v.pipe(
  v.string(),
  v.check((text) => parseAvailability(text) !== undefined, 'availability'),
)

const span = v.pipe(
  v.string(),
  v.check((text) => parseSpan(text) !== undefined, 'span'),
)

const availability = v.union(
  [
    percent,
    v.strictObject({
      mtbf: v.pipe(span, v.description('Mean time from a repair to the next failure: `5y`, `4000h`.')),
      mttr: v.pipe(span, v.description('Mean time from a failure to its repair: `4h`, `30m`.')),
    }),
  ],
  'availability or times',
)

/** What stands for each kind, in the words of the schema. */
const kinds = {
  isps: 'each provider',
  'access-routers': 'each access router',
  balancers: 'each balancer',
  'distribution-routers': 'each distribution router',
  'name-servers': 'each name server',
  'fabric-controllers': 'each fabric controller',
  'jump-boxes': 'each jump box',
  'storage-nodes': 'each storage node',
  'activation-servers': 'each activation server',
  hosts: 'each host',
  peerings: 'each link from the Internet to a provider, and from a provider to an access router',
  links: 'each link inside the site',
  'wide-area': 'each link to another site',
}

const byKind = <Schema extends v.GenericSchema>(of: Readonly<Record<string, string>>, schema: Schema) =>
  v.strictObject(
    Object.fromEntries(
      Object.entries(of).map(([kind, text]) => [
        kind,
        v.optional(v.pipe(schema, v.description(`Of ${text}.`))),
      ]),
    ),
  )

const ofKinds = (of: string): string =>
  `${of} of each machine and link of a kind. \`links\` are those inside the site, \`peerings\` those of providers, \`wide-area\` those to other sites.`

export const TemplateCapacity = v.optional(
  v.pipe(
    byKind(kinds, rate),
    v.description(
      `${ofKinds('What is at most carried by')} Links and providers carry it each way, all others both ways together. Nothing is said of the load of a kind that is left out.`,
    ),
    v.examples([{ balancers: '20 Gbit/s, 4 Mpps', links: '10 Gbit/s' }]),
  ),
  {},
)

export const TemplateAvailability = v.optional(
  v.pipe(
    byKind({ ...kinds, site: 'the site as a whole' }, availability),
    v.description(
      `${ofKinds('How much of the time is lived through by')} \`site\` is the site as a whole: its power, its building. Kinds that are left out have standard values.`,
    ),
    v.examples([{ isps: '99.9%', hosts: { mtbf: '2y', mttr: '4h' } }]),
  ),
  {},
)

/** `ar2`, `ar1:lb1`, `site`. */
const byElement = <Schema extends v.GenericSchema>(schema: Schema, description: string) =>
  v.optional(v.pipe(v.record(v.string(), schema), v.maxEntries(1024), v.description(description)), {})

export const SiteCapacity = byElement(
  rate,
  'Of single machines and links of the site, as `capacity` of the template: `ar2`, `ar1:lb1`.',
)

export const SiteAvailability = byElement(
  availability,
  'Of single machines and links of the site, or of the `site` as a whole, as `availability` of the template.',
)

export const Demands = v.optional(
  v.pipe(
    v.record(
      v.string(),
      v.strictObject({
        in: v.pipe(bits, v.description('What users send, in each site.'), v.examples(['200 Mbit/s'])),
        out: v.pipe(bits, v.description('What they are sent, in each site.'), v.examples(['2 Gbit/s'])),
        'packet-size': v.optional(count(40, 9000, 'Bytes of a packet, on average.'), 500),
      }),
    ),
    v.maxEntries(256),
    v.description(
      'What is asked of endpoints when they are busiest, by `ROLE/ENDPOINT`. It is held against `capacity`.',
    ),
    v.examples([{ 'web/https': { in: '200 Mbit/s', out: '2 Gbit/s', 'packet-size': 800 } }]),
  ),
  {},
)

export const Target = v.optional(
  v.pipe(
    percent,
    v.description('What is promised of the service: `glacis availability` exits with 1 if it is not kept.'),
    v.examples(['99.95%']),
  ),
)

export type AvailabilityFile = v.InferOutput<typeof availability>
