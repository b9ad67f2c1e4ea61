/**
 * What the network file expects, as invariants. `allow`: what honest senders open arrives at every destination of the class, on every
 * way. `deny`: whatever the senders send, with whatever source, none of it arrives; outside, a class that does not take in all of the
 * Internet means senders with these sources.
 */
import {
  type Expectation,
  hostServiceAddresses,
  type Network,
  type Node,
  type TrafficClass,
  virtualEndpoints,
} from '../../model/index.ts'
import { hostPrefix, type Ip, type Prefix, prefixContains } from '../../net/index.ts'
import { type Flow, honest, toOthers } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Emission } from '../network/index.ts'
import { openings } from '../packets/index.ts'
import type { Absence, Breach, ExpectedInvariant } from './invariant.ts'
import { byInternet, toInternet, toOwnPublic } from './places.ts'
import type { Proof } from './proof.ts'

export const expectationInvariants = ({ expectations }: Network): readonly ExpectedInvariant[] =>
  expectations.map((expectation) => ({
    kind: 'expectation',
    id: expectation.id,
    rows: [],
    claim: claimOf(expectation),
    expectation,
    *flows(proof) {
      for (const each of expectation.classes) yield* flowsOf(proof, each)
    },
    *absences(proof) {
      for (const each of expectation.classes) yield* absencesOf(proof, each)
    },
  }))

const claimOf = ({ text, verdict, why }: Expectation): string => {
  const claim = `${text}: ${verdict === 'allow' ? 'everything arrives' : 'nothing arrives'}.`
  return why === undefined ? claim : `${claim} ${why}`
}

/** The kinds of destinations that a class has. */
interface Destinations {
  readonly machines: readonly Node[]
  /** VIPs and other public addresses of our own. */
  readonly own: DiagramSet
  /** Beyond the sites. */
  readonly outside: DiagramSet
}

function destinationsOf(proof: Proof, { to }: TrafficClass): Destinations {
  const { sets, network } = proof
  const all = sets.mask(sets.all, proof.to(to))
  return {
    machines: machinesAt(network, to, addressedAt),
    own: sets.mask(all, toOwnPublic(proof)),
    outside: sets.mask(all, toInternet(proof)),
  }
}

/** Machines of the sites with one of the addresses. */
export const machinesAt = (
  { nodes }: Network,
  prefixes: readonly Prefix[],
  addressesOf = ({ addresses }: Node): readonly Ip[] => addresses,
): readonly Node[] =>
  nodes.filter(
    (node) =>
      node.site !== undefined &&
      node.kind !== 'isp' &&
      addressesOf(node).some((address) => prefixes.some((one) => prefixContains(one, address))),
  )

/** By which a machine is addressed: a host by those of its services too. */
const addressedAt = ({ kind, addresses }: Node): readonly Ip[] =>
  kind === 'host' ? [...addresses, ...hostServiceAddresses(addresses)] : addresses

/** Protocol and ports. */
const kindOf = ({ sets }: Proof, { protocol, ports }: TrafficClass): DiagramSet =>
  sets.match({ ...(protocol !== undefined && { protocol }), ...(ports && { destinationPorts: ports }) })

/** Sources in the Internet that the class names: all that one can have there, or some. */
function outsideSources(
  proof: Proof,
  from: readonly Prefix[],
): { readonly some: DiagramSet; readonly all: boolean } {
  const anybody = byInternet(proof)
  const some = proof.sets.mask(proof.by(from), anybody)
  return { some, all: some === anybody }
}

/** Nobody but these may bear other sources than their own. */
const trusted = new Set(['access-router', 'balancer', 'distribution-router'])

