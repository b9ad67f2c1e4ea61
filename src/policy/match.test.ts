import { describe, expect, it } from 'vitest'
import { PortRange, prefix } from '../net/index.ts'
import { formatMatch } from './format-rule.ts'
import { matches, matchProblem } from './match.ts'
import type { Match } from './rule.ts'
import { flow, packet } from './testing/sample.ts'

const syn = packet(flow('tcp', '10.0.0.1 1024', '192.0.2.1 443'))
const ping = packet(flow('icmp6', 'fd00::1 7', '2001:db8::1'))

describe('matches', () => {
  it.each<[string, Match, boolean, typeof syn?]>([
    ['nothing asked', {}, true],
    ['family', { family: 4 }, true],
    ['other family', { family: 6 }, false],
    ['protocol', { protocol: 6 }, true],
    ['other protocol', { protocol: 17 }, false],
    ['source', { source: [prefix('10.0.0.0/31')] }, true],
    ['source before', { source: [prefix('10.0.0.0/32')] }, false],
    ['source after', { source: [prefix('10.0.0.2/31')] }, false],
    ['one of several', { source: [prefix('fd00::/8'), prefix('10.0.0.1/32')] }, true],
    ['an empty list', { source: [] }, false],
    ['all of IPv4', { destination: [prefix('0.0.0.0/0')] }, true],
    ['all of IPv6', { destination: [prefix('::/0')] }, false],
    ['port', { protocol: 6, destinationPorts: [PortRange(443)] }, true],
    ['first of a range', { protocol: 6, destinationPorts: [PortRange(443, 500)] }, true],
    ['last of a range', { protocol: 6, destinationPorts: [PortRange(1, 443)] }, true],
    ['below', { protocol: 6, destinationPorts: [PortRange(444, 65535)] }, false],
    ['source port', { protocol: 6, sourcePorts: [PortRange(1023), PortRange(1024)] }, true],
    ['no ports', { protocol: 6, sourcePorts: [] }, false],
    ['flags', { protocol: 6, tcpFlags: { mask: 0x12, value: 0x02 } }, true],
    ['other flags', { protocol: 6, tcpFlags: { mask: 0x12, value: 0x10 } }, false],
    ['no flag asked', { protocol: 6, tcpFlags: { mask: 0, value: 0 } }, true],
    ['type', { protocol: 58, icmpType: 128, icmpCode: 0 }, true, ping],
    ['other type', { protocol: 58, icmpType: 129 }, false, ping],
    ['other code', { protocol: 58, icmpCode: 1 }, false, ping],
    [
      'all conditions but one',
      { family: 4, protocol: 6, source: [prefix('10.0.0.0/8')], destinationPorts: [PortRange(80)] },
      false,
    ],
  ])('%s', (_, match, expected, given = syn) => expect(matches(match, given)).toBe(expected))
})

const problems: [Match, string | undefined][] = [
  [{}, undefined],
  [{ protocol: 17, sourcePorts: [PortRange(0)] }, undefined],
  [{ destinationPorts: [PortRange(1)] }, 'ports need the protocol tcp or udp'],
  [{ protocol: 47, destinationPorts: [] }, 'ports need the protocol tcp or udp'],
  [{ protocol: 17, tcpFlags: { mask: 2, value: 2 } }, 'TCP flags need the protocol tcp'],
  [
    { protocol: 6, tcpFlags: { mask: 2, value: 3 } },
    'TCP flag value has bits outside its mask and can never match',
  ],
  [{ protocol: 6, icmpType: 0 }, 'an ICMP type or code needs the protocol icmp or icmp6'],
  [{ icmpCode: 0 }, 'an ICMP type or code needs the protocol icmp or icmp6'],
]

describe('problems', () => {
  it.each(problems.map(([match, problem]) => [formatMatch(match), problem, match] as const))(
    '%s: %s',
    (_, problem, match) => expect(matchProblem(match)).toBe(problem),
  )
})

const texts: [Match, string][] = [
  [{}, 'any'],
  [{ family: 6, protocol: 58, icmpType: 128, icmpCode: 0 }, 'ipv6 icmp6 type 128 code 0'],
  [{ protocol: 6, tcpFlags: { mask: 18, value: 2 } }, 'tcp flags 0x2/0x12'],
  [
    {
      protocol: 6,
      source: [prefix('10.0.0.0/8')],
      destinationPorts: [PortRange(443), PortRange(8000, 8010)],
    },
    'tcp from 10.0.0.0/8 to any port 443,8000-8010',
  ],
  [{ destination: [] }, 'to none'],
  [{ protocol: 17, sourcePorts: [PortRange(53)] }, 'udp from any port 53'],
  [
    { source: ['1', '2', '3', '4', '5', '6'].map((n) => prefix(`10.0.0.${n}/32`)) },
    'from 10.0.0.1/32,10.0.0.2/32,10.0.0.3/32,10.0.0.4/32,… (2 more)',
  ],
]

describe('text', () => {
  it.each(texts.map(([match, text]) => [text, match] as const))('%s', (text, match) =>
    expect(formatMatch(match)).toBe(text),
  )
})
