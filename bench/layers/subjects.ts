/** The layers that are measured, each with points of the example network and packets that they allow. */
import { type Network, type Node, neighboursOf, virtualEndpoints } from '../../src/model/index.ts'
import { Ip, type Mac } from '../../src/net/index.ts'
import { derivePolicy, type GrantedPath, type Point } from '../../src/policy/index.ts'
import { buildFrame } from '../../src/wire/index.ts'
import type { Side } from '../rig/forwarder.ts'

export interface Layer {
  readonly name: string
  /** All of one node; they judge what passes the side `a`. */
  readonly points: readonly Point[]
  /** Addresses on the side of `a`. */
  readonly machine: readonly Ip[]
  /** Packets before those that are measured, each once. */
  readonly handshake: readonly { readonly from: Side; readonly frames: readonly Uint8Array[] }[]
  readonly from: Side
  readonly frames: readonly Uint8Array[]
  /** Each of the frames opens a flow. */
  readonly opens: boolean
  /** The program reads what is the point's own from a record. */
  readonly shared: boolean
  readonly grant?: GrantedPath
}

/** Flows of established traffic: as many as fit a VM's quota with room to spare. */
const many = 2048
/** Packets that each open a flow: below what connection tracking takes here (262,144). */
const openings = 65_536

const flag = { syn: 0x02, synAck: 0x12, ack: 0x10 } as const

/** Two ends, the opener's ports differing from flow to flow. */
interface Ends {
  readonly opener: Ip
  readonly other: Ip
  readonly port: number
  /** Where the opener is. */
  readonly side: Side
  /** Of what comes from side `a`. */
  readonly mac?: Mac
}

export function layersOf(network: Network): readonly Layer[] {
  const { points } = derivePolicy(network)
  const site = network.sites[0]?.name as string
  const pointsOf = (...ids: string[]): readonly Point[] =>
    ids.map((id) => {
      const found = points.find((point) => point.id === id)
      if (!found) throw new Error(`choose points: the example has no ${id}`)
      return found
    })
  const node = (id: string): Node => {
    const found = network.nodes.find((one) => one.id === `${site}/${id}`)
    if (!found) throw new Error(`choose nodes: the example has no ${id}`)
    return found
  }
  const web = network.nodes.find(({ vm }) => vm?.role === 'web')
  const endpoint = virtualEndpoints(network).find(
    ({ site: of, vip, protocol, owner }) =>
      of === site && vip.family === 4 && protocol === 6 && owner.kind === 'service',
  )
  if (!web?.vm || !endpoint) throw new Error('choose nodes: the example has no web role')
  const [cable] = neighboursOf(network, web.id)
  const vm = `${web.vm.host}/vm/${web.name}`
  const filter = pointsOf(`${vm}/out`, `${vm}/in`)
  const host = network.nodes.find(({ id }) => id === web.vm?.host) as Node
  const partition = pointsOf(`${host.id}/partition/in`, `${host.id}/partition/out`)
  const names = node('ns1')
  const native = pointsOf(`${names.id}/native/in`, `${names.id}/native/out`)
  const mac = cable?.near.mac as Mac
  const port = web.listeners[0]?.port as number
  const agent = host.listeners.find(({ protocol, addresses }) => protocol === 'tcp' && !addresses)?.port ?? 0
  // A VM is beyond `a`; what a host or a native machine receives comes in there.
  const inward: Ends = { opener: client, other: four(web), port, side: 'b', mac }
  const outward: Ends = { opener: four(web), other: client, port: 443, side: 'a', mac }
  const toHost: Ends = { opener: four(node('fc1')), other: four(host), port: agent, side: 'a' }
  const toNames: Ends = { opener: four(web), other: four(names), port: 53, side: 'a' }
  const jump: Ends = { ...toHost, opener: four(node('jump1')) }
  const grant = { source: jump.opener, destination: jump.other, protocol: 6, port: agent }
  const audited = filter.map((point): Point => ({ ...point, audit: true }))
  const vms = { shared: true }
  const pair = (name: string, of: readonly Point[], ends: Ends, more: Partial<Layer> = {}): Layer[] => [
    established(`${name}: to it, established`, of, ends, 'opener', 1, more),
    established(`${name}: to it, established, ${many} flows`, of, ends, 'opener', many, more),
    established(`${name}: from it, established`, of, ends, 'other', 1, more),
    opening(`${name}: to it, new flows`, of, ends, more),
  ]
  const [ar, dr, lb] = ['ar1', 'dr1', 'lb1'].map((id) => `${site}/${id}`)
  const stateless = (name: string, id: string, frames: readonly Uint8Array[], more: Partial<Layer> = {}) => ({
    ...layer(name, pointsOf(id)),
    from: 'a' as const,
    frames,
    ...more,
  })
  const toVip = (flow: number, source = client): Uint8Array =>
    tcp(source, endpoint.vip, 1024 + (flow % 60_000), endpoint.port, flag.ack)
  const fromVip = (flow: number): Uint8Array =>
    tcp(endpoint.vip, client, endpoint.port, 1024 + (flow % 60_000), flag.ack)
  const fromHost = (flow: number): Uint8Array =>
    tcp(four(web), client, port, 1024 + (flow % 60_000), flag.ack)
  return [
    ...pair('VM filter', filter, inward, vms),
    opening('VM filter: from it, new flows', filter, outward, vms),
    opening('VM filter: to it, new flows by an audited default', audited, { ...inward, port: 9 }, vms),
    ...pair('host partition', partition, toHost),
    established('host partition: to it, established under a grant', partition, jump, 'opener', 1, { grant }),
    opening('host partition: to it, new flows under a grant', partition, jump, { grant }),
    ...pair('native host', native, toNames),
    stateless('distribution router, from a host', `${dr}/${host.name}/in`, frames(1, fromHost), vms),
    withinLimits(
      stateless('access router, from outside, with its limits', `${ar}/external/in`, frames(1, toVip)),
    ),
    withoutLimits(
      stateless('access router, from outside, without limits', `${ar}/external/in`, frames(1, toVip)),
    ),
    withinLimits(
      stateless('access router, from inside, with its limits', `${ar}/internal/in`, frames(1, fromVip)),
    ),
    withoutLimits(
      stateless('access router, from inside, without limits', `${ar}/internal/in`, frames(1, fromVip)),
    ),
    stateless('balancer, VIP to DIP', `${lb}/external/in`, frames(1, toVip)),
    stateless('balancer, VIP to DIP, 65,536 flows', `${lb}/external/in`, frames(openings, toVip)),
  ]
}