/** What honest senders of a class open, and where it is to arrive: at machines, by VIPs, outside. */
export function* flowsOf(proof: Proof, traffic: TrafficClass): Iterable<Flow> {
  const { sets, network } = proof
  const { machines, own, outside } = destinationsOf(proof, traffic)
  const opened = sets.mask(openings(sets), kindOf(proof, traffic))
  const senders = sendersOf(proof, traffic)
  const flow = (to: DiagramSet, rest: Omit<Flow, 'emissions'>): Flow => ({
    emissions: senders.flatMap(({ node, packets }): Emission[] => {
      const sent = sets.allOf([packets, to, opened])
      return sent === sets.none ? [] : [{ node, packets: sent }]
    }),
    ...rest,
  })
  const addresses = machines.flatMap((node) => addressedAt(node).map(hostPrefix))
  const wanted = sets.mask(proof.to(traffic.to), proof.to(addresses))
  yield flow(wanted, { by: 'address', at: new Set(machines.map(({ id }) => id)) })
  if (own !== sets.none) {
    const vips = virtualEndpoints(network).filter(({ vip }) =>
      traffic.to.some((one) => prefixContains(one, vip)),
    )
    const used = proof.to(vips.map(({ vip }) => hostPrefix(vip)))
    yield flow(sets.mask(own, used), {
      by: 'vip',
      at: new Set(vips.flatMap(({ backends }) => backends.map(({ node }) => node))),
    })
  }
  if (outside !== sets.none && senders.some(({ node }) => !proof.isOutside(node)))
    yield {
      ...flow(outside, { by: 'outside', leaves: true }),
      emissions: flow(outside, {}).emissions.filter(({ node }) => !proof.isOutside(node)),
    }
}

/** Honest senders of a class, with all that they may say. */
function sendersOf(proof: Proof, { from }: TrafficClass): readonly Emission[] {
  const { sets, network } = proof
  const by = proof.by(from)
  const inside = machinesAt(network, from).map(
    (node): Emission => ({ node: node.id, packets: sets.mask(by, honest(sets, node)) }),
  )
  const { some } = outsideSources(proof, from)
  if (some === sets.none) return inside
  const beyond = network.nodes.filter(({ kind }) => kind === 'internet')
  return [...inside, ...beyond.map(({ id }): Emission => ({ node: id, packets: some }))]
}

function* absencesOf(proof: Proof, traffic: TrafficClass): Iterable<Absence> {
  const { sets, network } = proof
  const { machines, own, outside } = destinationsOf(proof, traffic)
  const kind = kindOf(proof, traffic)
  const { some, all } = outsideSources(proof, traffic.from)
  const inside = machinesAt(network, traffic.from).map((node): Emission => {
    const packets = trusted.has(node.kind) ? honest(sets, node) : toOthers(sets, node)
    return { node: node.id, packets }
  })
  const beyond = all || some !== sets.none ? proof.emissions('outside', all ? sets.all : some) : []
  const everybody = [...inside, ...beyond]
  if (machines.length > 0) {
    const addressed = sets.mask(kind, proof.to(traffic.to))
    const nodes = new Set(machines.map(({ id }) => id))
    yield {
      emissions: everybody,
      *breaches(reach) {
        for (const [at, packets] of reach.delivered)
          if (nodes.has(at)) yield { at, packets: sets.mask(addressed, packets) }
      },
    }
  }
  if (own !== sets.none)
    yield {
      emissions: limited(proof, everybody, sets.mask(own, kind)),
      *breaches(reach) {
        for (const [at, packets] of reach.delivered) if (!proof.isOutside(at)) yield { at, packets }
      },
    }
  if (outside !== sets.none && inside.length > 0)
    yield {
      emissions: limited(proof, inside, sets.mask(outside, kind)),
      *breaches(reach): Iterable<Breach> {
        for (const [at, packets] of reach.sent) {
          const [node, iface] = at.split(' ') as [string, string]
          if (!proof.isOutside(node) && proof.isOutside(proof.world.peer(node, iface).node))
            yield { at, packets }
        }
      },
    }
}

const limited = ({ sets }: Proof, emissions: readonly Emission[], to: DiagramSet): readonly Emission[] =>
  emissions.map(({ node, packets }) => ({ node, packets: sets.mask(to, packets) }))
