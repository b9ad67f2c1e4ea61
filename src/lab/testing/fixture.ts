/** A network with all that follows from it, and openings and counters in its words. */
import { compileDeployment, type Deployment } from '../../dataplane/index.ts'
import type { Network } from '../../model/index.ts'
import type { Family } from '../../net/index.ts'
import { derivePolicy, type Policy, rulesOf } from '../../policy/index.ts'
import { type Conversation, createWorld, type Opening, type World } from '../../trace/index.ts'
import type { Fabric } from '../fabric.ts'
import { addressOf, vipOf } from './small-network.ts'

export interface Fixture {
  readonly network: Network
  readonly policy: Policy
  readonly deployment: Deployment
  readonly world: World
}

export function fixtureOf(network: Network, policy = derivePolicy(network)): Fixture {
  const deployment = compileDeployment(network, policy)
  return { network, policy, deployment, world: createWorld(network, policy) }
}

/** `lab/fc1`, or `vip:shop` for the VIP of a service. */
export type Target = string

/** Makes openings with a source port that none before had: no flow of an earlier test is met. */
export function openings(
  network: Network,
): (from: string, to: Target, family: Family, protocol: Opening['protocol'], port?: number) => Opening {
  let sourcePort = 20_000
  return (from, to, family, protocol, port = 0) => ({
    from,
    source: addressOf(network, from, family),
    destination: to.startsWith('vip:') ? vipOf(network, to.slice(4), family) : addressOf(network, to, family),
    protocol,
    sourcePort: ++sourcePort,
    destinationPort: port,
  })
}

/** Packets counted by every rule, by `<point> <rule>`. */
export function packetsByRule(fabric: Fabric, { deployment }: Fixture): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { node, attachments, firstCounters } of deployment.nodes.values()) {
    const slots = fabric.counters(node)
    for (const { point } of attachments) {
      const first = firstCounters.get(point.id) ?? Number.NaN
      for (const [index, { rule }] of rulesOf(point).entries())
        counts.set(`${point.id} ${rule.id}`, Number(slots[first + index]?.packets))
    }
  }
  return counts
}

/** What each rule's counter moved by, where it moved. */
export function moved(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const differences = Array.from(after, ([key, count]) => [key, count - (before.get(key) ?? 0)] as const)
  return new Map(differences.filter(([, difference]) => difference !== 0))
}

/** The rules of which one drops the packet of a silent conversation, by `<point> <rule>`: one for each equal way. */
export const droppingRules = ({ stops }: Conversation): readonly string[] =>
  stops.flatMap(({ end }) => (end.kind === 'denied' ? [`${end.point.id} ${end.rule.id}`] : []))

/** Sum of the counts of these keys. */
export const sumOf = (counts: ReadonlyMap<string, number>, keys: Iterable<string>): number =>
  Array.from(keys).reduce((sum, key) => sum + (counts.get(key) ?? 0), 0)
