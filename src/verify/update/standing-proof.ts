/** A proof that is kept while its network is changed again and again: after a change only what it touches is looked at. */
import { type Network, type Node, networkChanges, nodeById, nodesBut, Sameness } from '../../model/index.ts'
import { Derivation, type Policy, pointChanges, withKnownPoints } from '../../policy/index.ts'
import { createWorld, type World } from '../../trace/index.ts'
import { type Alike, addressesOf, areVouchedFor } from '../alike/index.ts'
import { everything } from '../diagram/index.ts'
import { Exemptions } from '../invariants/exemptions.ts'
import { keepDestinations } from '../invariants/forwarding.ts'
import { judgeInvariant } from '../invariants/judge.ts'
import { keepByVms } from '../invariants/places.ts'
import { Proof } from '../invariants/proof.ts'
import { ProofMemory } from '../invariants/proof-memory.ts'
import { claimsOf, type ProofOptions, verdictsOf } from '../invariants/prove.ts'
import { Prover } from '../invariants/prover.ts'
import type { Verdict } from '../invariants/verdict.ts'
import { destinationsOf, type Unwatched } from '../network/index.ts'
import { type Affected, affectedBy } from './affected.ts'
import { changedRoutes, type Difference, worldAfter } from './difference.ts'
import { forwardingBefore } from './forwarding-before.ts'
import { limitOf } from './limit-of.ts'
import { rehearsals } from './rehearsal.ts'
import { nearTo, type Watched, watchedAfter } from './watched.ts'

export interface Update {
  readonly verdicts: readonly Verdict[]
  /** All was looked at: the change concerns more than some machines and lists. */
  readonly isWhole: boolean
}

/** A network that was looked at whole, with which later ones are compared. */
interface Base {
  readonly derivation: Derivation
  readonly world: World
  readonly prover: Prover
  readonly memory: ProofMemory
  readonly verdicts: readonly Verdict[]
  /** Of its diagrams, in nodes. */
  readonly size: number
}

/** Diagrams grow with each change: when they are so many times as large as at first, all is looked at again with new ones. */
const mostGrowth = 4

export class StandingProof {
  readonly #options: ProofOptions
  #base: Base
  #verdicts: readonly Verdict[]

  constructor(network: Network, options: ProofOptions = {}) {
    this.#options = options
    this.#base = this.#whole(network, options)
    this.#verdicts = this.#base.verdicts
  }

