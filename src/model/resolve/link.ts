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

/** @param known links of an earlier network: those of the same ends in the same places are taken from it */
export function LinkMaker(known: readonly Link[] = []): LinkMaker {
  const links: Link[] = []
  const names = new Map<string, Set<string>>()

  function named({ node, interface: wanted }: End): End {
    const used = names.get(node) ?? new Set()
    names.set(node, used)
    let name = wanted
    for (let n = used.size; name.length > maxInterfaceName || used.has(name); n++) name = `link${n}`
    used.add(name)
    return { node, interface: name }
  }

  function made(kind: Link['kind'], a: End, b: End): Link {
    // Addresses follow from the place.
    const before = known[links.length]
    if (before?.kind === kind && isSameEnd(a, before.ends[0]) && isSameEnd(b, before.ends[1])) return before
    const number = links.length * 2 + 1
    const ends = Object.freeze([addressed(a, number), addressed(b, number + 1)] as const)
    return Object.freeze({ id: `${a.node}:${a.interface}`, kind, ends })
  }

  return {
    links,
    join(kind, a, b) {
      const link = made(kind, named(a), named(b))
      links.push(link)
      return link
    },
  }
}

const isSameEnd = (a: End, b: End): boolean => a.node === b.node && a.interface === b.interface

function addressed(end: End, number: number): LinkEnd {
  const mac = localMac(number)
  return Object.freeze({ ...end, mac, linkLocal: linkLocalOf(mac) })
}

/** The address that a kernel derives by itself: fe80::/64 and the modified EUI-64 (RFC 4291 appendix A). */
export function linkLocalOf(mac: Mac): Ip {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(mac)
  const value = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return Ip(6, (0xfe80n << 112n) | value)
}
