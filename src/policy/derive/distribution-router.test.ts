import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { judge } from '../evaluate.ts'
import { pointById } from '../policy.ts'
import { flow, packet } from '../testing/sample.ts'
import { derivePolicy } from './index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const [syn, ack, rst] = [0x02, 0x10, 0x04]

/** What the first distribution router of the west says of TCP that comes from a neighbour. */
function says(neighbour: string, from: string, to: string, tcpFlags = syn): string {
  const point = pointById(policy, `west/dr1/${neighbour}/in`)
  if (!point) throw new Error(`no neighbour ${neighbour}`)
  const decision = judge(point, packet(flow('tcp', from, to), { tcpFlags }), { now: 0n })
  return decision.verdict === 'pass-by' ? 'pass-by' : `${decision.verdict} ${decision.rule.id}`
}

const address = (id: string, family: 4 | 6 = 4) => {
  const found = network.nodes.find((node) => node.id === id)?.addresses.find((a) => a.family === family)
  if (!found) throw new Error(`${id} has no such address`)
  return packet({
    source: found,
    destination: found,
    protocol: 6,
    sourcePort: 0,
    destinationPort: 0,
  }).source
}

describe('distribution routers (R10)', () => {
  it.each([
    ['host1', '10.16.64.1 1000', '10.16.64.2 80', 'allow forward/any'],
    ['host1', '10.16.2.1 1000', '10.16.1.3 7500', 'allow forward/any'],
    ['fc1', '10.16.1.3 1000', '10.16.2.1 7443', 'allow forward/any'],
    ['lb1', '192.0.2.1 1000', '10.16.64.1 8443', 'allow forward/any'],
    ['host1', 'fd67:6c61:16:64::1 1000', '2001:4860::1 443', 'allow forward/any'],
  ])('%s: %s to %s', (neighbour, from, to, expected) => expect(says(neighbour, from, to)).toBe(expected))

  it.each([
    ['host1', '10.99.0.1 1000', '10.16.64.2 80', 'deny approved/source'],
    ['host1', '10.16.64.1 1000', '10.99.0.1 80', 'deny approved/destination'],
    ['host1', 'fd67:6c61:16:64::1 1000', 'fd67:6c61:99::1 80', 'deny approved/destination'],
    ['lb1', '127.0.0.1 1000', '10.16.64.1 80', 'deny approved/source'],
  ])('approved addresses, %s: %s to %s', (neighbour, from, to, expected) =>
    expect(says(neighbour, from, to)).toBe(expected),
  )

  it.each([
    ['host1', '10.16.64.2 1000', '10.16.64.1 80', 'deny source/spoofed'],
    ['host1', '10.16.2.2 1000', '10.16.1.3 7500', 'deny source/spoofed'],
    ['host1', '192.0.2.1 1000', '10.16.64.1 80', 'deny source/spoofed'],
    ['storage1', '10.16.1.3 1000', '10.16.2.1 7443', 'deny source/spoofed'],
    ['lb1', '10.16.1.3 1000', '10.16.64.1 80', 'deny source/spoofed'],
    ['east-dr1', '10.16.1.3 1000', '10.16.1.4 80', 'deny source/spoofed'],
    ['storage1', 'fd67:6c61:16:1::3 1000', 'fd67:6c61:16:2::1 7443', 'deny source/spoofed'],
  ])('anti-spoofing, %s: %s to %s', (neighbour, from, to, expected) =>
    expect(says(neighbour, from, to)).toBe(expected),
  )

  it.each([
    ['host1', '10.16.64.1 1000', '10.16.2.2 7443'],
    ['fc1', '10.16.1.3 1000', '10.16.64.1 80'],
    ['lb1', '192.0.2.1 1000', '10.16.2.1 7443'],
    ['lb1', '192.0.2.1 1000', '10.16.1.1 22'],
    ['east-dr1', '10.32.64.1 1000', '10.16.64.1 80'],
    ['fc1', 'fd67:6c61:16:1::3 1000', 'fd67:6c61:16:64::1 80'],
  ])('established TCP, %s: %s to %s only within a connection', (neighbour, from, to) => {
    expect(says(neighbour, from, to, syn)).toBe('deny established/required')
    expect(says(neighbour, from, to, 0)).toBe('deny established/required')
    for (const flags of [ack, rst, syn | ack, rst | ack])
      expect(says(neighbour, from, to, flags)).toBe('allow forward/any')
  })

  it('know the machines of both families behind each interface', () => {
    for (const node of network.nodes.filter(
      ({ site, kind }) => site === 'west' && kind === 'fabric-controller',
    ))
      for (const family of [4, 6] as const) {
        const point = pointById(policy, `west/dr2/${node.name}/in`)
        expect(point?.sets?.[0]?.map(({ value }) => value)).toContain(address(node.id, family).value)
      }
  })
})
