/** A forwarding table in which some destinations are led otherwise, against that of all routes. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hostPrefix, Ip, type Prefix, prefix } from '../../net/index.ts'
import { PacketSets } from '../packets/index.ts'
import { forwardingAfter, type Routing, routing } from './forwarding.ts'

const sets = new PacketSets()
const hop = (name: string) => ({ interface: name })

const hops = fc.constantFrom([hop('a')], [hop('b')], [hop('a'), hop('b')], [])
const pool = (at: string) => fc.record({ prefix: fc.constant(prefix(at)), nextHops: hops })
/** By last byte, of addresses that have a route of their own. */
const hosts = fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5', '6'), hops)

const addressOf = (last: string): Prefix => hostPrefix(Ip(4, (10n << 24n) + BigInt(last)))
const routesOf = (known: Readonly<Record<string, readonly { readonly interface: string }[]>>) =>
  Object.entries(known).map(([last, nextHops]) => ({ prefix: addressOf(last), nextHops }))

const said = ({ toward, equal, discarded, unrouted }: Routing) => ({
  toward: new Map([...toward].filter(([, packets]) => packets !== sets.none).sort()),
  equal: equal.filter(({ packets }) => packets !== sets.none),
  discarded,
  unrouted,
})

it('is the table of all routes', () => {
  fc.assert(
    fc.property(pool('10.0.0.0/8'), fc.option(pool('0.0.0.0/0')), hosts, hosts, (inner, outer, was, is) => {
      const pools = [inner, ...(outer ? [outer] : [])]
      const table = (known: typeof was) => ({
        local: sets.none,
        ...routing(sets, [...pools, ...routesOf(known)]),
      })
      const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
        (last) => was[last] !== is[last],
      )
      const after = forwardingAfter(sets, table(was), sets.addresses('destination', changed.map(addressOf)), [
        ...pools,
        ...routesOf(is).filter(({ prefix: { value } }) =>
          changed.some((last) => addressOf(last).value === value),
        ),
      ])
      expect(said(after)).toEqual(said(table(is)))
    }),
    { numRuns: 300 },
  )
})
