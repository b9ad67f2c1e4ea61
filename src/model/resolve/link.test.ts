import { describe, expect, it } from 'vitest'
import { formatIp } from '../../net/index.ts'
import { LinkMaker, linkLocalOf } from './link.ts'

describe('linkLocalOf', () => {
  it('is the modified EUI-64 that a kernel derives (RFC 4291 appendix A)', () => {
    expect(formatIp(linkLocalOf('34:56:78:9a:bc:de'))).toBe('fe80::3656:78ff:fe9a:bcde')
    expect(formatIp(linkLocalOf('02:00:00:00:00:01'))).toBe('fe80::ff:fe00:1')
  })
})

describe('LinkMaker', () => {
  it('gives each end its own hardware address and the interface name it was asked for', () => {
    const maker = LinkMaker()
    const a = maker.join('inside', { node: 'a', interface: 'b' }, { node: 'b', interface: 'a' })
    const c = maker.join('inside', { node: 'a', interface: 'c' }, { node: 'c', interface: 'a' })
    const ends = [...a.ends, ...c.ends]
    expect(new Set(ends.map(({ mac }) => mac)).size).toBe(4)
    expect(ends.map((end) => `${end.node}:${end.interface}`)).toEqual(['a:b', 'b:a', 'a:c', 'c:a'])
    expect(maker.links).toHaveLength(2)
  })

  it('names an interface by number where the name is too long for Linux, or taken', () => {
    const maker = LinkMaker()
    const names = ['a-site-of-a-long-name-isp1', 'a-site-of-a-long-name-isp2', 'link0', 'link0'].map(
      (name) =>
        maker.join('peering', { node: 'internet', interface: name }, { node: name, interface: 'x' }).ends[0]
          .interface,
    )
    expect(new Set(names).size).toBe(4)
    expect(names.every((name) => name.length <= 15)).toBe(true)
  })
})
