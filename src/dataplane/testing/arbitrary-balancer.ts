/** Random balancers, made of the same tiers as derived ones, and the packets of connections through them. */
import fc from 'fast-check'
import { type Family, Ip, PortRange, Prefix, Protocol } from '../../net/index.ts'
import type {
  Backend,
  EgressIn,
  EgressOut,
  EndpointIn,
  EndpointOut,
  Lending,
  Point,
  Rule,
  Tier,
} from '../../policy/index.ts'
import { defaultDeny, shapeTier } from '../../policy/index.ts'
import type { QuotedFlow } from '../../wire/index.ts'
import type { CaseOptions } from './arbitrary-point.ts'
import { drawBalancerStep } from './balancer-steps.ts'
import { Draw } from './draw.ts'
import { drawAccessLists } from './draw-access-list.ts'
import { fullArray } from './full-array.ts'
import type { PointCase } from './point-runner.ts'

/** What balancer and packets are about. */
export interface BalancerWorld {
  readonly endpoints: readonly Endpoint[]
  readonly vips: Readonly<Record<Family, readonly Ip[]>>
  readonly machines: Readonly<Record<Family, readonly Ip[]>>
  /** Outside. */
  readonly clients: Readonly<Record<Family, readonly End[]>>
  /** Machines that use VIPs of their own site. */
  readonly users: Readonly<Record<Family, readonly End[]>>
  /** What machines open outward, as they know it. */
  readonly connections: readonly QuotedFlow[]
  /** The balancer's, where it has one. */
  readonly egress: Readonly<Partial<Record<Family, Ip>>>
  readonly lent: PortRange
  /** Who has a block of the ports; each once. */
  readonly borrowers: Readonly<Record<Family, readonly Ip[]>>
}

export interface End {
  readonly address: Ip
  readonly port: number
}

export type Endpoint = Omit<EndpointOut, 'kind' | 'rule'>

const seed = fc.nat(0x7fff_ffff)
const balancerShape = fc.record({
  world: seed,
  /** Bits: whether there is an egress address of each family. */
  egress: fc.constantFrom(3, 3, 3, 1, 2, 0),
  /** Few ports are soon all lent. */
  lent: fc.constantFrom(
    PortRange(1024, 65535),
    PortRange(1024, 65535),
    PortRange(5000, 5002),
    PortRange(5000, 5006),
    PortRange(5000, 5031),
    PortRange(65534, 65535),
    PortRange(9),
  ),
  endpoints: fc.array(seed, { maxLength: 9, size: 'max' }),
  /** Connections of each VM. */
  quota: fc.constantFrom(1, 1, 1, 2, 3, 8, 64),
  /** Replies are translated in a tier of their own, after undeclared ports of VIPs are denied. */
  repliesApart: fc.boolean(),
  /** Seed of access lists; absent: there are none. */
  lists: fc.option(seed, { nil: undefined }),
})

type Shape = {
  world: number
  egress: number
  lent: PortRange
  endpoints: number[]
  quota: number
  repliesApart: boolean
  lists: number | undefined
}

/** A balancer's two points: outer 0, inner 1. */
export const arbitraryBalancerCase = ({ steps, waits = false }: CaseOptions): fc.Arbitrary<PointCase> =>
  fc.record({ shape: balancerShape, steps: fullArray(seed, steps) }).map(({ shape, steps }) => {
    const world = worldOf(shape)
    return {
      points: balancerPoints(world, shape),
      egress: Object.values(world.egress),
      steps: steps.map((from) => drawBalancerStep(new Draw(from), world, waits)),
    }
  })

const families = [4, 6] as const
const inside: Readonly<Record<Family, Prefix>> = {
  4: Prefix(4, 0x0a104000n, 18),
  6: Prefix(6, 0xfd676c61001600640000000000000000n, 64),
}

const firstVip: Readonly<Record<Family, bigint>> = { 4: 0xc6336400n, 6: 0x20010db8n << 96n }

function worldOf({ world, egress, lent, endpoints }: Shape): BalancerWorld {
  const d = new Draw(world)
  const of = <T>(count: number, make: (family: Family, index: number) => T) => ({
    4: Array.from({ length: count }, (_, index) => make(4, index)),
    6: Array.from({ length: count }, (_, index) => make(6, index)),
  })
  const any = (family: Family) => Ip(family, d.bits(family === 4 ? 32 : 128))
  const end = (address: Ip): End => ({ address, port: d.pick([1024, 40000, 65535]) })
  const vips = of(2, (family, index) => Ip(family, firstVip[family] + BigInt(index)))
  const machines = of(20, (family) => Ip(family, inside[family].value + BigInt(d.below(0x4000))))
  const clients = of(3, (family) => end(any(family)))
  const users = of(2, (family) => end(d.pick(machines[family])))
  const connections = d.several(8, () => drawConnection(d, users, clients))
  const own = families.filter((_, bit) => egress & (1 << bit)).map((family) => [family, any(family)] as const)
  const borrowers = of(d.pick([1, 2, 3, 3, 7]), (family, index) =>
    // Now and then one that uses VIPs borrows nothing.
    index < 2 && !d.chance(10) ? (users[family][index] as End).address : d.pick(machines[family]),
  )
  const known = new Set<string>()
  return {
    vips,
    machines,
    clients,
    users,
    connections,
    egress: Object.fromEntries(own),
    lent,
    borrowers: { 4: distinct(borrowers[4]), 6: distinct(borrowers[6]) },
    endpoints: endpoints
      .map((from) => drawEndpoint(new Draw(from), vips, machines))
      .filter(({ vip, protocol, port }) => {
        const key = `${vip.family} ${vip.value} ${protocol} ${port}`
        return !known.has(key) && known.add(key)
      }),
  }
}

