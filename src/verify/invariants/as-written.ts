/**
 * Filters at VMs and hosts against the configuration as it stands in the file: that what is derived of it says no more. Whether the
 * configuration itself says too much is asked elsewhere, of the model.
 */
import { Protocol } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { swapEnds } from '../network/index.ts'
import { icmpOfTypes, kindLevels, openings, type PacketSets } from '../packets/index.ts'
import type { PointInvariant } from './invariant.ts'
import { leadsToVms, vmOf } from './machines.ts'
import { writtenAtServices, writtenConfig, writtenErrors, writtenIn, writtenOut } from './open/written.ts'
import type { Proof } from './proof.ts'

export const asWritten: PointInvariant = {
  kind: 'point',
  id: 'as-written',
  ofAlike: true,
  rows: ['R18', 'R19', 'R22'],
  claim:
    'By themselves the filters at VMs and hosts pass nothing that the configuration of machines and hosts, as it is written, does not let pass; the services of a host answer what it lets in.',
  points: (proof) => [...proof.points('hypervisor'), ...proof.points('host')],
  permitted(proof, point) {
    const { direction, flow, kind, node } = point
    if (kind === 'hypervisor')
      return writtenConfig(proof, vmOf(proof, point), flow?.heading === 'to-local' ? 'in' : 'out')
    const host = proof.world.node(node)
    const errors = direction === 'out' ? writtenErrors(proof, host) : proof.sets.none
    return proof.sets.union([
      errors,
      ...(flow
        ? [direction === 'in' ? writtenIn(proof, host) : writtenOut(proof, host)]
        : [writtenAtServices(proof, host, direction), serviceAnswers(proof, point)]),
    ])
  },
  demanded(proof, point) {
    const { direction, flow, kind, node } = point
    const { sets } = proof
    if (kind !== 'host' || (!flow && !leadsToVms(proof, point))) return sets.none
    const errors = direction === 'out' ? writtenErrors(proof, proof.world.node(node)) : sets.none
    return flow ? errors : sets.union([errors, serviceAnswers(proof, point)])
  },
}

/** What answers that which the services of a host hear, or say: they keep no flows. */
function serviceAnswers(proof: Proof, { node, direction }: Point): DiagramSet {
  const { sets } = proof
  const other = direction === 'in' ? 'out' : 'in'
  const opened = writtenAtServices(proof, proof.world.node(node), other, 'answerable')
  const back = swapEnds(sets, sets.mask(openings(sets), opened))
  return sets.allOf([sets.all, sets.forget(back, kindLevels), answering(sets)])
}

/** ACK, or RST without it (RFC 9293 section 3.10.7); datagrams; echo replies. */
const answering = (sets: PacketSets): DiagramSet =>
  sets.union([
    sets.match({ protocol: Protocol.tcp, tcpFlags: { mask: 0x10, value: 0x10 } }),
    sets.match({ protocol: Protocol.tcp, tcpFlags: { mask: 0x14, value: 0x04 } }),
    sets.match({ protocol: Protocol.udp }),
    icmpOfTypes(sets, (family) => [icmpEcho[family].reply]),
  ])
