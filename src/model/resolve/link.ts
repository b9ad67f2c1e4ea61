/** Makes links: names of interfaces, hardware addresses and link-local addresses. */
import { Ip, localMac, type Mac, macBytes } from '../../net/index.ts'
import type { Link, LinkEnd } from '../network.ts'

/** Linux allows 15 characters (IFNAMSIZ − 1). */
export const maxInterfaceName = 15

export interface LinkMaker {
  readonly links: readonly Link[]
  /** Joins two nodes; each end's interface is named as given, or by a number where that is too long or taken. */
  join(kind: Link['kind'], a: End, b: End): Link
}

interface End {
  readonly node: string
  readonly interface: string
}

export function LinkMaker(): LinkMaker {
  const links: Link[] = []
  const names = new Map<string, Set<string>>()

  function end({ node, interface: wanted }: End, number: number): LinkEnd {
    const used = names.get(node) ?? new Set()
    names.set(node, used)
    let name = wanted
    for (let n = used.size; name.length > maxInterfaceName || used.has(name); n++) name = `link${n}`
    used.add(name)
    const mac = localMac(number)
    return Object.freeze({ node, interface: name, mac, linkLocal: linkLocalOf(mac) })
  }

  return {
    links,
    join(kind, a, b) {
      const number = links.length * 2 + 1
      const ends = Object.freeze([end(a, number), end(b, number + 1)] as const)
      const link = Object.freeze({ id: `${a.node}:${ends[0].interface}`, kind, ends })
      links.push(link)
      return link
    },
  }
}

/** The address that a kernel derives by itself: fe80::/64 and the modified EUI-64 (RFC 4291 appendix A). */
export function linkLocalOf(mac: Mac): Ip {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(mac)
  const value = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return Ip(6, (0xfe80n << 112n) | value)
}
