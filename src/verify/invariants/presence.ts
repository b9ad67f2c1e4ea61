/** That every enforcement point is there that the network must have, and that filters which keep flows let no stray pass. */
import { guestKey, type Node, type NodeKind, neighboursOf, nodeById, siteByName } from '../../model/index.ts'
import { type Point, type PointKind, pointsAt } from '../../policy/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import { icmpOfTypes, openings } from '../packets/index.ts'
import type { PlanInvariant, PointInvariant, Remark } from './invariant.ts'
import type { Limit } from './limit.ts'
import type { Proof } from './proof.ts'

export const pointsPresent: PlanInvariant = {
  kind: 'plan',
  id: 'points-present',
  rows: ['R9', 'R10', 'R18', 'R21', 'R22', 'R23'],
  claim:
    'Every interface has the filters that a network must have there, and those that are to keep flows do.',
  breaches(proof, limit) {
    const found: Remark[] = []
    for (const node of limit ? nodesOf(proof, limit) : proof.network.nodes)
      for (const { node: peer, near } of neighboursOf(proof.network, node.id))
        for (const one of neededAt(proof, node, peer))
          found.push(...missing(proof, node, near.interface, one))
    return found
  },
}

const nodesOf = ({ network }: Proof, { nodes }: Limit): readonly Node[] =>
  [...nodes].flatMap((id) => nodeById(network, id) ?? [])

/** Without a flow that they belong to, such packets are answers to nothing. */
export const noStrays: PointInvariant = {
  kind: 'point',
  id: 'no-strays',
  ofAlike: true,
  rows: ['R18', 'R21', 'R22', 'R23'],
  claim:
    'A filter that keeps flows lets nothing pass that neither opens one nor belongs to one, but for the ICMP errors that a host sends.',
  points: (proof) => proof.allPoints().filter(({ flow }) => flow),
  permitted({ sets }, { kind, direction }) {
    const open = openings(sets)
    if (kind !== 'host' || direction !== 'out') return open
    return sets.union([open, icmpOfTypes(sets, (family) => icmpErrors[family])])
  },
}

interface Needed {
  readonly kind: PointKind
  readonly direction: Point['direction']
  readonly flow: boolean
}

const native: ReadonlySet<NodeKind> = new Set([
  'name-server',
  'fabric-controller',
  'jump-box',
  'storage',
  'activation-server',
])

const stateless = (kind: PointKind): readonly Needed[] => [{ kind, direction: 'in', flow: false }]

const bothWays = (kind: PointKind, flow: boolean): readonly Needed[] =>
  (['in', 'out'] as const).map((direction) => ({ kind, direction, flow }))

const needed = {
  accessRouter: stateless('access-router'),
  balancer: stateless('balancer'),
  distributionRouter: stateless('distribution-router'),
  native: bothWays('native-host', true),
  host: [...bothWays('host', true), ...bothWays('host', false)],
  hostOfVm: [...bothWays('host', true), ...bothWays('host', false), ...bothWays('hypervisor', true)],
  guest: bothWays('guest', true),
}

/** Filters on a node's interface toward a neighbour. */
function neededAt(proof: Proof, node: Node, peer: Node): readonly Needed[] {
  if (native.has(node.kind)) return needed.native
  switch (node.kind) {
    case 'access-router':
      return needed.accessRouter
    case 'balancer':
      return needed.balancer
    case 'distribution-router':
      return needed.distributionRouter
    case 'host':
      return peer.vm ? needed.hostOfVm : needed.host
    case 'vm': {
      const guests = siteByName(proof.network, node.site ?? '')?.filters.guests
      return node.vm && guests?.[guestKey(node.vm.service, node.vm.role)] ? needed.guest : []
    }
    default:
      return []
  }
}

function missing(
  { policy }: Proof,
  node: Node,
  iface: string,
  { kind, direction, flow }: Needed,
): readonly Remark[] {
  for (const point of pointsAt(policy, node.id, iface, direction))
    if (point.kind === kind && (point.flow !== undefined) === flow) return []
  const what = `${flow ? 'filter that keeps flows' : 'filter'} of kind ${kind}`
  return [{ at: node.id, text: `${node.id} has no ${what} on ${iface}, direction ${direction}` }]
}
