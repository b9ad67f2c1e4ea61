/** Times of day from the clocks of the data plane. */
import { isoTime } from '../../../observe/index.ts'
import type { FabricClock } from '../../fabric.ts'

const nanoseconds = (): bigint => BigInt(Date.now()) * 1_000_000n

/** Nanoseconds since 1970-01-01 UTC at which the monotonic clock stood at 0. */
export const wallOffset = (clock: FabricClock): bigint => nanoseconds() - clock.monotonic()

/** When a tick was, as ISO 8601 to the tick; `null` for 0, which means never. */
export function timeOfTick(clock: FabricClock): (tick: bigint) => string | null {
  const [now, tick] = [nanoseconds(), clock.tick()]
  return (then) => (then === 0n ? null : isoTime(now - (tick - then) * clock.tickPeriod))
}
