import { describe, expect, it } from 'vitest'
import { ip, PortRange } from '../net/index.ts'
import type { IpHeaders, QuotedFlow } from '../wire/index.ts'
import { EgressTable } from './egress-table.ts'
import { flow, packet, reversed, rule, unreachable } from './testing/sample.ts'
import { chooseBackend, translate } from './translate.ts'
import type { EgressIn, EgressOut, EndpointIn, EndpointOut, Translation } from './translation.ts'

const families = {
  4: {
    vip: '198.51.100.1',
    egress: '198.51.100.9',
    vm: '10.0.0.1',
    other: '10.0.0.2',
    client: '192.0.2.1',
    router: '10.9.9.9',
    icmp: 'icmp',
  },
  6: {
    vip: '2001:db8::1',
    egress: '2001:db8::9',
    vm: 'fd00::1',
    other: 'fd00::2',
    client: '2001:db8:f::1',
    router: 'fd00::99',
    icmp: 'icmp6',
  },
} as const

describe.each([4, 6] as const)('over IPv%i', (family) => {
  const { vip, egress, vm, other, client, router, icmp } = families[family]
  const lent = PortRange(5000, 5003)
  const endpoint = {
    vip: ip(vip),
    protocol: 6,
    port: 443,
    backends: [{ node: 'vm', address: ip(vm), port: 8443 }],
  }
  const endpointIn: EndpointIn = { ...endpoint, kind: 'endpoint-in', rule: rule('in', 'allow') }
  const endpointOut: EndpointOut = { ...endpoint, kind: 'endpoint-out', rule: rule('out', 'allow') }
  const lending = {
    address: ip(egress),
    ports: lent,
    borrowers: [ip(vm)],
    quota: 8,
    full: rule('full', 'deny'),
  }
  const egressOut: EgressOut = { ...lending, kind: 'egress-out', rule: rule('egress-out', 'allow') }
  const egressIn: EgressIn = {
    kind: 'egress-in',
    rule: rule('egress-in', 'allow'),
    address: ip(egress),
    ports: lent,
  }
  const hairpin: EndpointIn = { ...endpointIn, rule: rule('hairpin', 'allow'), hairpin: lending }
  const hairpinReply: EgressIn = { ...egressIn, hairpin: [endpointOut] }

  const tcp = (from: string, to: string) => flow('tcp', from, to)
  const through = (translation: Translation, given: IpHeaders, table = new EgressTable()) =>
    translate([translation], given, { egress: table, now: 0n })?.packet

  /** A table in which connections were opened, and the port that the last was lent. */
  const opened = (...flows: QuotedFlow[]) => {
    const table = new EgressTable()
    const ports = flows.map((f) => table.send(lending, packet(f), 0n) as number)
    return { table, port: ports.at(-1) as number }
  }

  /** SYN and ACK: what answers a SYN. */
  const answer = (ends: QuotedFlow) => packet(ends, { tcpFlags: 0x12 })

  const inward = tcp(`${client} 40000`, `${vip} 443`)
  const behind = tcp(`${client} 40000`, `${vm} 8443`)

  it('endpoint-in: the destination becomes the backend', () => {
    expect(through(endpointIn, packet(inward))).toEqual(packet(behind))
    const rest = { hopLimit: 3, tcpFlags: 0x18 }
    expect(through(endpointIn, packet(inward, rest))).toEqual(packet(behind, rest))
  })

  it.each([
    ['another port', tcp(`${client} 40000`, `${vip} 80`)],
    ['another VIP', tcp(`${client} 40000`, `${other} 443`)],
    ['another protocol', flow('udp', `${client} 40000`, `${vip} 443`)],
    ['ping', flow(icmp, `${client} 443`, vip)],
  ])('endpoint-in leaves %s alone', (_, ends) => expect(through(endpointIn, packet(ends))).toBeUndefined())

  it('endpoint-in leaves all alone while it has no backends', () => {
    const empty = { ...endpointIn, backends: [] }
    expect(chooseBackend(empty, inward)).toBeUndefined()
    expect(through(empty, packet(inward))).toBeUndefined()
    expect(through(empty, unreachable(reversed(inward), ip(client)))).toBeUndefined()
  })

  it('endpoint-in: errors about replies go to the backend that sent them', () => {
    expect(through(endpointIn, unreachable(reversed(inward), ip(router)))).toEqual(
      unreachable(reversed(behind), ip(router)),
    )
    const misdirected = { ...unreachable(reversed(inward)), destination: ip(other) }
    expect(through(endpointIn, misdirected)).toBeUndefined()
  })

  it('endpoint-out: the source becomes the VIP', () => {
    const answers = { tcpFlags: 0x12 }
    expect(through(endpointOut, packet(reversed(behind), answers))).toEqual(packet(reversed(inward), answers))
    // What opens a connection is no reply.
    expect(through(endpointOut, packet(reversed(behind)))).toBeUndefined()
    expect(through(endpointOut, answer(tcp(`${vm} 22`, `${client} 40000`)))).toBeUndefined()
    expect(through(endpointOut, answer(tcp(`${other} 8443`, `${client} 40000`)))).toBeUndefined()
  })

  it.each([
    ['SYN', 0x02, true],
    ['SYN with ECN bits', 0xc2, true],
    ['SYN and ACK', 0x12, false],
    ['ACK', 0x10, false],
    ['RST', 0x04, false],
    ['no flags', 0, false],
  ])('endpoint-out: TCP with %s', (_, tcpFlags, opens) => {
    const translated = through(endpointOut, packet(reversed(behind), { tcpFlags }))
    expect(translated === undefined).toBe(opens)
  })

  it('endpoint-out: errors from inside show the VIP, whoever sent them', () => {
    const expected = unreachable(inward, ip(vip))
    expect(through(endpointOut, unreachable(behind))).toEqual(expected)
    expect(through(endpointOut, unreachable(behind, ip(router)))).toEqual(expected)
  })

  const outward = tcp(`${vm} 1234`, `${client} 80`)

  it('egress-out: the source becomes the egress address and a lent port, always the same', () => {
    const table = new EgressTable()
    const first = through(egressOut, packet(outward), table) as IpHeaders
    expect(first).toEqual({ ...packet(outward), source: ip(egress), sourcePort: first.sourcePort })
    expect([5000, 5001, 5002, 5003]).toContain(first.sourcePort)
    expect(through(egressOut, packet(outward), table)).toEqual(first)
    // What fits no connection is left alone.
    expect(through(egressOut, packet(outward, { tcpFlags: 0x10 }), table)).toBeUndefined()
  })

  it('egress-out, and hairpin: what has no room is denied, not left alone', () => {
    const table = new EgressTable()
    for (const port of [5000, 5001, 5002, 5003]) {
      const ends = tcp(`${vm} ${port}`, `${client} 80`)
      const out = through(egressOut, packet(ends), table) as IpHeaders
      const replied = {
        source: ip(client),
        sourcePort: 80,
        destination: ip(egress),
        destinationPort: out.sourcePort,
      }
      expect(through(egressIn, packet({ ...ends, ...replied }, { tcpFlags: 0x12 }), table)).toBeDefined()
      expect(through(egressOut, packet(ends, { tcpFlags: 0x10 }), table)).toEqual({ ...out, tcpFlags: 0x10 })
      expect(through(egressIn, packet({ ...ends, ...replied }, { tcpFlags: 0x10 }), table)).toBeDefined()
    }
    const next = packet(tcp(`${vm} 6000`, `${client} 80`))
    expect(translate([egressOut], next, { egress: table, now: 0n })).toEqual({ rule: lending.full })
    const none = { ...hairpin, hairpin: { ...lending, quota: 1 } }
    const held = new EgressTable()
    const used = (port: number) => tcp(`${vm} ${port}`, `${vip} 443`)
    const there = through(none, packet(used(1)), held) as IpHeaders
    through(hairpinReply, answer(reversed(there)), held)
    through(none, packet(used(1), { tcpFlags: 0x10 }), held)
    through(hairpinReply, packet(reversed(there), { tcpFlags: 0x10 }), held)
    expect(translate([none], packet(used(2)), { egress: held, now: 0n })).toEqual({ rule: lending.full })
  })

  it.each([
    ['machines that borrow nothing', tcp(`${other} 1`, `${client} 1`)],
    ['protocols without ports', flow(47, vm, client)],
    ['echo replies', flow(icmp, vm, `${client} 7`)],
  ])('egress-out leaves %s alone', (_, ends) => expect(through(egressOut, packet(ends))).toBeUndefined())

  it.each([
    ['TCP', outward],
    ['UDP', flow('udp', `${vm} 1234`, `${client} 53`)],
    ['echo', flow(icmp, `${vm} 77`, client)],
  ])('egress of %s, its reply, and errors about both', (_, ends) => {
    const { table, port } = opened(ends)
    const outside = { ...ends, source: ip(egress), sourcePort: port }
    expect(through(egressOut, packet(ends), table)).toEqual(packet(outside))
    const answers = ends.protocol === 6 ? { tcpFlags: 0x12 } : {}
    expect(through(egressIn, packet(reversed(outside), answers), table)).toEqual(
      packet(reversed(ends), answers),
    )
    expect(through(egressIn, unreachable(outside, ip(router)), table)).toEqual(unreachable(ends, ip(router)))
    expect(through(egressOut, unreachable(reversed(ends), ip(router)), table)).toEqual(
      unreachable(reversed(outside), ip(egress)),
    )
  })

  it('egress-in: only for whom the port was lent', () => {
    const { table, port } = opened(outward)
    const reply = tcp(`${client} 80`, `${egress} ${port}`)
    for (const ends of [
      { ...reply, sourcePort: 81 },
      { ...reply, source: ip(router) },
      { ...reply, destinationPort: port + 1 },
      { ...reply, protocol: 17 },
      { ...reply, destination: ip(vip) },
    ]) {
      expect(through(egressIn, packet(ends), table)).toBeUndefined()
      expect(through(egressIn, unreachable(reversed(ends)), table)).toBeUndefined()
    }
  })

  it('errors about echo replies without an identifier are left alone', () => {
    const { table } = opened(flow(icmp, vm, client))
    expect(through(egressOut, unreachable(flow(icmp, client, vm)), table)).toBeUndefined()
  })

  it('hairpin: both ends are translated, and back', () => {
    const used = tcp(`${vm} 2000`, `${vip} 443`)
    const table = new EgressTable()
    const there = through(hairpin, packet(used), table) as IpHeaders
    const backend = tcp(`${egress} ${there.sourcePort}`, `${vm} 8443`)
    expect(there).toEqual(packet(backend))
    const answers = { tcpFlags: 0x12 }
    expect(through(hairpinReply, packet(reversed(backend), answers), table)).toEqual(
      packet(reversed(used), answers),
    )
    expect(through(hairpinReply, packet(reversed(backend)), table)).toBeUndefined()
    expect(through(hairpinReply, unreachable(backend, ip(router)), table)).toEqual(unreachable(used, ip(vip)))
    // Errors about answers go to the backend that sent them, whoever tells, and only of what is known.
    for (const teller of [ip(router), ip(vm)])
      expect(through(hairpin, unreachable(reversed(used), teller), table)).toEqual(
        unreachable(reversed(backend), ip(egress)),
      )
    expect(through(hairpin, unreachable(reversed(used)), new EgressTable())).toBeUndefined()
    const never = tcp(`${vm} 2001`, `${vip} 443`)
    expect(through(hairpin, unreachable(reversed(never)), table)).toBeUndefined()
    // A machine outside must not be reflected.
    expect(through(hairpin, packet(inward), table)).toBeUndefined()
    // The answer of something that is no backend.
    const { table: known, port } = opened(tcp(`${vm} 2000`, `${other} 22`))
    expect(through(hairpinReply, answer(tcp(`${other} 22`, `${egress} ${port}`)), known)).toBeUndefined()
  })

  it('errors that quote nothing are left alone by all', () => {
    const { quoted: _, ...bare } = unreachable(reversed(inward))
    for (const translation of [endpointIn, endpointOut, egressOut, egressIn, hairpin])
      expect(through(translation, bare)).toBeUndefined()
  })

  it('the first that applies is taken', () => {
    const second = { ...endpointOut, rule: rule('second', 'allow'), port: 444 }
    expect(
      translate([endpointOut, second], packet(reversed(behind), { tcpFlags: 0x12 }), { now: 0n })?.rule.id,
    ).toBe('out')
  })
})

it('a flow keeps its backend, whatever its packets are', () => {
  const backends = Array.from({ length: 9 }, (_, n) => ({
    node: `vm-${n}`,
    address: ip(`10.0.0.${n}`),
    port: 80,
  }))
  const endpoint: EndpointIn = {
    kind: 'endpoint-in',
    rule: rule('in', 'allow'),
    vip: ip('198.51.100.1'),
    protocol: 6,
    port: 80,
    backends,
  }
  const chosen = Array.from({ length: 300 }, (_, n) => {
    const ends = flow('tcp', `192.0.2.1 ${n + 1000}`, '198.51.100.1 80')
    const syn = translate([endpoint], packet(ends), { now: 0n })?.packet?.destination
    const error = translate([endpoint], unreachable(reversed(ends)), { now: 0n })?.packet?.destination
    expect(error).toEqual(syn)
    return syn?.value
  })
  expect(new Set(chosen).size).toBe(9)
})
