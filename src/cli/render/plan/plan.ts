/** A plan, before it is text or JSON: what a change does, and of which networks. */
import type { Fingerprint } from '../../../lab/index.ts'
import type { Broken, Change } from '../../../verify/index.ts'

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

/** Whether anybody reaches more or less, any machine or setting is another, or an invariant breaks. Rules without effect are no such change. */
export const changesSomething = ({ change: { reach, machines, rules, settings }, broken }: Plan): boolean =>
  reach.length > 0 ||
  machines.length > 0 ||
  settings.length > 0 ||
  (broken?.newly.length ?? 0) > 0 ||
  rules.some(({ effect }) => effect === 'unproven')
