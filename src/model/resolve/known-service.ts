/** Services that an earlier network has too. */
import { isDeepStrictEqual } from 'node:util'
import { Sameness } from '../changes/sameness.ts'
import type { Network, Service } from '../network.ts'
import { serviceByName } from '../select.ts'

/** By a service, an earlier one that says the same on other lines: to compare thousands of them takes long, and here each is compared anyway. */
const earlier = new WeakMap<Service, Service>()

/** The service of the earlier network, if it says the same on the same lines. */
export function knownService(made: Service, known: Network | undefined): Service {
  const before = known && serviceByName(known, made.name)
  if (!before) return made
  if (isDeepStrictEqual(made, before)) return before
  if (new Sameness().same(made, before)) earlier.set(made, earlier.get(before) ?? before)
  return made
}

/** Whether two services say the same, so far as that was found when they were made: of others nothing is known. */
export const areKnownAlike = (one: Service, other: Service): boolean =>
  (earlier.get(one) ?? one) === (earlier.get(other) ?? other)
