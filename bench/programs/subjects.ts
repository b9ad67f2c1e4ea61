/** XDP programs of a site and the frames that each is measured with. */
import { type Network, virtualEndpoints } from '../../src/model/index.ts'
import { Ip, type Ip as IpAddress } from '../../src/net/index.ts'
import { buildFrame } from '../../src/wire/index.ts'
import type { LimitKind } from './limits.ts'

export interface Subject {
  readonly name: string
  readonly node: string
  readonly point: string
  readonly frames: readonly Uint8Array[]
  readonly goal?: number
  /** Limits of the router instead of the example's; absent: none. */
  readonly limits?: readonly LimitKind[]
}

export const client = (index: number): IpAddress =>
  Ip(4, (192n << 24n) + (2n << 8n) + 1n + BigInt(index & 0x7f))

/** Ever other addresses of the Internet. */
const anyone = (index: number): IpAddress => Ip(4, (8n << 24n) + BigInt(index))

export function xdpSubjects(network: Network): readonly Subject[] {
  const site = network.sites[0]?.name as string
  const endpoint = virtualEndpoints(network).find(
    ({ site: of, vip, protocol, owner }) =>
      of === site && vip.family === 4 && protocol === 6 && owner.kind === 'service',
  )
  const backend = endpoint?.backends[0]
  if (!endpoint || !backend) throw new Error('choose a flow: the example has no TCP endpoint')
  const inward = (flow: number, source = client(flow >> 10)): Uint8Array =>
    buildFrame({
      ip: { source, destination: endpoint.vip },
      tcp: { sourcePort: 1024 + ((flow & 0xffff) % 60_000), destinationPort: endpoint.port, flags: 0x10 },
    })
  const outward = (flow: number): Uint8Array =>
    buildFrame({
      ip: { source: backend.address, destination: client(flow >> 10) },
      tcp: { sourcePort: backend.port, destinationPort: 1024 + ((flow & 0xffff) % 60_000), flags: 0x10 },
    })
  const many = (flows: number, frame: (flow: number) => Uint8Array) =>
    Array.from({ length: flows }, (_, i) => frame(i))
  const [router, balancer] = [`${site}/ar1`, `${site}/lb1`]
  const at = (name: string, node: string, side: string, frames: readonly Uint8Array[]): Subject => ({
    name,
    node,
    point: `${node}/${side}/in`,
    frames,
  })
  return [
    at('access router, from outside, allowed', router, 'external', many(1, inward)),
    at('access router, from outside, 64k flows', router, 'external', many(65_536, inward)),
    ...(
      [['per source'], ['per source /24'], ['per VIP'], ['per source', 'per source /24', 'per VIP']] as const
    ).map((limits) => ({
      ...at(`the same, 1 source, limits ${limits.join(', ')}`, router, 'external', many(1, inward)),
      limits,
    })),
    {
      ...at(
        'the same, 8k sources, limit per source',
        router,
        'external',
        many(8192, (i) => inward(i, anyone(i))),
      ),
      limits: ['per source'],
    },
    {
      ...at(
        'the same, 64k sources, limit per source',
        router,
        'external',
        many(65_536, (i) => inward(i, anyone(i))),
      ),
      limits: ['per source'],
    },
    at(
      'access router, from inside, allowed',
      router,
      'internal',
      many(1, (i) => vipFrame(endpoint.vip, endpoint.port, i)),
    ),
    { ...at('balancer, VIP to DIP, 1 flow', balancer, 'external', many(1, inward)), goal: 22 },
    { ...at('balancer, VIP to DIP, 4k flows', balancer, 'external', many(4096, inward)) },
    { ...at('balancer, VIP to DIP, 64k flows', balancer, 'external', many(65_536, inward)), goal: 23 },
    at('balancer, reply to VIP, 1 flow', balancer, 'internal', many(1, outward)),
    at('balancer, reply to VIP, 64k flows', balancer, 'internal', many(65_536, outward)),
    at('balancer, from a VM outward, 1 flow', balancer, 'internal', many(1, lentFrame(backend.address))),
    at('the same, 500 flows of one VM', balancer, 'internal', many(500, lentFrame(backend.address))),
    at(
      'the same, 64k flows of one VM: each is opened',
      balancer,
      'internal',
      many(65_536, lentFrame(backend.address)),
    ),
  ]
}

/** A datagram of a VM to one of many machines outside. */
const lentFrame =
  (vm: IpAddress) =>
  (flow: number): Uint8Array =>
    buildFrame({
      ip: { source: vm, destination: client(flow) },
      udp: { sourcePort: 1024 + (flow % 60_000), destinationPort: 7000 },
    })

const vipFrame = (vip: IpAddress, port: number, flow: number): Uint8Array =>
  buildFrame({
    ip: { source: vip, destination: client(flow) },
    tcp: { sourcePort: port, destinationPort: 40_000, flags: 0x10 },
  })
