/** What is asked of the endpoints of a network, as flows between nodes: of those that are left after a failure. */
import {
  type Demand,
  type Network,
  type Node,
  type Service,
  type VirtualEndpoint,
  virtualEndpoints,
  vmsOfRole,
} from '../../model/index.ts'
import type { Ip } from '../../net/index.ts'
import type { Spreads } from './spread.ts'
import type { Ways } from './ways.ts'

/** What one endpoint of a site is asked for. */
export interface SiteDemand {
  /** `shop/web/https`. */
  readonly name: string
  readonly site: string
  readonly demand: Demand
  readonly from: Users
}

type Users =
  /** They come to a VIP from outside. Sites of the same service take over from each other. */
  | {
      readonly kind: 'outside'
      readonly vip: Ip
      readonly machines: readonly string[]
      readonly sites: readonly string[]
    }
  /** VMs of the same site. */
  | { readonly kind: 'inside'; readonly senders: readonly Node[]; readonly machines: readonly Node[] }

/** What a node sends to an address. */
export interface Flow {
  readonly from: string
  /** Whose address it is; absent: a VIP's, or out there. */
  readonly to?: Node
  readonly address: Ip
  /** Towards those that serve, or back from them. */
  readonly way: 'in' | 'out'
  /** A second. */
  readonly bits: number
  readonly packets: number
  readonly demand: SiteDemand
}

/** Every demand of a network, in file order, site by site. */
export function demandsOf(network: Network): readonly SiteDemand[] {
  const endpoints = virtualEndpoints(network)
  return network.services.flatMap((service) =>
    service.demands.flatMap((demand) =>
      service.deployments.flatMap(({ site }): SiteDemand[] => {
        const from = usersOf(network, service, demand, site, endpoints)
        return from ? [{ name: `${service.name}/${demand.role}/${demand.endpoint}`, site, demand, from }] : []
      }),
    ),
  )
}

function usersOf(
  network: Network,
  service: Service,
  { role, endpoint }: Demand,
  site: string,
  endpoints: readonly VirtualEndpoint[],
): Users | undefined {
  const own = endpoints.filter(
    ({ owner, site: at }) =>
      at === site &&
      owner.kind === 'service' &&
      owner.service === service.name &&
      owner.role === role &&
      owner.endpoint === endpoint,
  )
  const [first] = own
  if (first) {
    // Both families go the same ways: what is asked for is sent as the first.
    const machines = own
      .filter(({ vip }) => vip.family === first.vip.family)
      .flatMap(({ backends }) => backends.map(({ node }) => node))
    const sites = service.deployments.map((each) => each.site)
    return { kind: 'outside', vip: first.vip, machines, sites }
  }
  const declared = service.roles
    .find(({ name }) => name === role)
    ?.endpoints.find(({ name }) => name === endpoint)
  if (!declared) return undefined
  const roles = declared.only?.from ?? service.roles.map(({ name }) => name)
  return {
    kind: 'inside',
    senders: roles.flatMap((each) => vmsOfRole(network, site, service.name, each)),
    machines: vmsOfRole(network, site, service.name, role),
  }
}

/** @param lost names of sites that fail as a whole */
export function flowsOf(
  ways: Ways,
  spreads: Spreads,
  demands: readonly SiteDemand[],
  lost: ReadonlySet<string>,
): readonly Flow[] {
  return demands.flatMap((each) =>
    each.from.kind === 'outside'
      ? fromOutside(ways, spreads, each, each.from, lost)
      : fromInside(ways, each, each.from),
  )
}

/** To the balancers, from each of them to the machines that are left in equal parts, and from these to the outside. */
function fromOutside(
  ways: Ways,
  spreads: Spreads,
  each: SiteDemand,
  { vip, machines, sites }: Extract<Users, { kind: 'outside' }>,
  lost: ReadonlySet<string>,
): Flow[] {
  const left = machines.flatMap((id) => ways.node(id) ?? [])
  const outside = ways.outside
  const address = outside.addresses.find(({ family }) => family === vip.family)
  if (left.length === 0 || !address) return []
  // Users of sites that are lost turn to those that are left.
  const times = sites.length / sites.filter((site) => !lost.has(site)).length
  const flow = (from: string, to: Pick<Flow, 'to' | 'address' | 'way'>, share: number): Flow => ({
    from,
    ...to,
    ...amountOf(each.demand, to.way, share),
    demand: each,
  })
  const entry = ways.vipLike(each.site, vip)
  return [
    flow(outside.id, { address: entry, way: 'in' }, times),
    ...Array.from(spreads.of(outside.id, entry).ends).flatMap(([balancer, share]) =>
      left.map((to) =>
        flow(balancer, { to, address: addressOf(to, vip), way: 'in' }, (times * share) / left.length),
      ),
    ),
    ...left.map(({ id }) => flow(id, { address, way: 'out' }, times / left.length)),
  ]
}

/** Between every sender and every machine that are left, in equal parts. */
function fromInside(
  ways: Ways,
  each: SiteDemand,
  { senders, machines }: Extract<Users, { kind: 'inside' }>,
): Flow[] {
  const isLeft = ({ id }: Node): boolean => ways.node(id) !== undefined
  const pairs = senders
    .filter(isLeft)
    .flatMap((from) =>
      machines.filter(isLeft).flatMap((to): [Node, Node][] => (from === to ? [] : [[from, to]])),
    )
  return pairs.flatMap(([from, to]): Flow[] => {
    const one = (a: Node, b: Node, way: Flow['way']): Flow => ({
      from: a.id,
      to: b,
      address: b.addresses[0] as Ip,
      way,
      ...amountOf(each.demand, way, 1 / pairs.length),
      demand: each,
    })
    return [one(from, to, 'in'), one(to, from, 'out')]
  })
}

const addressOf = ({ addresses }: Node, { family }: Ip): Ip =>
  addresses.find((address) => address.family === family) as Ip

function amountOf(demand: Demand, way: Flow['way'], share: number): Pick<Flow, 'bits' | 'packets'> {
  const bits = demand[way] * share
  return { bits, packets: bits / (8 * demand.packetSize) }
}
