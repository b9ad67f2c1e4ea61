/** What is promised to be open, read off from the flows that proofs follow: who sends, and to what. */
import { endpointName, type Network, type Node, nodeById, type VirtualEndpoint } from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { Flow } from '../arrival/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import { expectationInvariants } from '../invariants/expectations.ts'
import {
  clientOpenings,
  type Opening,
  openInvariants,
  roleOpenings,
  sentBy,
} from '../invariants/open/index.ts'
import { prefixesOf } from '../invariants/origin.ts'
import { toOwnPublic } from '../invariants/places.ts'
import { Proof } from '../invariants/proof.ts'

export interface OpenPromise {
  /** Of the invariant or expectation that says so. */
  readonly id: string
  /** What is open: `shop/web/https`, `storage`, `Internet`. */
  readonly name: string
  /** Where it is, if it is in one site. */
  readonly site?: string
  /** Ids of those that may open it, in file order. */
  readonly senders: readonly string[]
  readonly goal: Goal
}

export type Goal =
  /** A VIP and port, once for each family: any balancer, and whichever machine behind it. */
  | { readonly kind: 'endpoint'; readonly endpoints: readonly VirtualEndpoint[] }
  /** Each of these. */
  | { readonly kind: 'machines'; readonly nodes: readonly string[] }
  /** The Internet. */
  | { readonly kind: 'outside' }

/** Every promise of a network. Senders of which no packet is promised anything are left out. */
export function promisesOf(network: Network, policy: Policy): readonly OpenPromise[] {
  const proof = new Proof(network, policy)
  const claims = [
    ...openInvariants.filter(({ id }) => !isNamed.has(id)),
    ...expectationInvariants(network).filter(({ expectation }) => expectation.verdict === 'allow'),
  ]
  const found = claims.flatMap(({ id, flows }) =>
    Array.from(flows(proof)).flatMap((flow) => ofFlow(proof, id, flow)),
  )
  const named = [
    ...network.sites.flatMap((site) => ofOpenings(proof, 'role-open', roleOpenings(proof, site))),
    ...ofOpenings(proof, 'clients-open', clientOpenings(proof)),
  ]
  return joined(network, [...found, ...named])
}

/** What is opened at machines by name, for which one flow stands in a proof. */
const isNamed: ReadonlySet<string> = new Set(['role-open', 'clients-open'])

const ofOpenings = (proof: Proof, id: string, openings: Iterable<Opening>): readonly OpenPromise[] =>
  Array.from(openings).flatMap(({ name, site, senders, machines, packets }): OpenPromise[] => {
    const emissions = senders.map((sender) => ({ node: sender.id, packets: sentBy(proof, sender, packets) }))
    const flow = { emissions, at: new Set(machines.map(({ id: machine }) => machine)) }
    return ofFlow(proof, id, flow).map((each) => ({ ...each, name, ...(site !== undefined && { site }) }))
  })

function ofFlow(proof: Proof, id: string, flow: Flow): readonly OpenPromise[] {
  const { sets } = proof
  const emissions = flow.emissions.filter(({ packets }) => packets !== sets.none)
  const all = sets.union(emissions.map(({ packets }) => packets))
  if (all === sets.none) return []
  const senders = emissions.map(({ node }) => node)
  const site = flow.site === undefined ? {} : { site: flow.site }
  if (flow.leaves) return [{ id, name: 'Internet', ...site, senders, goal: { kind: 'outside' } }]
  const machines = machinesAt(proof, flow, all)
  return [
    ...endpointsIn(proof, all).map(
      (each): OpenPromise => ({
        id,
        name: endpointName(each),
        site: each.site,
        senders,
        goal: { kind: 'endpoint', endpoints: [each] },
      }),
    ),
    ...(machines.length > 0
      ? [
          {
            id,
            name: id,
            ...site,
            senders,
            goal: { kind: 'machines' as const, nodes: machines },
          },
        ]
      : []),
  ]
}

/** Machines of a flow that are addressed by themselves. */
function machinesAt(proof: Proof, { at }: Flow, packets: DiagramSet): readonly string[] {
  const { sets, network } = proof
  return [...(at ?? [])].filter((id) => {
    const node = nodeById(network, id) as Node
    return sets.mask(packets, proof.to(prefixesOf([node]))) !== sets.none
  })
}

/** Endpoints with machines behind them that some of the packets are for. */
function endpointsIn(proof: Proof, packets: DiagramSet): readonly VirtualEndpoint[] {
  const { sets } = proof
  const own = sets.mask(packets, toOwnPublic(proof))
  if (own === sets.none) return []
  return proof.endpoints().filter(({ vip, protocol, port, backends }) => {
    const match = {
      protocol,
      destination: [hostPrefix(vip)],
      destinationPorts: [{ first: port, last: port }],
    }
    return backends.length > 0 && sets.mask(own, sets.match(match)) !== sets.none
  })
}

/** The site of all senders and machines, if they are of one: what holds within each site is not promised between them. */
function within(network: Network, { senders, goal }: OpenPromise): string | undefined {
  if (goal.kind !== 'machines') return undefined
  const [site, ...others] = new Set([...senders, ...goal.nodes].map((id) => nodeById(network, id)?.site))
  return others.length === 0 ? site : undefined
}

/** One promise of those that are the same for people: both families of an endpoint, all servers of a service, all kinds of senders. */
function joined(network: Network, promises: readonly OpenPromise[]): readonly OpenPromise[] {
  const groups = new Map<string, OpenPromise[]>()
  for (const each of promises) {
    const key = [each.id, each.name, each.site ?? within(network, each), each.goal.kind].join(' ')
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  const order = new Map(network.nodes.map(({ id }, index) => [id, index]))
  const lists = new Map<string, readonly string[]>()
  // One list for the same nodes: much is found out once for each list.
  const inOrder = (ids: readonly string[]): readonly string[] => {
    const sorted = [...new Set(ids)].sort((a, b) => (order.get(a) as number) - (order.get(b) as number))
    const key = sorted.join()
    const known = lists.get(key) ?? sorted
    lists.set(key, known)
    return known
  }
  return Array.from(groups.values(), (group): OpenPromise => {
    const [first] = group as [OpenPromise]
    const goals = group.map(({ goal }) => goal)
    return {
      ...first,
      senders: inOrder(group.flatMap(({ senders }) => senders)),
      goal: merged(goals, inOrder),
    }
  })
}

function merged(goals: readonly Goal[], inOrder: (ids: readonly string[]) => readonly string[]): Goal {
  const [first] = goals as [Goal]
  switch (first.kind) {
    case 'endpoint':
      return {
        kind: 'endpoint',
        endpoints: [...new Set(goals.flatMap((goal) => (goal.kind === 'endpoint' ? goal.endpoints : [])))],
      }
    case 'machines':
      return {
        kind: 'machines',
        nodes: inOrder(goals.flatMap((goal) => (goal.kind === 'machines' ? goal.nodes : []))),
      }
    case 'outside':
      return first
  }
}
