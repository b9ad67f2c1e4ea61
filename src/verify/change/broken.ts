/** Invariants that a change breaks. */
import type { Network } from '../../model/index.ts'
import { type Invariant, type ProofOptions, prove, type Verdict } from '../invariants/index.ts'
import type { Derived } from './change.ts'

export interface Broken {
  /** What the later network breaks and the earlier one does not. */
  readonly newly: readonly Verdict[]
  /** Ids of those that both break. */
  readonly still: readonly string[]
  /** Invariants that were looked at. */
  readonly count: number
}

export interface BrokenOptions extends Omit<ProofOptions, 'more'> {
  /** What is to be proven of each of the networks beside. */
  readonly more?: (network: Network) => readonly Invariant[]
}

/** The earlier network is proven only if the later one breaks anything. */
export function brokenBy(
  old: Derived,
  next: Derived,
  { more = () => [], ...options }: BrokenOptions = {},
): Broken {
  const verdicts = prove(next.network, next.policy, { ...options, more: more(next.network) })
  const broken = verdicts.filter(({ holds }) => !holds)
  if (broken.length === 0) return { newly: [], still: [], count: verdicts.length }
  const only = broken.map(({ invariant }) => invariant.id)
  const before = prove(old.network, old.policy, { ...options, more: more(old.network), most: 0, only })
  const held = new Set(before.filter(({ holds }) => holds).map(({ invariant }) => invariant.id))
  const known = new Set(before.map(({ invariant }) => invariant.id))
  const isNew = ({ invariant: { id } }: Verdict): boolean => held.has(id) || !known.has(id)
  return {
    newly: broken.filter(isNew),
    still: broken.filter((verdict) => !isNew(verdict)).map(({ invariant }) => invariant.id),
    count: verdicts.length,
  }
}