const client = Ip(4, (192n << 24n) + (2n << 8n) + 1n)

function four({ id, addresses }: Node): Ip {
  const found = addresses.find(({ family }) => family === 4)
  if (!found) throw new Error(`choose packets: ${id} has no IPv4 address`)
  return found
}

const layer = (name: string, points: readonly Point[]): Layer => ({
  name,
  points,
  machine: [],
  handshake: [],
  from: 'a',
  frames: [],
  opens: false,
  shared: false,
})

const frames = (count: number, frame: (flow: number) => Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, flow) => frame(flow))

/** Limits that no measured packet is over: each takes from its bucket, and that is what it costs. */
const withinLimits = (of: Layer): Layer => ({
  ...of,
  points: of.points.map((point) => ({
    ...point,
    tiers: point.tiers.map((tier) =>
      tier.kind === 'limit'
        ? {
            ...tier,
            limits: tier.limits.map((limit) => ({
              ...limit,
              ...(limit.packets && { packets: { units: 1e9, burst: 1e9 } }),
              ...(limit.bytes && { bytes: { units: 1e12, burst: 1e12 } }),
            })),
          }
        : tier,
    ),
  })),
})

const withoutLimits = (of: Layer): Layer => ({
  ...of,
  points: of.points.map((point) => ({ ...point, tiers: point.tiers.filter(({ kind }) => kind !== 'limit') })),
})

const far = ({ side }: Ends): Side => (side === 'a' ? 'b' : 'a')

const machineOf = ({ side, opener, other }: Ends): readonly Ip[] => [side === 'a' ? opener : other]

function established(
  name: string,
  points: readonly Point[],
  ends: Ends,
  sender: 'opener' | 'other',
  flows: number,
  more: Partial<Layer>,
): Layer {
  const from = (who: 'opener' | 'other', flags: number) => ({
    from: who === 'opener' ? ends.side : far(ends),
    frames: frames(flows, (flow) => (who === 'opener' ? forth(ends, flow, flags) : back(ends, flow, flags))),
  })
  return {
    ...layer(name, points),
    machine: machineOf(ends),
    handshake: [from('opener', flag.syn), from('other', flag.synAck), from('opener', flag.ack)],
    ...from(sender, flag.ack),
    ...more,
  }
}

const opening = (name: string, points: readonly Point[], ends: Ends, more: Partial<Layer>): Layer => ({
  ...layer(name, points),
  machine: machineOf(ends),
  from: ends.side,
  frames: frames(openings, (flow) => forth(ends, flow, flag.syn)),
  opens: true,
  ...more,
})

/** Ports from 1 on: what a filter says of them does not matter to any layer. */
const portOf = (flow: number): number => 1 + (flow % 65_535)

const forth = ({ opener, other, port, side, mac }: Ends, flow: number, flags: number): Uint8Array =>
  tcp(opener, other, portOf(flow), port, flags, side === 'a' ? mac : undefined)

const back = ({ opener, other, port, side, mac }: Ends, flow: number, flags: number): Uint8Array =>
  tcp(other, opener, port, portOf(flow), flags, side === 'b' ? mac : undefined)

const tcp = (
  source: Ip,
  destination: Ip,
  sourcePort: number,
  destinationPort: number,
  flags: number,
  mac?: Mac,
): Uint8Array =>
  buildFrame({
    ...(mac && { ethernet: { source: mac } }),
    ip: { source, destination },
    tcp: { sourcePort, destinationPort, flags, acknowledgement: 1 },
  })
