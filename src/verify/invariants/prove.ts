/** Proves the invariants of a network, and what its file expects beside. */
import type { Network } from '../../model/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { World } from '../../trace/index.ts'
import { edgeInvariants } from './edge.ts'
import { endpointInvariants, endpointShared } from './endpoints.ts'
import { Exemptions } from './exemptions.ts'
import { expectationInvariants } from './expectations.ts'
import { forwardingInvariants } from './forwarding.ts'
import { infrastructureInvariants } from './infrastructure.ts'
import type { Invariant } from './invariant.ts'
import { judgeInvariant, type Verdict } from './judge.ts'
import { machineInvariants } from './machines.ts'
import { openInvariants } from './open/index.ts'
import { Proof, type ProofMemory } from './proof.ts'
import { sitesAlike } from './sites-alike.ts'

export type { Counterexample, Verdict } from './judge.ts'
export { ProofMemory } from './proof.ts'

/** Of every network. */
export const invariants: readonly Invariant[] = [
  ...edgeInvariants,
  ...endpointInvariants,
  ...infrastructureInvariants,
  ...forwardingInvariants,
  ...machineInvariants,
  ...openInvariants,
  endpointShared,
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
}

export function prove(
  network: Network,
  policy: Policy,
  { most = 3, now = Date.now(), only, more = [], memory, progress, world }: ProofOptions = {},
): readonly Verdict[] {
  const proof = new Proof(network, policy, world, memory)
  const exemptions = new Exemptions(proof, now)
  const all = [...invariants, ...more, ...expectationInvariants(network)].filter(
    ({ id }) => only?.includes(id) ?? true,
  )
  return all.map((invariant, index) => {
    progress?.(index, all.length, invariant.id)
    return judgeInvariant(proof, exemptions, invariant, most)
  })
}
