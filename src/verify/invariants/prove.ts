/** Proves the invariants of a network, and what its file expects beside. */
import type { Network } from '../../model/index.ts'
import type { Policy } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { answerInvariants } from './answers.ts'
import { asWritten } from './as-written.ts'
import { balancerLeads } from './balancer-leads.ts'
import { edgeInvariants } from './edge.ts'
import { edgeRoutes } from './edge-routes.ts'
import { endpointInvariants, endpointShared } from './endpoints.ts'
import { errorInvariants } from './errors.ts'
import { expectationInvariants } from './expectations.ts'
import { forwardingInvariants } from './forwarding.ts'
import { infrastructureInvariants } from './infrastructure.ts'
import type { Invariant } from './invariant.ts'
import { layerInvariants } from './layers.ts'
import { machineInvariants } from './machines.ts'
import { openInvariants } from './open/index.ts'
import { noStrays, pointsPresent } from './presence.ts'
import type { ProofMemory } from './proof-memory.ts'
import { Prover } from './prover.ts'
import { sitesAlike } from './sites-alike.ts'
import type { Verdict } from './verdict.ts'

export { ProofMemory } from './proof-memory.ts'
export type { Counterexample, Verdict } from './verdict.ts'

/** Of every network. */
export const invariants: readonly Invariant[] = [
  ...edgeInvariants,
  ...endpointInvariants,
  ...infrastructureInvariants,
  edgeRoutes,
  ...forwardingInvariants,
  ...answerInvariants,
  ...errorInvariants,
  balancerLeads,
  ...layerInvariants,
  ...machineInvariants,
  asWritten,
  noStrays,
  ...openInvariants,
  endpointShared,
  pointsPresent,
  sitesAlike,
]

export interface ProofOptions {
  /** Counterexamples of each invariant at most. Default 3. */
  readonly most?: number
  /** Milliseconds since 1970, for exceptions that lapse. Default: the clock's. */
  readonly now?: number
  /** Ids of what is proven; absent: everything. */
  readonly only?: readonly string[]
  /** What is to be proven beside, of parts that stand on this one. */
  readonly more?: readonly Invariant[]
  /** Of earlier proofs. */
  readonly memory?: ProofMemory
  readonly progress?: (done: number, total: number, id: string) => void
  /** The network as packets find it. Default: as its file has it. */
  readonly world?: World
  /** From how many hosts and VMs on a few stand for those that are alike. Default 400: below, all are looked at as fast. */
  readonly alikeFrom?: number
}

export function prove(network: Network, policy: Policy, options: ProofOptions = {}): readonly Verdict[] {
  const { now = Date.now(), memory, world = createWorld(network, policy), alikeFrom = 400 } = options
  return verdictsOf(new Prover(world, now, alikeFrom, memory), network, options)
}

/** What a prover finds of its network. */
export function verdictsOf(
  prover: Prover,
  network: Network,
  { most = 3, progress, ...options }: ProofOptions,
): readonly Verdict[] {
  const all = claimsOf(network, options)
  return all.map((invariant, index) => {
    progress?.(index, all.length, invariant.id)
    return prover.judge(invariant, most)
  })
}

/** What is to be proven of a network. */
export const claimsOf = (
  network: Network,
  { only, more = [] }: Pick<ProofOptions, 'only' | 'more'>,
): readonly Invariant[] =>
  [...invariants, ...more, ...expectationInvariants(network)].filter(({ id }) => only?.includes(id) ?? true)
