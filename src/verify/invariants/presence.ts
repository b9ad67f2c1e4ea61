/** That every enforcement point is there that the network must have, and that filters which keep flows let no stray pass. */
import { guestKey, type Node, type NodeKind, neighboursOf, siteByName } from '../../model/index.ts'
import { type Point, type PointKind, pointsAt } from '../../policy/index.ts'
import { icmpErrors } from '../../wire/index.ts'
import { icmpOfTypes, openings } from '../packets/index.ts'
import type { PlanInvariant, PointInvariant, Remark } from './invariant.ts'
import type { Proof } from './proof.ts'

export const pointsPresent: PlanInvariant = {
  kind: 'plan',
  id: 'points-present',
  rows: ['R9', 'R10', 'R18', 'R21', 'R22', 'R23'],
  claim:
    'Every interface has the filters that a network must have there, and those that are to keep flows do.',
  breaches: (proof) =>
    proof.network.nodes.flatMap((node) =>
      neighboursOf(proof.network, node.id).flatMap(({ node: peer, near }) =>
        neededAt(proof, node, peer).flatMap((needed) => missing(proof, node, near.interface, needed)),
      ),
    ),
}

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

/** Filters on a node's interface toward a neighbour. */
function neededAt(proof: Proof, node: Node, peer: Node): readonly Needed[] {
  const stateless = (kind: PointKind): Needed => ({ kind, direction: 'in', flow: false })
  const both = (kind: PointKind): readonly Needed[] =>
    (['in', 'out'] as const).map((direction) => ({ kind, direction, flow: true }))
  const services = (['in', 'out'] as const).map(
    (direction): Needed => ({ kind: 'host', direction, flow: false }),
  )
  if (native.has(node.kind)) return both('native-host')
  switch (node.kind) {
    case 'access-router':
    case 'balancer':
    case 'distribution-router':
      return [stateless(node.kind)]
    case 'host':
      return [...both('host'), ...services, ...(peer.vm ? both('hypervisor') : [])]
    case 'vm': {
      const guests = siteByName(proof.network, node.site ?? '')?.filters.guests
      return node.vm && guests?.[guestKey(node.vm.service, node.vm.role)] ? both('guest') : []
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
  const there = pointsAt(policy, node.id, iface, direction).filter((point) => point.kind === kind)
  if (there.some((point) => (point.flow !== undefined) === flow)) return []
  const what = `${flow ? 'filter that keeps flows' : 'filter'} of kind ${kind}`
  return [{ at: node.id, text: `${node.id} has no ${what} on ${iface}, direction ${direction}` }]
}
