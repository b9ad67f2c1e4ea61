import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network, nodeById } from '../../../model/index.ts'
import { type Family, type Ip, ip } from '../../../net/index.ts'
import { derivePolicy, pointById } from '../../../policy/index.ts'
import { buildFrame, type FrameSpec } from '../../../wire/index.ts'
import { Passages } from './passages.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const families: readonly Family[] = [4, 6]

/** Outside: a client; nobody: an inside address that no pool has; egress: of the first balancer of the west. */
const places: Readonly<Record<string, readonly Ip[]>> = {
  outside: ['192.0.2.9', '2001:db8:ffff::9'].map(ip),
  nobody: ['10.99.0.1', 'fd67:6c61:99::1'].map(ip),
  wire: ['168.63.129.16', 'fd00:a83f:8110::1'].map(ip),
  egress: nodeById(network, 'west/lb1')?.publicAddresses ?? [],
}

const addressOf = (name: string, family: Family): Ip => {
  const found = (places[name] ?? nodeById(network, name)?.addresses)?.find((a) => a.family === family)
  if (!found) throw new TypeError(`test: ${name} has no IPv${family} address`)
  return found
}

type What = 'syn' | 'ack' | 'udp' | 'echo'

function frame(family: Family, what: What, from: string, to: string, ports: readonly [number, number]) {
  const ends = { ip: { source: addressOf(from, family), destination: addressOf(to, family) } }
  const [sourcePort, destinationPort] = ports
  const made: Record<What, FrameSpec> = {
    syn: { ...ends, tcp: { sourcePort, destinationPort, flags: 0x02 } },
    ack: { ...ends, tcp: { sourcePort, destinationPort, flags: 0x10 } },
    udp: { ...ends, udp: { sourcePort, destinationPort } },
    echo: {
      ...ends,
      icmp: { kind: 'other', type: family === 4 ? 8 : 128, code: 0, body: new Uint8Array(8) },
    },
  }
  return buildFrame(made[what])
}

function faults(passages: Passages, point: string, ...what: Parameters<typeof frame>) {
  const found = pointById(policy, point)
  if (!found) throw new TypeError(`test: there is no point ${point}`)
  const before = frame(...what)
  return passages.fault({ point: found, before, after: before })
}

type Case = readonly [point: string, what: What, from: string, to: string, port: number]

const declared: readonly Case[] = [
  ['west/dr1/host1/in', 'syn', 'west/shop-web-0', 'west/shop-worker-1', 9000],
  ['west/dr1/host1/in', 'syn', 'west/shop-web-0', 'outside', 443],
  ['west/dr1/fc1/in', 'syn', 'west/fc1', 'west/host2', 7443],
  ['west/dr1/fc1/in', 'syn', 'west/fc1', 'east/fc1', 7500],
  ['west/dr1/fc1/in', 'ack', 'west/fc1', 'west/shop-web-0', 7500],
  ['west/dr1/lb1/in', 'syn', 'outside', 'west/shop-web-0', 8443],
  ['west/dr1/lb1/in', 'syn', 'egress', 'west/ns1', 53],
  ['west/dr1/dr2/in', 'udp', 'west/shop-web-0', 'outside', 443],
  ['west/dr1/dr2/in', 'syn', 'west/shop-web-0', 'west/shop-web-1', 8443],
  ['west/dr1/east-dr1/in', 'syn', 'east/fc1', 'west/fc1', 7500],
  ['west/storage1/native/in', 'syn', 'west/fc1', 'west/storage1', 7600],
  ['west/ns1/native/in', 'udp', 'outside', 'west/ns1', 53],
  ['west/activation1/native/in', 'syn', 'west/shop-web-0', 'west/activation1', 1688],
  ['west/fc1/native/out', 'syn', 'west/fc1', 'west/storage1', 7600],
  ['west/fc1/native/out', 'syn', 'west/fc1', 'west/host1', 7443],
  ['west/telemetry-collector-0/guest/in', 'udp', 'outside', 'west/telemetry-collector-0', 5140],
  ['west/telemetry-collector-0/guest/out', 'syn', 'west/telemetry-collector-0', 'outside', 443],
  ['west/host1/services/in', 'syn', 'west/shop-web-0', 'wire', 80],
]

