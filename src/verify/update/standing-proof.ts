/** A proof that is kept while its network is changed again and again: after a change only what it touches is looked at. */
import { type Network, nodeById } from '../../model/index.ts'
import { type Policy, Sameness, withKnownPoints } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { type Alike, addressesOf, areVouchedFor } from '../alike/index.ts'
import { everything } from '../diagram/index.ts'
import { Exemptions } from '../invariants/exemptions.ts'
import { judgeInvariant } from '../invariants/judge.ts'
import { Proof, ProofMemory } from '../invariants/proof.ts'
import { claimsOf, type ProofOptions, verdictsOf } from '../invariants/prove.ts'
import { Prover } from '../invariants/prover.ts'
import type { Verdict } from '../invariants/verdict.ts'
import { destinationsOf, type Forwarding } from '../network/index.ts'
import { type Affected, affectedBy } from './affected.ts'
import { type Difference, differenceOf } from './difference.ts'
import { limitOf } from './limit-of.ts'
import { nearTo, type Watched, watchedAfter } from './watched.ts'

export interface Update {
  readonly verdicts: readonly Verdict[]
  /** All was looked at: the change concerns more than some machines and lists. */
  readonly isWhole: boolean
}

/** A network that was looked at whole, with which later ones are compared. */
interface Base {
  readonly world: World
  readonly prover: Prover
  readonly memory: ProofMemory
  readonly verdicts: readonly Verdict[]
}

export class StandingProof {
  readonly #options: ProofOptions
  #base: Base
  #verdicts: readonly Verdict[]

  constructor(network: Network, policy: Policy, options: ProofOptions = {}) {
    this.#options = options
    this.#base = this.#whole(createWorld(network, policy), options)
    this.#verdicts = this.#base.verdicts
  }

  /** What was found last. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts
  }

  /** What holds of the network as it is now. @param more what is to be proven beside, as it follows from this network */
  update(network: Network, policy: Policy, more = this.#options.more): Update {
    const { world: before } = this.#base
    const sameness = new Sameness()
    const points = withKnownPoints(policy, before.policy, sameness)
    const world = network === before.network ? { ...before, policy: points } : createWorld(network, points)
    const options = { ...this.#options, ...(more && { more }) }
    const verdicts = this.#parts(world, options, sameness)
    if (!verdicts) this.#base = this.#whole(createWorld(network, policy), options)
    this.#verdicts = verdicts ?? this.#base.verdicts
    return { verdicts: this.#verdicts, isWhole: verdicts === undefined }
  }

  #whole(world: World, options: ProofOptions): Base {
    const { now = Date.now(), alikeFrom = 400 } = options
    const memory = new ProofMemory()
    const prover = new Prover(world, now, alikeFrom, memory)
    const verdicts = verdictsOf(prover, world.network, options)
    return { world, prover, memory, verdicts }
  }

  /** `undefined`: all is to be looked at. */
  #parts(world: World, options: ProofOptions, sameness: Sameness): readonly Verdict[] | undefined {
    const { world: before, verdicts, prover, memory } = this.#base
    const { proof: was, alike } = prover.usual
    if (verdicts.some(({ holds }) => !holds)) return undefined
    const { expectations, exceptions } = world.network
    // They lapse by the clock alone, and what they cover or no longer do is seen of everything only.
    if (exceptions.length > 0) return undefined
    // These tell apart what is alike.
    if (alike && expectations.length > 0) return undefined
    const difference = differenceOf(before, world, sameness)
    const affected =
      difference &&
      affectedBy(was, new Proof(world.network, world.policy, { world, memory }), difference, sameness)
    if (!difference || !affected) return undefined
    const watched = alike && watchedAfter(world.network, alike, affected)
    if (alike && !watched) return undefined
    return this.#judge(world, options, difference, affected, watched)
  }

  #judge(
    world: World,
    options: ProofOptions,
    difference: Difference,
    affected: Affected,
    watched: Watched | undefined,
  ): readonly Verdict[] | undefined {
    const { prover, memory, verdicts } = this.#base
    const { proof: was, alike } = prover.usual
    const { network, policy } = world
    const near = watched?.near ?? nearTo(network, affected.machines)
    const proof = new Proof(network, policy, {
      world,
      memory,
      tables: this.#tables(world, affected, watched),
      destinations: was.mayLoop ? everything : destinationsOf(was.sets, affected.arriving),
      ...(alike && watched && { unwatched: unwatchedIn(network, alike, watched) }),
    })
    if (alike && !isVouchedFor(proof, alike, affected, near)) return undefined
    const { now = Date.now(), most = 3 } = options
    const exemptions = new Exemptions(proof, now)
    const limit = limitOf(proof, difference, affected, near)
    const claims = claimsOf(network, options)
    if (claims.some(({ id }, index) => verdicts[index]?.invariant.id !== id)) return undefined
    return claims.map((claim) => judgeInvariant(proof, exemptions, claim, most, limit))
  }

  /** Forwarding of sites in which the same machines are looked at as before. */
  #tables(world: World, { machines }: Affected, watched: Watched | undefined): Map<string, Forwarding> {
    const { proof, alike } = this.#base.prover.usual
    const kept = alike?.kept
    const sites = new Set(Array.from(machines.values(), ({ site }) => site))
    for (const id of watched?.ids ?? []) if (!kept?.has(id)) sites.add(world.node(id).site)
    return new Map([...proof.tables].filter(([id]) => !sites.has(nodeById(world.network, id)?.site)))
  }
}

function unwatchedIn(network: Network, alike: Alike, { ids }: Watched): ReadonlySet<string> {
  return new Set([...alike.unwatched].filter((id) => !ids.has(id) && nodeById(network, id)))
}

/** Whether filters vouch for what is otherwise, as {@link Alike} takes for granted. */
function isVouchedFor(
  { world, sets, decisions }: Proof,
  alike: Alike,
  { machines }: Affected,
  near: ReadonlySet<string>,
): boolean {
  const anybody = sets.union([
    alike.anybody(sets),
    sets.addresses('source', [...machines.values()].flatMap(addressesOf)),
  ])
  const nodes = [...near].flatMap((id) => nodeById(world.network, id) ?? [])
  return areVouchedFor(world, sets, decisions, anybody, nodes)
}
