/**
 * Where the prover says that packets get to, what stops them and which rule it is, and what they are then, against the walk with the evaluator: of
 * some packets at once nothing may be missing, and nothing may be there that no way explains.
 */

import { hostPrefix } from '../../../src/net/index.ts'
import { type Lending, lendingOf } from '../../../src/policy/index.ts'
import type { World } from '../../../src/trace/index.ts'
import type { Diagram, DiagramSet } from '../../../src/verify/diagram/index.ts'
import type { Reach } from '../../../src/verify/network/index.ts'
import type { PacketSets } from '../../../src/verify/packets/index.ts'
import { setOf } from '../../../src/verify/packets/one-packet.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'
import { numberOf } from '../../support/numbered.ts'
import { everyWay, realWays, type Ways } from './choices.ts'

/** A place where the two differ, and a packet that shows it as it is there. */
export interface Difference {
  readonly where: string
  readonly packet: IpHeaders | DiagramSet
  readonly only: 'prover' | 'evaluator'
}

/** What becomes of packets, by kind and place: `delivered west/host1`, `stopped west/lb1/vips/in 17`. */
type Fates = Map<string, IpHeaders[]>

function note(fates: Fates, { paths, denials }: Ways): void {
  const put = (key: string, packet: IpHeaders) => {
    const list = fates.get(key)
    if (list) list.push(packet)
    else fates.set(key, [packet])
  }
  for (const { end, packet } of paths) {
    if (end.kind === 'delivered') put(`delivered ${end.node}`, packet)
    if (end.kind === 'no-route') put(`unrouted ${end.node}`, packet)
    if (end.kind === 'not-for-node') put(`strayed ${end.node}`, packet)
  }
  for (const { point, packet, decision } of denials)
    put(`stopped ${point.id} ${numberOf(point, decision)}`, packet)
}

/** What becomes of a packet on some ways. */
export function fatesOfWays(ways: Ways): ReadonlyMap<string, readonly IpHeaders[]> {
  const fates: Fates = new Map()
  note(fates, ways)
  return fates
}

/** The same of the prover. */
function fatesOf(sets: PacketSets, reach: Reach): Map<string, DiagramSet> {
  const fates = new Map<string, DiagramSet>()
  for (const kind of ['delivered', 'unrouted', 'strayed'] as const)
    for (const [node, packets] of reach[kind])
      if (packets !== sets.none) fates.set(`${kind} ${node}`, packets)
  for (const [point, stopped] of reach.stopped)
    for (const number of sets.values(stopped))
      if (number > 0)
        fates.set(
          `stopped ${point.id} ${number}`,
          sets.where(stopped, (value) => value === number),
        )
  return fates
}

/** Of ports that are lent only the first and the last: the others are like these. */
export function withFewPorts(sets: PacketSets, world: World): DiagramSet {
  const lendings = new Map<string, Lending>()
  for (const { tiers } of world.policy.points)
    for (const tier of tiers)
      if (tier.kind === 'translation')
        for (const each of tier.translations) {
          const lending = lendingOf(each)
          if (lending) lendings.set(`${lending.address.family} ${lending.address.value}`, lending)
        }
  const others = Array.from(lendings.values(), ({ address, ports }) =>
    sets.mask(
      sets.addresses('source', [hostPrefix(address)]),
      sets.field('sourcePort', [[ports.first + 1, ports.last - 1]]),
    ),
  )
  return sets.without(sets.all, sets.union(others))
}

interface Ask {
  readonly sets: PacketSets
  readonly world: World
  readonly from: string
  /** See {@link withFewPorts}. */
  readonly few: DiagramSet
  /** What the prover says of these packets, with what stopped them. */
  readonly reach: Reach
}

/** The first difference about packets that one node sends. */
export function differenceOf(
  packets: readonly IpHeaders[],
  { sets, world, from, few, reach }: Ask,
): Difference | undefined {
  const walked: Fates = new Map()
  const really: Fates = new Map()
  for (const packet of packets) {
    const real = realWays(world, from, packet)
    note(really, real)
    for (const ways of everyWay(world, from, packet, real)) note(walked, ways)
  }
  const said = fatesOf(sets, reach)
  for (const [where, list] of really)
    for (const packet of list)
      if (!sets.holds(said.get(where) ?? sets.none, packet)) return { where, packet, only: 'evaluator' }
  for (const where of new Set([...said.keys(), ...walked.keys()])) {
    const prover = sets.mask(few, said.get(where) ?? sets.none)
    const evaluator = sets.mask(few, setOf(sets, walked.get(where) ?? []))
    if (prover === evaluator) continue
    const more = sets.without(prover, evaluator)
    return more === sets.none
      ? { where, packet: sets.without(evaluator, prover), only: 'evaluator' }
      : { where, packet: more, only: 'prover' }
  }
  return undefined
}

/** Whether what a packet really comes by and to is in the sets of all that its sender may send. */
export function missingFrom(
  reach: Reach,
  sets: PacketSets,
  world: World,
  from: string,
  packet: IpHeaders,
): Difference | undefined {
  const { paths, denials } = realWays(world, from, packet)
  const fates: Fates = new Map()
  note(fates, { paths, denials: [] })
  const has = (diagram: Diagram | undefined, one: IpHeaders) => sets.valueFor(diagram ?? sets.none, one)
  for (const [where, list] of fates) {
    const [kind, node] = where.split(' ') as ['delivered' | 'unrouted' | 'strayed', string]
    for (const one of list)
      if (has(reach[kind].get(node), one) === 0) return { where, packet: one, only: 'evaluator' }
  }
  const stopped = new Map(Array.from(reach.stopped, ([{ id }, by]) => [id, by]))
  for (const { point, packet: one, decision } of denials)
    if (has(stopped.get(point.id), one) !== numberOf(point, decision))
      return { where: `stopped ${point.id}`, packet: one, only: 'evaluator' }
  for (const { hops } of paths)
    for (const [index, { node, arrival, departure, packet: one }] of hops.entries()) {
      if (arrival && has(reach.arrived.get(`${node} ${arrival}`), one) === 0)
        return { where: `arrived ${node} ${arrival}`, packet: one, only: 'evaluator' }
      const next = hops[index + 1]
      if (departure && next && has(reach.sent.get(`${node} ${departure}`), next.packet) === 0)
        return { where: `sent ${node} ${departure}`, packet: next.packet, only: 'evaluator' }
    }
  return undefined
}
