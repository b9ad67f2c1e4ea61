/** The clock of the day beside the one that only goes on, to about a microsecond. */
import { check, libc } from './libc.ts'
import { allocate, lazily } from './memory.ts'

const CLOCK_REALTIME = 0
/** struct timespec: seconds and nanoseconds, 8 bytes each on the processors that are supported. */
const reading = lazily(() => allocate(16))

/** Nanoseconds since 1970-01-01 UTC at which the monotonic clock stood at 0; it changes as the clock of the day is set. */
export function realtimeOffset(): bigint {
  const { address, view } = reading()
  const before = process.hrtime.bigint()
  check(libc().clockGettime(CLOCK_REALTIME, address), 'ask for the time')
  const after = process.hrtime.bigint()
  return view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true) - (before + after) / 2n
}
