/**
 * Who is to be asked what, so that every kind of source meets every kind of destination: derived from the model, never listed by
 * hand. A source meets all destinations of its own site and, of other sites, one of each kind. In a site of many services the first
 * few stand for all, except that the Internet tries every VIP.
 */
import { localAddresses, type Network, type Node } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import type { Opening } from '../conversation.ts'
import type { DestinationKind, SourceKind } from './kinds.ts'
import { firstServices, type Sample } from './sample.ts'
import { sourcesOf } from './source.ts'
import { firstOfEachKind, type Target, targetsOf } from './target.ts'
import { freePorts } from './unused-port.ts'

/** One packet to be sent, and where it stands in the matrix. */
export interface MatrixProbe {
  readonly opening: Opening
  readonly source: SourceKind
  readonly destination: DestinationKind
  /** What is addressed, for people: `vip shop/web/https`, `west/fc1`. */
  readonly target: string
}

export interface MatrixOptions {
  /** Services of a site whose VMs and VIPs everybody tries. Default 6. */
  readonly services?: number
}

/** Every probe of the network, in a stable order. Source ports are unique in the matrix. */
export function acceptanceMatrix(
  network: Network,
  { services = 6 }: MatrixOptions = {},
): readonly MatrixProbe[] {
  const sample: Sample = new Map(
    network.sites.map(({ name }) => [name, firstServices(network, name, services)]),
  )
  const targets = targetsOf(network, sample)
  const sampled = new Map(network.sites.map(({ name }) => [name, firstOfEachKind(targets, name)]))
  const ports = freePorts(network)
  const probes: MatrixProbe[] = []
  for (const { kind, node, forged } of sourcesOf(network, sample)) {
    for (const target of targets) {
      if (forged && !sampled.get(target.site ?? '')?.has(target)) continue
      const near = node.site === undefined || target.site === undefined || target.site === node.site
      if (!near && !sampled.get(target.site as string)?.has(target)) continue
      if (isAt(node, target) || (target.internetOnly && kind !== 'internet')) continue
      const source = (forged ?? node.addresses).find(({ family }) => family === target.address.family)
      if (!source) continue
      const { protocol, port, address } = target
      const opening = { from: node.id, source, destination: address, protocol, destinationPort: port }
      const sourcePort = ports.next().value as number
      probes.push({
        opening: { ...opening, sourcePort },
        source: kind,
        destination: relation(node, target),
        target: target.name,
      })
    }
  }
  return probes
}

/** Whether a packet to the target would not leave the node. */
const isAt = (node: Node, { address }: Target): boolean =>
  localAddresses(node).some((own) => ipEquals(own, address))

function relation(source: Node, { kind, node }: Target): DestinationKind {
  if (kind !== 'vm' || !source.vm || !node?.vm) return kind
  if (source.vm.service === node.vm.service) return 'vm-own-service'
  return source.vm.tenant === node.vm.tenant ? 'vm-other-service' : 'vm-other-tenant'
}
