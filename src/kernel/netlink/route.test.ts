import { describe, expect, it } from 'vitest'
import { ip, prefix } from '../../net/index.ts'
import { readAttributes, readMessages, writeRequest } from './message.ts'
import { addRoute, deleteRoute, type KernelRoute, readRoute } from './route.ts'

/** As if the kernel sent the route back as it got it. */
function echo(route: KernelRoute) {
  const target = new Uint8Array(512)
  const end = writeRequest(target, 0, addRoute(route), 0, 1)
  const [message] = [...readMessages(target.subarray(0, end))]
  return readRoute(message!)
}

describe('route requests', () => {
  it('read back what was asked for', () => {
    const hops = [
      { index: 3, via: ip('fe80::1'), weight: 1 },
      { index: 4, via: ip('fe80::2'), weight: 256 },
    ]
    for (const route of [
      { prefix: prefix('10.0.0.0/8'), nextHops: hops, table: 254, metric: 0 },
      { prefix: prefix('fd00::/8'), nextHops: hops, table: 1000, metric: 5 },
      { prefix: prefix('::/0'), nextHops: [{ index: 3, via: ip('fe80::1') }], table: 254, metric: 0 },
      { prefix: prefix('0.0.0.0/0'), nextHops: [{ index: 3, via: ip('192.0.2.1') }], table: 254, metric: 0 },
      { prefix: prefix('10.1.2.3/32'), nextHops: [{ index: 3 }], table: 254, metric: 0 },
      { prefix: prefix('192.0.2.0/24'), nextHops: [], table: 254, metric: 0 },
    ])
      expect(echo(route)).toEqual(route)
  })

  it('carry an IPv6 next hop of an IPv4 route as RTA_VIA, of its own family as RTA_GATEWAY', () => {
    const via = (text: string, hop: string) => {
      const { payload } = addRoute({ prefix: prefix(text), nextHops: [{ index: 1, via: ip(hop) }] })
      return [...readAttributes(payload.subarray(12)).keys()].filter((type) => type === 5 || type === 18)
    }
    expect(via('10.0.0.0/8', 'fe80::1')).toEqual([18])
    expect(via('10.0.0.0/8', '192.0.2.1')).toEqual([5])
    expect(via('fd00::/8', 'fe80::1')).toEqual([5])
    expect(() => via('fd00::/8', '192.0.2.1')).toThrow('give an IPv6 next hop to an IPv6 route')
  })

  it('say what they are about', () => {
    expect(
      addRoute({ prefix: prefix('10.0.0.0/8'), nextHops: [{ index: 1, via: ip('fe80::1') }] }).what,
    ).toBe('add route 10.0.0.0/8 via fe80::1')
    expect(deleteRoute({ prefix: prefix('fd00::/8') }).what).toBe('delete route fd00::/8')
  })
})
