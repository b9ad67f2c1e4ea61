/** Ticks as programs note them. */
import { expect, it } from 'vitest'
import { openTickCounter } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

describeKernel('ticks', () => {
  it('go on with the monotonic clock, at their period', () => {
    const ticks = openTickCounter()
    const [tick, time] = [ticks.now(), process.hrtime.bigint()]
    let [later, now] = [tick, time]
    while (later < tick + 50n) {
      later = ticks.now()
      now = process.hrtime.bigint()
    }
    ticks.close()
    expect(1_000_000_000n % ticks.period).toBe(0n)
    // The first reading may be some ticks old where the machine is a guest that had to wait, and the last one may come late.
    expect(now - time).toBeGreaterThanOrEqual(40n * ticks.period)
  })
})
