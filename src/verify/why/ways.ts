/** The ways by which those who are asked about may reach those who are addressed: by their own addresses, by VIPs, out to the Internet. */
import {
  endpointName,
  type Network,
  type Node,
  type TrafficClass,
  type VirtualEndpoint,
  virtualEndpoints,
} from '../../model/index.ts'
import { hostPrefix, type PortRange, prefixContains } from '../../net/index.ts'
import type { Flow } from '../arrival/index.ts'
import { flowsOf, machinesAt, type Proof } from '../invariants/index.ts'

export interface Way {
  readonly kind: 'address' | 'vip' | 'outside'
  /** Of `vip`: the endpoint, `shop/web/https`; absent for VIPs that were asked about themselves. */
  readonly endpoint?: string
  readonly flows: readonly Flow[]
}

/** Ways on which somebody sends something, whatever becomes of it. */
export function waysOf(proof: Proof, classes: readonly TrafficClass[]): readonly Way[] {
  const asked = classes.flatMap((each) => [...flowsOf(proof, each)])
  const kinds = (['address', 'vip', 'outside'] as const).map(
    (kind): Way => ({ kind, flows: asked.filter(({ by }) => by === kind) }),
  )
  return [...kinds, ...byEndpoints(proof, classes)]
    .map((way) => ({ ...way, flows: way.flows.filter(({ emissions }) => emissions.length > 0) }))
    .filter(({ flows }) => flows.length > 0)
}

const isAddressed = ({ addresses }: Node, to: TrafficClass['to']): boolean =>
  addresses.some((address) => to.some((one) => prefixContains(one, address)))

/** VIPs lead to machines too that are asked about by their own addresses. */
function byEndpoints(proof: Proof, classes: readonly TrafficClass[]): readonly Way[] {
  const found = new Map<string, Flow[]>()
  for (const each of classes)
    for (const endpoint of endpointsTo(proof.network, each)) {
      const name = endpoint.owner.kind === 'service' ? endpointName(endpoint) : 'name service'
      const backends = endpoint.backends.filter(({ node }) => isAddressed(proof.world.node(node), each.to))
      const at = new Set(backends.map(({ node }) => node))
      const { vip, protocol, port } = endpoint
      const ports: readonly PortRange[] = [{ first: port, last: port }]
      const flows = flowsOf(proof, { from: each.from, to: [hostPrefix(vip)], protocol, ports })
      const list = found.get(name) ?? []
      found.set(name, list)
      for (const flow of flows) if (flow.at && flow.at.size > 0) list.push({ ...flow, at })
    }
  return Array.from(found, ([endpoint, flows]): Way => ({ kind: 'vip', endpoint, flows }))
}

/** Endpoints behind which a machine of the class is, and whose protocol and port it does not leave out. */
function endpointsTo(network: Network, { to, protocol, ports }: TrafficClass): readonly VirtualEndpoint[] {
  const machines = new Set(machinesAt(network, to).map(({ id }) => id))
  return virtualEndpoints(network).filter(
    (endpoint) =>
      (protocol === undefined || protocol === endpoint.protocol) &&
      (ports?.some(({ first, last }) => first <= endpoint.port && endpoint.port <= last) ?? true) &&
      !to.some((one) => prefixContains(one, endpoint.vip)) &&
      endpoint.backends.some(({ node }) => machines.has(node)),
  )
}
