/** Rate limits of a template: what access routers let through in a second, each way. */
import * as v from 'valibot'
import { parseBytes } from '../byte-amount.ts'
import { count, duration } from './values.ts'

const amount = v.pipe(
  v.string(),
  v.check((text) => parseBytes(text) !== undefined, 'amount'),
)

const limit = (...keys: [string, ...string[]]) =>
  v.strictObject({
    per: v.pipe(
      v.picklist(keys),
      v.description('What each has a bucket of its own: each prefix of that end of packets, or each VIP.'),
    ),
    prefix: v.optional(
      v.pipe(
        v.strictObject({
          ipv4: v.optional(count(1, 32, 'Bits of an IPv4 prefix.'), 32),
          ipv6: v.optional(count(1, 128, 'Bits of an IPv6 prefix.'), 64),
        }),
        v.description('Which addresses share a bucket; one IPv4 address and an IPv6 /64 if left out.'),
        v.examples([{ ipv4: 24, ipv6: 56 }]),
      ),
    ),
    packets: v.optional(count(1, 1e9, 'Packets a second.')),
    bytes: v.optional(
      v.pipe(amount, v.description('Bytes a second, of whole frames.'), v.examples(['25MB', '1GB'])),
    ),
    burst: v.optional(
      v.pipe(
        duration,
        v.description('How much passes at once after a pause: what the rate gives in this time.'),
        v.examples(['1s', '10s']),
      ),
      '1s',
    ),
  })

const list = (description: string, ...keys: [string, ...string[]]) =>
  v.optional(v.pipe(v.array(limit(...keys)), v.maxLength(8), v.description(description)), [])

export const Limits = v.strictObject({
  'from-internet': list('On what comes in.', 'source', 'vip'),
  'to-internet': list('On what goes out.', 'vip', 'destination'),
})

export type LimitFile = v.InferOutput<typeof Limits>['from-internet'][number]
