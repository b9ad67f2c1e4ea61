/** What the owner of a network expects of it, for all packets, and which failures are known and borne for a time. */
import * as v from 'valibot'
import { FilterRule, someOf } from './filter-rule.ts'
import { date, name } from './values.ts'

/** Each is proven for every packet. */
const maxExpectations = 1000
const maxExceptions = 256

const reason = v.pipe(v.string(), v.minLength(1), v.maxLength(200))

const { protocol, ports } = FilterRule.entries

export const Expectation = v.strictObject({
  name: v.optional(
    v.pipe(
      name,
      v.description('The proof calls it `expect:NAME`; without a name, by its place in the list.'),
    ),
  ),
  from: someOf(
    'Who sends: names as in rules, and machines (`west/fc1`), services (`shop`), roles (`shop/web`), tenants; prefixes.',
    'internet',
    ['shop/web', 'west/vms'],
  ),
  to: someOf(
    'Who is addressed, as `from`; also a public endpoint (`shop/web/https`), which has its own protocol and port, and a service name (`shop.west`), which means its VIPs.',
    'shop/worker',
    'shop/web/https',
  ),
  protocol,
  ports,
  'same-site': v.optional(
    v.pipe(
      v.boolean(),
      v.description('Within each site by itself: `from` and `to` mean machines of the same site.'),
    ),
  ),
  // biome-ignore lint/suspicious/noThenProperty: a key of the file, which is no promise
  then: v.pipe(
    v.picklist(['allow', 'deny']),
    v.description(
      '`allow`: everything of this kind that they open arrives, on every way. `deny`: nothing of it ever arrives, whatever they send.',
    ),
  ),
  why: v.optional(v.pipe(reason, v.description('One sentence for whoever meets the failure.'))),
})

export const Exception = v.strictObject({
  of: v.pipe(
    v.string(),
    v.minLength(1),
    v.description('Id of the invariant, or of the expectation, that is known to fail.'),
    v.examples(['tenant-isolation', 'expect:workers-closed']),
  ),
  from: v.optional(someOf('Only packets with these sources, named as in expectations.', 'shop/web')),
  to: v.optional(someOf('Only packets with these destinations, named as in expectations.', 'west/fc1')),
  at: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.description(
        'Only at this place: a machine or enforcement point, what lies below it, or a pattern with `*`.',
      ),
      v.examples(['west/host1', 'west/*/partition/in']),
    ),
  ),
  why: v.pipe(reason, v.description('Why the failure is borne.')),
  until: v.pipe(
    date,
    v.description('From this day on, in UTC, the failure counts again.'),
    v.examples(['2027-03-01']),
  ),
})

export const Expectations = v.pipe(
  v.array(Expectation),
  v.maxLength(maxExpectations),
  v.description('What must hold beside the built-in invariants: `glacis check` proves it for every packet.'),
)

export const Exceptions = v.pipe(
  v.array(Exception),
  v.maxLength(maxExceptions),
  v.description(
    'Failures of invariants and expectations that are known, each with a reason and a day on which it counts again.',
  ),
)

export type ExpectationFile = v.InferOutput<typeof Expectation>
export type ExceptionFile = v.InferOutput<typeof Exception>