const undeclared: readonly Case[] = [
  ['west/dr1/host1/in', 'udp', 'nobody', 'outside', 53],
  ['west/dr1/host1/in', 'udp', 'west/shop-web-0', 'nobody', 53],
  ['west/dr1/host1/in', 'udp', 'west/fc1', 'west/shop-web-0', 53],
  ['west/dr1/host1/in', 'syn', 'west/shop-web-0', 'west/host2', 7443],
  ['west/dr1/fc1/in', 'udp', 'west/fc2', 'west/host2', 7443],
  ['west/dr1/fc1/in', 'syn', 'west/fc1', 'west/shop-web-0', 8443],
  ['west/dr1/fc1/in', 'syn', 'west/fc1', 'outside', 443],
  ['west/dr1/lb1/in', 'udp', 'west/fc1', 'west/shop-web-0', 8443],
  ['west/dr1/lb1/in', 'syn', 'outside', 'west/fc1', 7500],
  ['west/dr1/lb1/in', 'syn', 'outside', 'west/ns1', 22],
  ['west/dr1/dr2/in', 'syn', 'west/fc1', 'east/shop-web-0', 8443],
  ['west/dr1/east-dr1/in', 'udp', 'west/fc1', 'west/host1', 7443],
  ['west/dr1/east-dr1/in', 'syn', 'east/fc1', 'west/shop-web-0', 8443],
  ['west/storage1/native/in', 'syn', 'west/jump1', 'west/storage1', 7600],
  ['west/storage1/native/in', 'syn', 'west/fc1', 'west/storage1', 22],
  ['west/storage1/native/in', 'udp', 'west/fc1', 'west/storage1', 7600],
  ['west/storage1/native/in', 'ack', 'west/fc1', 'west/storage1', 7600],
  ['west/storage1/native/in', 'echo', 'west/fc1', 'west/storage1', 0],
  ['west/storage1/native/out', 'syn', 'west/storage1', 'outside', 443],
  ['west/fc1/native/out', 'syn', 'west/fc1', 'west/ns1', 22],
  ['west/jump1/native/out', 'syn', 'west/jump1', 'west/storage1', 7600],
  ['west/telemetry-collector-0/guest/in', 'udp', 'west/shop-web-0', 'west/telemetry-collector-0', 5140],
  ['west/telemetry-collector-0/guest/in', 'udp', 'egress', 'west/telemetry-collector-0', 5140],
  ['west/telemetry-collector-0/guest/in', 'syn', 'outside', 'west/telemetry-collector-0', 22],
  ['west/telemetry-collector-0/guest/in', 'ack', 'outside', 'west/telemetry-collector-0', 5140],
  ['west/telemetry-collector-0/guest/in', 'echo', 'outside', 'west/telemetry-collector-0', 0],
  ['west/host1/services/in', 'syn', 'west/fc1', 'wire', 80],
  ['west/host1/services/in', 'syn', 'west/shop-web-0', 'wire', 443],
  ['west/host1/services/uplink/in', 'syn', 'west/shop-web-0', 'wire', 80],
]

describe.each(families)('what may pass at all, IPv%i', (family) => {
  it.each(declared)('%s: %s from %s to %s port %i may', (point, what, from, to, port) => {
    expect(faults(new Passages(network), point, family, what, from, to, [40_000, port])).toBeUndefined()
  })
  it.each(undeclared)('%s: %s from %s to %s port %i may not', (point, what, from, to, port) => {
    expect(faults(new Passages(network), point, family, what, from, to, [40_000, port])).toBeTypeOf('string')
  })

  it.each([
    ['west/storage1/native', 'west/fc1', 'west/storage1', 7600],
    ['west/telemetry-collector-0/guest', 'outside', 'west/telemetry-collector-0', 5140],
  ] as const)('%s: what was opened goes on, both ways', (filter, from, to, port) => {
    const passages = new Passages(network)
    const [forth, back] = [
      [40_000, port],
      [port, 40_000],
    ] as const
    expect(faults(passages, `${filter}/in`, family, 'syn', from, to, forth)).toBeUndefined()
    expect(faults(passages, `${filter}/out`, family, 'ack', to, from, back)).toBeUndefined()
    expect(faults(passages, `${filter}/in`, family, 'ack', from, to, forth)).toBeUndefined()
    expect(faults(passages, `${filter}/in`, family, 'ack', from, to, [40_001, port])).toBeTypeOf('string')
  })
})