  /** What was found last. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts
  }

  /**
   * What holds of the network as it is now.
   * @param policy its points as they are found; absent: as they follow from the network
   * @param more what is to be proven beside, as it follows from this network
   */
  update(
    network: Network,
    {
      policy,
      more = this.#options.more,
    }: { readonly policy?: Policy; readonly more?: ProofOptions['more'] } = {},
  ): Update {
    const options = { ...this.#options, ...(more && { more }) }
    const verdicts = this.#parts(network, options, policy)
    if (!verdicts) this.#base = this.#whole(network, options, policy)
    this.#verdicts = verdicts ?? this.#base.verdicts
    return { verdicts: this.#verdicts, isWhole: verdicts === undefined }
  }

  /** Does once what changes take, and forgets what comes of it: the first one is then as quick as later ones. Seconds, where the whole proof takes a minute. */
  rehearse(): void {
    for (const network of rehearsals(this.#base.world.network)) this.#parts(network, this.#options)
  }

  #whole(network: Network, options: ProofOptions, policy?: Policy): Base {
    const derivation = Derivation.of(network)
    const world = createWorld(network, policy ?? derivation.policy)
    const { now = Date.now(), alikeFrom = 400 } = options
    const memory = new ProofMemory()
    const prover = new Prover(world, now, alikeFrom, memory)
    const verdicts = verdictsOf(prover, world.network, options)
    // It takes long when there are many: better here, once, than in the middle of a change.
    memory.sets.reserve(memory.sets.size)
    return { derivation, world, prover, memory, verdicts, size: memory.sets.size }
  }

  /** `undefined`: all is to be looked at. */
  #parts(network: Network, options: ProofOptions, policy?: Policy): readonly Verdict[] | undefined {
    const { verdicts, prover, memory, size } = this.#base
    const { proof: was, alike } = prover.usual
    if (verdicts.some(({ holds }) => !holds) || memory.sets.size > mostGrowth * size) return undefined
    const { expectations, exceptions } = network
    // They lapse by the clock alone, and what they cover or no longer do is seen of everything only.
    if (exceptions.length > 0) return undefined
    // These tell apart what is alike.
    if (alike && expectations.length > 0) return undefined
    const sameness = new Sameness()
    const changed = this.#changed(network, sameness, policy)
    if (!changed) return undefined
    const { world, difference } = changed
    const affected = affectedBy(
      was,
      new Proof(world.network, world.policy, { world, memory }),
      difference,
      sameness,
    )
    if (!affected) return undefined
    const watched = alike && watchedAfter(world, alike, affected, difference.points)
    if (alike && !watched) return undefined
    return this.#judge(world, options, difference, affected, watched)
  }

  /** The network as it is now, and what is otherwise in it; `undefined`: something is that concerns all. */
  #changed(
    given: Network,
    sameness: Sameness,
    policy?: Policy,
  ): { readonly world: World; readonly difference: Difference } | undefined {
    const { world: before, derivation } = this.#base
    const changes = networkChanges(before.network, given, sameness)
    if (!changes) return undefined
    const { network } = changes
    const derived = derivation.after(network, changes, sameness)
    const isAsDerived = policy === undefined && before.policy === derivation.policy
    const now = isAsDerived
      ? derived.policy
      : withKnownPoints(policy ?? derived.policy, before.policy, sameness)
    const world = worldAfter(before, network, now, changes.machines, sameness)
    const points = isAsDerived ? derived.changes : pointChanges(before.policy.points, now.points)
    const routes = changedRoutes(before, world, changes)
    return { world, difference: { ...changes, points, routes } }
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
    const unwatched = alike && watched ? unwatchedIn(alike, watched) : nobody
    const proof = new Proof(network, policy, {
      world,
      memory,
      unwatched,
      before: forwardingBefore(
        was,
        alike?.unwatched ?? nobody,
        { world, unwatched, turned: turnedBy(difference, watched) },
        difference.routes,
      ),
      destinations: was.mayLoop ? everything : destinationsOf(was.sets, affected.arriving),
      ...(alike && watched && { watched: watchedIn(network, alike, watched) }),
    })
    keepDestinations(was, proof, difference)
    keepByVms(was, proof, difference.machines)
    if (alike && !isVouchedFor(proof, alike, affected, near)) return undefined
    const { now = Date.now(), most = 3 } = options
    const exemptions = new Exemptions(proof, now)
    const limit = limitOf(proof, difference, affected, near)
    const claims = claimsOf(network, options)
    if (claims.some(({ id }, index) => verdicts[index]?.invariant.id !== id)) return undefined
    return claims.map((claim) => judgeInvariant(proof, exemptions, claim, most, limit))
  }
}

/** Nodes that are looked at, found without asking of each of many whether it is left out. */
function watchedIn(network: Network, { apart }: Alike, { ids }: Watched): readonly Node[] {
  const among = new Set<Node>()
  for (const id of [...ids, ...apart]) {
    const node = nodeById(network, id)
    if (node) among.add(node)
  }
  return nodesBut(network, ['vm', 'host']).concat(...among)
}

const nobody: Unwatched = new Set()

/** All machines that are otherwise, and all at which somebody may look now and nobody did before, or the other way round. */
const turnedBy = ({ machines }: Difference, watched: Watched | undefined): Iterable<string> =>
  new Set([...machines.map(({ id }) => id), ...(watched?.ids ?? []), ...(watched?.left ?? [])])

const unwatchedIn = ({ unwatched }: Alike, { ids, left }: Watched): Unwatched => ({
  has: (id) => !ids.has(id) && (unwatched.has(id) || left.has(id)),
  size: unwatched.size,
})

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
