/** A plan, before it is text or JSON: what a change does, and of which networks. */
import type { Fingerprint } from '../../../lab/index.ts'
import { isWritten } from '../../../policy/index.ts'
import type { Broken, Change, RuleChange } from '../../../verify/index.ts'

/** One of the networks of a plan. */
export interface PlannedNetwork {
  /** Path of its file, as the user named it. */
  readonly file: string
  readonly fingerprint: Fingerprint
  /** It is up under this name, with so many replacements of its rules; absent: it was read from the file. */
  readonly running?: { readonly name: string; readonly revision: number }
}

export interface Plan {
  /** Name of the later network. */
  readonly network: string
  readonly old: PlannedNetwork
  readonly next: PlannedNetwork
  readonly change: Change
  /** Absent: nothing was proven. */
  readonly broken?: Broken
  readonly seconds: number
}

/**
 * Rules that make a difference where they stand, and none in who reaches whom: about answers and errors, or about what nobody opens anything
 * with, or what another filter stops anyway. Where machines are other, so is what rules of Glacis say of them.
 */
export const besideReach = ({ reach, machines, rules }: Change): readonly RuleChange[] =>
  rules.filter(({ effect, rule }) =>
    machines.length > 0
      ? effect === 'answers' && isWritten(rule.rule.origin)
      : effect === 'answers' || (effect === 'some' && reach.length === 0),
  )

/** Whether anybody reaches more or less, any machine or setting is another, or an invariant breaks. Rules without effect are no such change. */
export const changesSomething = ({ change, broken }: Plan): boolean => {
  const { reach, machines, rules, settings } = change
  return (
    reach.length > 0 ||
    machines.length > 0 ||
    settings.length > 0 ||
    (broken?.newly.length ?? 0) > 0 ||
    rules.some(({ effect }) => effect === 'unproven') ||
    besideReach(change).length > 0
  )
}
