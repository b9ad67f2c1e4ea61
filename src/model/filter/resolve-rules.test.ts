import { describe, expect, it } from 'vitest'
import { formatPortRange } from '../../net/index.ts'
import { endsText, resolveSample } from './testing/sample-book.ts'

const one = (rule: string) => {
  const { filter, mistakes } = resolveSample(`rules:\n  - { name: a, ${rule} }\n`)
  expect(mistakes).toEqual([])
  return filter?.rules ?? []
}
const mistakesOf = (rule: string) => resolveSample(`rules:\n  - { name: a, ${rule} }\n`).mistakes

describe('a rule', () => {
  it('says a direction, a verdict, ends, a protocol and ports', () => {
    const [rule, ...more] = one('allow: out, protocol: udp, to: name-servers, ports: dns, why: Names.')
    expect(more).toEqual([])
    expect(rule).toMatchObject({ name: 'a', direction: 'out', action: 'allow', protocol: 17, why: 'Names.' })
    expect(rule?.at).toEqual({ file: 'rules.yaml', line: 2, column: 13, length: 1 })
    expect(endsText(rule?.to)).toBe('10.16.1.1/32 fd00:16:1::1/128 10.16.1.2/32 fd00:16:1::2/128')
    expect(rule?.from).toBeUndefined()
    expect(rule?.ports?.map(formatPortRange)).toEqual(['53'])
  })

  it('of several protocols becomes one for each', () =>
    expect(one('deny: in, protocol: [tcp, udp]').map(({ name, protocol }) => [name, protocol])).toEqual([
      ['a/tcp', 6],
      ['a/udp', 17],
    ]))

  it('with ports and no protocol speaks of TCP and UDP', () =>
    expect(
      one('deny: in, ports: [22, 8000-8010]').map(({ name, ports }) => [name, ports?.map(formatPortRange)]),
    ).toEqual([
      ['a/tcp', ['22', '8000-8010']],
      ['a/udp', ['22', '8000-8010']],
    ]))

  it('about established TCP asks for ACK, or RST without ACK', () =>
    expect(
      one('allow: in, established: true').map(({ name, tcpFlags, protocol }) => ({
        name,
        tcpFlags,
        protocol,
      })),
    ).toEqual([
      { name: 'a/ack', tcpFlags: { mask: 0x10, value: 0x10 }, protocol: 6 },
      { name: 'a/rst', tcpFlags: { mask: 0x14, value: 0x04 }, protocol: 6 },
    ]))

  it.each([
    ['from: any', 'any'],
    ['from: 10.1.2.3', '10.1.2.3/32'],
    ['from: [10.0.0.0/8, "::/0"]', '10.0.0.0/8 ::/0'],
    ['from: east/name-servers', '10.32.1.1/32'],
    ['from: storage', ''],
    ['from: vms', '10.16.64.0/18 fd00:16::/64'],
    ['from: partners', '192.0.2.0/24 2001:db8::/32 same-service'],
    ['from: [this, friends]', '2001:db8::/32 this same-service'],
    ['from: Storage', '10.16.1.128/25'],
    [
      'from: virtualnetwork',
      '10.16.64.0/18 fd00:16::/64 10.32.64.0/18 fd00:32::/64 168.63.129.16/32 fd00:a83f:8110::1/128',
    ],
  ])('%s means %s', (text, meaning) => expect(endsText(one(`allow: in, ${text}`)[0]?.from)).toBe(meaning))

  it('to the internet means neither inside, nor bogons, nor what is our own', () => {
    const [rule] = one('allow: out, to: internet')
    const holds = (text: string) =>
      rule?.to?.prefixes.some(({ family, length, value }) => {
        const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
        const address = BigInt(((a * 256 + b) * 256 + c) * 256 + d)
        return family === 4 && address >> BigInt(32 - length) === value >> BigInt(32 - length)
      })
    expect(['8.8.8.8', '203.0.113.17', '11.0.0.0'].map(holds)).toEqual([true, true, true])
    expect(['10.1.1.1', '127.0.0.1', '203.0.113.16'].map(holds)).toEqual([false, false, false])
  })

  it('takes audit from its file', () => {
    const { filter } = resolveSample(
      'audit: true\nrules:\n  - { name: a, deny: in }\n  - { name: b, deny: in, audit: false }\n',
    )
    expect(filter?.rules.map(({ audit }) => audit)).toEqual([true, undefined])
  })
})

describe('a slip', () => {
  it.each([
    ['from: 10.0.0.0/8', "2:13 GL2102 rule 'a' says neither what it allows nor what it denies"],
    ['allow: in, deny: out', "2:13 GL2102 rule 'a' both allows and denies"],
    ['allow: in, from: name-server', "2:33 GL2100 nothing is called 'name-server'"],
    ['allow: in, from: [any, mars/vms]', "2:39 GL2100 nothing is called 'mars/vms'"],
    ['allow: in, from: 10.0.0.1/8', "2:33 GL1012 '10.0.0.1/8' is neither an address nor a prefix"],
    ['allow: in, ports: https', "2:34 GL2105 'https' is no port"],
    ['allow: in, ports: 9-3', "2:34 GL2105 '9-3' is no port"],
    ['allow: in, ports: 70000', "2:34 GL2105 '70000' is no port"],
    ['allow: in, protocol: sctp', "2:37 GL1012 'sctp' is no protocol"],
    ['allow: in, protocol: [tcp, 6]', "2:37 GL2101 rule 'a' names a protocol twice"],
    [
      'allow: in, protocol: icmp, ports: 5',
      "2:37 GL2101 rule 'a' can never match: ports need tcp or udp, and the protocol is icmp",
    ],
    ['allow: in, icmp-type: 8', "2:38 GL2101 rule 'a' has an ICMP type and no protocol"],
    [
      'allow: in, established: true, protocol: udp',
      "2:56 GL2101 rule 'a' can never match: 'established' needs tcp, and the protocol is udp",
    ],
    [
      'allow: in, from: 10.0.0.0/8, to: "::/0"',
      "2:49 GL2103 rule 'a' can never match: its sources and destinations are of different families",
    ],
    [
      'allow: in, from: 10.0.0.0/8, protocol: icmp6',
      "2:55 GL2103 rule 'a' can never match: icmp6 has no IPv4 addresses",
    ],
    ['allow: sideways', "2:23 GL1012 'allow' must be in or out, not 'sideways'"],
    ['permit: in', "2:16 GL1008 unknown key 'permit'"],
    ['allow: in, from: {}', "2:27 GL1010 'from' must be text, a number, or a list of these, not a mapping"],
  ])('in { %s } is reported where it stands', (rule, mistake) => expect(mistakesOf(rule)[0]).toBe(mistake))

  it('leaves no rule of the file in use', () => {
    expect(
      resolveSample('rules:\n  - { name: a, allow: in }\n  - { name: b, allow: 7 }\n').filter,
    ).toBeUndefined()
    expect(resolveSample('- a').filter).toBeUndefined()
    expect(resolveSample('').filter).toBeUndefined()
  })

  it('of a name given twice names both places', () =>
    expect(resolveSample('rules:\n  - { name: a, allow: in }\n  - { name: a, deny: in }\n').mistakes).toEqual(
      ["3:13 GL2104 there are two rules 'a'"],
    ))
})