export function drawConnection(
  d: Draw,
  users: BalancerWorld['users'],
  clients: BalancerWorld['clients'],
): QuotedFlow {
  const family = d.pick(families)
  // Mostly to one remote end, so that ports run out.
  const client = d.chance(60) ? (clients[family][0] as End) : d.pick(clients[family])
  const user = d.pick(users[family])
  const icmp = family === 4 ? Protocol.icmp : Protocol.icmp6
  const protocol = d.pick([Protocol.tcp, Protocol.tcp, Protocol.udp, Protocol.udp, icmp, icmp, 47])
  const ported = protocol === Protocol.tcp || protocol === Protocol.udp
  const identifier = protocol === icmp ? d.pick([user.port, d.below(65536), 0]) : 0
  return {
    source: user.address,
    destination: client.address,
    protocol,
    sourcePort: ported ? (user.port + d.below(3)) & 0xffff : identifier,
    destinationPort: ported ? client.port : 0,
  }
}

/** Backends of several endpoints may share machine and port: then a reply is from the first of them. */
function drawEndpoint(d: Draw, vips: BalancerWorld['vips'], machines: BalancerWorld['machines']): Endpoint {
  const family = d.pick(families)
  const count = d.pick([0, 1, 1, 2, 3, 5, 10, 20])
  const first = d.below(20)
  const port = d.pick([80, 8080, 0, 65535, d.below(65536)])
  const backends = Array.from({ length: count }, (_, index): Backend => {
    const machine = (first + index) % 20
    return { node: `west/vm-${machine}`, address: machines[family][machine] as Ip, port }
  })
  return {
    vip: d.pick(vips[family]),
    protocol: d.pick([Protocol.tcp, Protocol.tcp, Protocol.udp]),
    port: d.pick([80, 443, 53, 0, 65535]),
    backends,
  }
}

function balancerPoints(world: BalancerWorld, { repliesApart, lists, quota }: Shape): Point[] {
  const guards = lists === undefined ? [] : drawAccessLists(new Draw(lists), world)
  const { endpoints, egress, lent, vips } = world
  const addresses = Object.values(egress)
  const common = { kind: 'balancer' as const, node: 'west/lb1', direction: 'in' as const, defaultDeny }
  const tier = (name: string, translations: (EndpointIn | EndpointOut | EgressIn | EgressOut)[]): Tier => ({
    kind: 'translation',
    name,
    translations,
  })
  const outs = endpoints.map(
    (endpoint, n): EndpointOut => ({ ...endpoint, kind: 'endpoint-out', rule: allow(`reply/${n}`) }),
  )
  const ins = (prefix: string) =>
    endpoints.map(
      (endpoint, n): EndpointIn => ({ ...endpoint, kind: 'endpoint-in', rule: allow(`${prefix}/${n}`) }),
    )
  const egressIn = (address: Ip): EgressIn => ({
    kind: 'egress-in',
    rule: allow(`egress-in/v${address.family}`),
    address,
    ports: lent,
  })
  const lending = (address: Ip, full: Rule): Lending => ({
    address,
    ports: lent,
    borrowers: world.borrowers[address.family],
    quota,
    full,
  })
  const [full, hairpinFull] = [deny('egress/full'), deny('hairpin/full')]
  const hairpins = ins('hairpin').flatMap((endpoint): EndpointIn[] => {
    const address = egress[endpoint.vip.family]
    return address ? [{ ...endpoint, hairpin: lending(address, hairpinFull) }] : []
  })
  return [
    {
      ...common,
      id: 'west/lb1/external/in',
      interfaces: ['ar1'],
      tiers: [shapeTier, ...guards, tier('declared-endpoints', [...ins('in'), ...addresses.map(egressIn)])],
    },
    {
      ...common,
      id: 'west/lb1/internal/in',
      interfaces: ['dr1'],
      tiers: [
        shapeTier,
        ...guards,
        tier('declared-endpoints', [
          ...addresses.map((address) => ({
            ...egressIn(address),
            hairpin: outs.filter(({ vip }) => vip.family === address.family),
          })),
          ...hairpins,
          ...(repliesApart ? [] : outs),
        ]),
        {
          kind: 'rules',
          name: 'undeclared',
          rules: [{ ...allow('vip/undeclared'), action: 'deny', match: { destination: vipPrefixes(vips) } }],
        },
        ...(repliesApart ? [tier('replies', outs)] : []),
        tier(
          'egress',
          addresses.map(
            (address): EgressOut => ({
              kind: 'egress-out',
              rule: allow(`egress-out/v${address.family}`),
              ...lending(address, full),
            }),
          ),
        ),
      ],
    },
  ]
}

const vipPrefixes = (vips: BalancerWorld['vips']): Prefix[] =>
  families.flatMap((family) =>
    vips[family].map(({ value }) => Prefix(family, value, family === 4 ? 32 : 128)),
  )

export const distinct = (addresses: readonly Ip[]): Ip[] => [
  ...new Map(addresses.map((address) => [address.value, address])).values(),
]

const deny = (id: string): Rule => ({ ...allow(id), action: 'deny' })

const allow = (id: string): Rule => ({
  id,
  action: 'allow',
  match: {},
  origin: { kind: 'built-in', name: 'balancer' },
  why: 'Drawn at random.',
})
