/** Matches of a small world, and packets that stand for all in it. */
import fc from 'fast-check'
import {
  Ip,
  type PortRange,
  type Prefix,
  Protocol,
  PortRange as portRange,
  prefix,
  prefixFirst,
  prefixLast,
} from '../../../net/index.ts'
import type { Match, Point } from '../../../policy/index.ts'
import { flow, packet } from '../../../policy/testing/sample.ts'
import type { IpHeaders } from '../../../wire/index.ts'

const prefixes = ['10.0.0.0/30', '10.0.0.0/31', '10.0.0.2/31', '10.0.0.1/32', '10.0.0.3/32', '0.0.0.0/0'].map(
  prefix,
)
const ranges = [portRange(1), portRange(2, 3), portRange(1, 3), portRange(0, 65535), portRange(3, 9)]
const some = <T>(values: readonly T[]) =>
  fc.option(fc.subarray([...values], { maxLength: 2 }), { nil: undefined })

export const arbitraryMatch: fc.Arbitrary<Match> = fc
  .record({
    protocol: fc.constantFrom(undefined, 6, 17),
    source: some(prefixes),
    destination: some(prefixes),
    ports: some(ranges),
    flags: fc.constantFrom(undefined, { mask: 0x02, value: 0x02 }, { mask: 0x12, value: 0x10 }),
  })
  .map(({ protocol, source, destination, ports, flags }) => ({
    family: 4,
    ...(protocol && { protocol }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...(protocol && ports && { destinationPorts: ports }),
    ...(protocol === 6 && flags && { tcpFlags: flags }),
  }))

/** Of each dimension every value at which some rule changes its mind: all packets behave as one of these. */
export function representatives(at: Point): IpHeaders[] {
  const matches = at.tiers.flatMap((tier) =>
    tier.kind === 'rules' ? tier.rules.map((one) => one.match) : [],
  )
  const ends = (lists: readonly (readonly Prefix[])[]) =>
    unique([
      1n << 31n,
      ...lists.flat().flatMap((p) => [prefixFirst(p).value, prefixLast(p).value, prefixLast(p).value + 1n]),
    ])
  const ports = unique([
    9999,
    ...matches.flatMap(({ destinationPorts = [] }: { destinationPorts?: readonly PortRange[] }) =>
      destinationPorts.flatMap(({ first, last }) => [first, last, last + 1]),
    ),
  ]).filter((value) => value <= 65_535)
  const sources = ends(matches.map(({ source = [] }) => source))
  const destinations = ends(matches.map(({ destination = [] }) => destination))
  const kinds = [
    [6, 0x02],
    [6, 0x10],
    [6, 0x12],
    [6, 0],
    [17, 0],
    [47, 0],
  ] as const
  const base = packet(flow('tcp', '10.0.0.1 1', '10.0.0.2 2'))
  return sources.flatMap((source) =>
    destinations.flatMap((destination) =>
      kinds.flatMap(([protocol, tcpFlags]) =>
        (protocol === Protocol.tcp || protocol === Protocol.udp ? ports : [0]).map((destinationPort) => ({
          ...base,
          source: Ip(4, source),
          destination: Ip(4, destination),
          protocol,
          tcpFlags,
          destinationPort,
        })),
      ),
    ),
  )
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]
