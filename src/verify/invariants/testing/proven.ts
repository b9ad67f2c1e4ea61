/** Networks to be proven, and what came out: for tests. */
import { type GenerateOptions, generateNetwork, type Network, parseNetwork } from '../../../model/index.ts'
import type { Verdict } from '../index.ts'

/** Ids of what does not hold. */
export const broken = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.filter(({ holds }) => !holds).map(({ invariant }) => invariant.id)

export function generated(options: GenerateOptions): Network {
  const { network } = parseNetwork(generateNetwork(options))
  if (!network) throw new Error('a generated network does not load')
  return network
}
