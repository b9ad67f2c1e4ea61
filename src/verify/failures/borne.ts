/** Failures that the network file excepts: `of: failures`, at an element or a pattern of elements. */
import { globSource } from '../../file/index.ts'
import { type Exception, failuresId, type Network } from '../../model/index.ts'
import type { ExceptionsOf } from '../invariants/exemptions.ts'
import type { Failure } from './failures.ts'

export interface Judged {
  /** What counts. */
  readonly counting: readonly Failure[]
  readonly borne: readonly Failure[]
  readonly exceptions: ExceptionsOf
}

/** @param now milliseconds since 1970 */
export function judgeFailures(
  { exceptions }: Pick<Network, 'exceptions'>,
  failures: readonly Failure[],
  now: number,
): Judged {
  const all = exceptions.filter(({ of }) => of === failuresId)
  const inForce = all.filter(({ until }) => until > now)
  const covers = (exception: Exception, { elements }: Failure): boolean =>
    !exception.from && !exception.to && elements.some(({ id }) => isOf(exception, id))
  const isBorne = (failure: Failure): boolean => inForce.some((each) => covers(each, failure))
  const isUsed = (exception: Exception): boolean => failures.some((each) => covers(exception, each))
  return {
    counting: failures.filter((each) => !isBorne(each)),
    borne: failures.filter(isBorne),
    exceptions: {
      covering: inForce.filter(isUsed),
      stale: inForce.filter((each) => !isUsed(each)),
      lapsed: all.filter(({ until }) => until <= now),
    },
  }
}

/** The element itself: that a site may fail says nothing of what stands in it, which is `west/*`. */
const isOf = ({ place }: Exception, id: string): boolean =>
  place === undefined || new RegExp(`^${globSource(place)}$`).test(id)
