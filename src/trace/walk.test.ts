import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../model/index.ts'
import { type Ip, ip } from '../net/index.ts'
import { derivePolicy, pointById } from '../policy/index.ts'
import { createWorld, openingPacket, type Path, WorldState, walk } from './index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const world = createWorld(network, policy)
const addressOf = (id: string): Ip => world.node(id).addresses[0] as Ip

const send = (from: string, to: Ip, port: number, state = new WorldState(), hopLimit = 64) =>
  walk(world, state, from, {
    ...openingPacket({
      from,
      source: addressOf(from),
      destination: to,
      protocol: 'tcp',
      sourcePort: 40000,
      destinationPort: port,
    }),
    hopLimit,
  })

const nodesOf = ({ hops }: Path) => hops.map(({ node }) => node)

describe('a packet', () => {
  it('from outside to a VIP: every hop, each judged', () => {
    const vip = ip('198.51.100.40')
    const paths = send('internet', vip, 5140)
    // The same backend whichever way it came.
    expect(new Set(paths.map(({ packet }) => packet.destination.value)).size).toBe(1)
    const [first] = paths as [Path]
    expect(nodesOf(first)).toEqual([
      'internet',
      'west/isp1',
      'west/ar1',
      'west/lb1',
      'west/dr1',
      'west/host3',
      'west/telemetry-collector-1',
    ])
    expect(first.end).toEqual({ kind: 'delivered', node: 'west/telemetry-collector-1' })
    expect(first.hops.flatMap((hop) => hop.judgements.map(({ point }) => point.id))).toEqual([
      'west/ar1/external/in',
      'west/lb1/external/in',
      'west/dr1/lb1/in',
      'west/host3/vm/telemetry-collector-1/in',
      'west/telemetry-collector-1/guest/in',
    ])
    expect(first.hops[0]).toMatchObject({ packet: { destination: vip }, alternatives: 1 })
    expect(first.hops[0]).not.toHaveProperty('arrival')
    expect(first.packet).toMatchObject({ destination: addressOf('west/telemetry-collector-1'), hopLimit: 59 })
    expect(first.hops.at(-1)).not.toHaveProperty('departure')
  })

  it('follows every equal next hop', () => {
    const paths = send('internet', ip('198.51.100.1'), 22)
    expect(paths.length).toBeGreaterThan(1)
    for (const { end } of paths) expect(end).toMatchObject({ kind: 'denied', rule: { id: 'default/deny' } })
    expect(new Set(paths.map(({ end }) => end.kind !== 'delivered' && end.node))).toEqual(
      new Set(['west/lb1', 'west/lb2']),
    )
  })

  it('ends where its hop limit does', () => {
    const [path] = send('internet', ip('198.51.100.40'), 5140, new WorldState(), 2)
    expect(path).toMatchObject({ end: { kind: 'hop-limit', node: 'west/ar1' } })
  })

  it('ends where no route leads', () => {
    const ends = send('internet', ip('203.0.113.200'), 80).map(({ end }) => `${end.kind} ${end.node}`)
    expect(ends).toEqual(['no-route internet'])
  })

  it('is not taken by a machine that is no router', () => {
    const vm = addressOf('west/shop-web-0')
    expect(() => world.node('nowhere')).toThrow('it has no node nowhere')
    expect(send('west/shop-worker-1', vm, 8443)[0]?.end).toEqual({
      kind: 'delivered',
      node: 'west/shop-web-0',
    })
  })
})

it('points remember flows between walks, and a fresh state none', () => {
  const state = new WorldState()
  const [web, worker] = ['west/shop-web-0', 'west/shop-worker-0'] as const
  const answer = (given: WorldState) =>
    walk(world, given, worker, {
      ...openingPacket({
        from: worker,
        source: addressOf(worker),
        destination: addressOf(web),
        protocol: 'tcp',
        sourcePort: 9000,
        destinationPort: 40000,
      }),
      tcpFlags: 0x12,
    })[0]?.end
  expect(answer(state)).toMatchObject({ kind: 'denied', rule: { id: 'flow/none' } })
  expect(send(web, addressOf(worker), 9000, state)[0]?.end).toMatchObject({ kind: 'delivered' })
  expect(answer(state)).toEqual({ kind: 'delivered', node: web })
  expect(answer(new WorldState())).toMatchObject({ kind: 'denied' })
})

it('both directions of a filter share flows; the points of a balancer share connections', () => {
  const state = new WorldState()
  const of = (id: string) => state.of(pointById(policy, id) as NonNullable<ReturnType<typeof pointById>>)
  const filter = 'west/host1/vm/shop-web-0'
  expect(of(`${filter}/in`).flows).toBe(of(`${filter}/out`).flows)
  expect(of(`${filter}/in`).flows).not.toBe(of('west/host2/vm/shop-web-1/in').flows)
  expect(of('west/lb1/external/in').egress).toBe(of('west/lb1/internal/in').egress)
  expect(of('west/lb1/external/in').egress).not.toBe(of('west/lb2/external/in').egress)
  expect(of('west/lb1/external/in').flows).toBeUndefined()
})
