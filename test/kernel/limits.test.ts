/** Rate limits in the kernel: a flood from ever new sources, a table of sources that is full, and processors at one bucket. */
import { describe, expect, it } from 'vitest'
import { flood, limited } from '../../src/dataplane/testing/limit-flood.ts'
import { kernelEngine } from '../../src/kernel/index.ts'
import { Ip, ip } from '../../src/net/index.ts'
import type { Limit } from '../../src/policy/index.ts'
import { rule } from '../../src/policy/testing/sample.ts'
import { describeKernel } from './requirements.ts'

const subject = { engine: kernelEngine }

/** So slow that a test of seconds gets its burst and no more. */
const hourly = { units: 1, seconds: 3600 }
const bySource: Limit = {
  rule: rule('by-source', 'deny'),
  key: { kind: 'prefix', end: 'source', length: { 4: 32, 6: 64 } },
  packets: { ...hourly, burst: 10 },
}
const byVip = (...addresses: Ip[]): Limit => ({
  rule: rule('by-vip', 'deny'),
  key: { kind: 'address', end: 'destination', addresses },
  packets: { ...hourly, burst: 20 },
  bytes: { units: 1000, seconds: 3600, burst: 20_000 },
})

describeKernel('rate limits', () => {
  describe.each([
    [4, ip('198.51.100.1'), ip('192.0.2.1')],
    [6, ip('2001:db8::1'), ip('2001:db8:f::1')],
  ] as const)('IPv%i', (family, vip, client) => {
    // The kernel keeps more in a small table than it was asked to: it takes elements of it per processor.
    const of = { family, packets: 5000, apart: 0n, buckets: 64 }

    it('a flood from ever new sources gets the burst of the VIP, whatever the table of sources forgets', () => {
      const { passed, held } = flood(limited(bySource, byVip(vip)), { ...of, destinations: [vip] }, subject)
      expect(passed).toBe(20)
      expect(held[0]).toBeLessThan(5000)
      expect(held[1]).toBe(2)
    })

    it('a flood to addresses that nobody has gets one burst', () => {
      const destinations = Array.from({ length: 200 }, (_, n) => Ip(family, vip.value + 1n + BigInt(n)))
      const { passed } = flood(limited(byVip(vip)), { ...of, destinations }, subject)
      expect(passed).toBe(20)
    })

    it('one source gets its own burst', () => {
      const at = limited(bySource, byVip(vip))
      const { passed } = flood(at, { ...of, sources: [client], destinations: [vip] }, subject)
      expect(passed).toBe(10)
    })
  })
})
