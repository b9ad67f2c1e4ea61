/** Conditions whose every value can be tried, tried; the rest is compared at random in `test/property/points.test.ts`. */
import { describe, it } from 'vitest'
import { InterpreterEngine } from '../../bpf/index.ts'
import { PortRange } from '../../net/index.ts'
import type { Match } from '../../policy/index.ts'
import { flow, packet, point, rule, ruleTier } from '../../policy/testing/sample.ts'
import { frameOf, type IpHeaders } from '../../wire/index.ts'
import { expectAgreement } from '../testing/agreement.ts'

const subject = { engine: new InterpreterEngine() }
const bytes = Array.from({ length: 256 }, (_, value) => value)

/** One rule for each match, each in a tier of its own, so that the counters tell of all of them. */
function tryAll(matches: readonly Match[], packets: readonly IpHeaders[]): void {
  const steps = packets.map((headers) => ({ point: 0, frame: frameOf(headers) }))
  for (const match of matches)
    expectAgreement(
      { points: [point([ruleTier('t', rule('r', 'allow', match))])], egress: [], steps },
      subject,
    )
}

describe('every value', () => {
  it('of TCP flags', () => {
    const masks = [...bytes.filter((bit) => (bit & (bit - 1)) === 0), 0x03, 0x12, 0x17, 0x81, 0xff]
    const matches = masks.flatMap((mask) =>
      [0, mask, mask & 0x55].map((value): Match => ({ protocol: 6, tcpFlags: { mask, value } })),
    )
    const syn = packet(flow('tcp', '10.0.0.1 1', '10.0.0.2 2'))
    tryAll(
      matches,
      bytes.map((tcpFlags) => ({ ...syn, tcpFlags })),
    )
  })

  it.each([
    ['icmp', '10.0.0.1 1', '10.0.0.2', 1],
    ['icmp6', 'fd00::1 1', 'fd00::2', 58],
  ] as const)('of types and codes of %s', (name, from, to, protocol) => {
    const plain = { ...packet(flow(name, from, to)), sourcePort: 0 }
    const matches = [0, 1, 3, 8, 127, 128, 255].flatMap((n): Match[] => [
      { protocol, icmpType: n },
      { protocol, icmpCode: n },
      { protocol, icmpType: n, icmpCode: 255 - n },
    ])
    tryAll(
      matches,
      bytes.flatMap((n) => [
        { ...plain, icmpType: n, icmpCode: 255 - n },
        { ...plain, icmpType: 255 - n, icmpCode: n },
      ]),
    )
  })

  it('of protocols, over both families', () => {
    const [four, six] = [flow(0, '10.0.0.1', '10.0.0.2'), flow(0, 'fd00::1', 'fd00::2')]
    const matches = [0, 1, 6, 17, 44, 47, 58, 59, 255].flatMap((protocol): Match[] => [
      { protocol },
      { protocol, family: 4 },
    ])
    const plain = (ends: typeof four, protocol: number): IpHeaders => ({
      ...packet({ ...ends, protocol: 0 }),
      protocol,
    })
    tryAll(
      matches,
      bytes.flatMap((protocol) => [
        ...(protocol === 58 ? [] : [plain(four, protocol)]),
        ...([0, 1, 43, 44, 51, 60, 135, 139, 140].includes(protocol) ? [] : [plain(six, protocol)]),
      ]),
    )
  })

  it('of ports at the ends of ranges', () => {
    const ranges = [
      [0, 0],
      [0, 1],
      [65535, 65535],
      [65534, 65535],
      [0, 65535],
      [255, 256],
      [256, 511],
      [32767, 32768],
    ] as const
    const ports = [...new Set(ranges.flatMap(([first, last]) => [first - 1, first, last, last + 1]))].filter(
      (port) => port >= 0 && port <= 65535,
    )
    const lists = [
      [],
      ...ranges.map(([first, last]) => [PortRange(first, last)]),
      ranges.slice(1, 4).map(([first, last]) => PortRange(first, last)),
    ]
    tryAll(
      lists.flatMap((list): Match[] => [
        { protocol: 17, sourcePorts: list },
        { protocol: 17, destinationPorts: list },
      ]),
      ports.flatMap((port) => [
        packet(flow('udp', `10.0.0.1 ${port}`, '10.0.0.2 7777')),
        packet(flow('udp', 'fd00::1 7777', `fd00::2 ${port}`)),
      ]),
    )
  })
})
