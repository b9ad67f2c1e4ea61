/**
 * What one generated case talks about: rules and packets are both drawn from it, so that packets lie on the boundaries of
 * rules although each is drawn by itself.
 */
import { type Family, familyBits, hostPrefix, Ip, PortRange, Prefix, Protocol } from '../../net/index.ts'
import type { Flow } from '../../policy/index.ts'
import { Draw } from './draw.ts'

export interface Pool {
  readonly prefixes: Readonly<Record<Family, readonly Prefix[]>>
  readonly ports: readonly number[]
  /** Address of the machine behind the filter. */
  readonly own: Readonly<Record<Family, Ip>>
  /** Some connections, most of them of the machine behind the filter. */
  readonly flows: readonly Flow[]
}

const families = [4, 6] as const

export function drawPool(seed: number): Pool {
  const d = new Draw(seed)
  const own = { 4: Ip(4, d.bits(32)), 6: Ip(6, d.bits(128)) }
  const prefixes = { 4: drawPrefixes(d, 4, own[4]), 6: drawPrefixes(d, 6, own[6]) }
  const ports = [0, 65535, ...d.several(5, () => d.pick([1, 53, 80, 443, 1023, 1024, d.below(65536)]))]
  return withFlows(d, { prefixes, ports, own })
}

/** Some flows between what a pool has. */
export const withFlows = (d: Draw, pool: Omit<Pool, 'flows'>): Pool => ({
  ...pool,
  flows: d.several(5, () => drawFlow(d, pool)),
})

/** Lengths at which something changes: none and all bits, bytes, the words and halves that code compares. */
const lengths: Readonly<Record<Family, readonly number[]>> = {
  4: [0, 1, 8, 15, 16, 20, 24, 30, 31, 32, 32],
  6: [0, 1, 16, 32, 33, 48, 62, 63, 64, 65, 80, 96, 112, 126, 127, 128, 128],
}

/** Prefixes that overlap, touch, and lie at the ends of the address space and of its halves. */
function drawPrefixes(d: Draw, family: Family, own: Ip): readonly Prefix[] {
  const bits = familyBits(family)
  const all = (1n << BigInt(bits)) - 1n
  const half = (1n << 64n) - 1n
  const base = d.bits(bits)
  const places = [base, base, base, own.value, 0n, all, ...(family === 6 ? [base | half, base & ~half] : [])]
  const prefixes: Prefix[] = []
  while (prefixes.length < 9) {
    const last = prefixes.at(-1)
    if (last && d.chance(40)) prefixes.push(touching(d, last))
    else prefixes.push(Prefix(family, d.pick(places), d.pick(lengths[family])))
  }
  // Everything is matched often enough without it.
  return prefixes.filter(({ length }, index) => length > 1 || index % 3 === 0)
}

/** A prefix, as long or longer, that begins where this one ends, or ends where it begins. */
function touching(d: Draw, { family, value, length }: Prefix): Prefix {
  const bits = familyBits(family)
  const all = (1n << BigInt(bits)) - 1n
  const beside = d.chance(50) ? value - 1n : value + (1n << BigInt(bits - length))
  return Prefix(family, beside & all, Math.min(bits, length + d.pick([0, 0, 1, 2])))
}

/** Mostly the first or last address of a prefix, or its neighbour; else one inside, or any. */
export function drawAddress(d: Draw, pool: Pick<Pool, 'prefixes' | 'own'>, family: Family): Ip {
  const bits = familyBits(family)
  const all = (1n << BigInt(bits)) - 1n
  if (d.chance(15)) return pool.own[family]
  if (d.chance(5)) return Ip(family, d.bits(bits))
  const { value, length } = d.pick(pool.prefixes[family])
  const hosts = (1n << BigInt(bits - length)) - 1n
  const choices = [value, value | hosts, value - 1n, (value | hosts) + 1n, value | (d.bits(bits) & hosts)]
  return Ip(family, d.pick(choices) & all)
}

export function drawPort(d: Draw, { ports }: Pick<Pool, 'ports'>): number {
  return (d.pick(ports) + d.pick([0, 0, 0, 0, 1, -1])) & 0xffff
}

/** A condition on addresses: none of a family, some, or the machine behind the filter alone. */
export function drawPrefixList(d: Draw, { prefixes, own }: Pool): readonly Prefix[] {
  const ownPrefixes = families.map((family) => hostPrefix(own[family]))
  if (d.chance(12)) return ownPrefixes
  if (d.chance(10)) return [d.pick(ownPrefixes), ...d.several(d.below(3), () => d.pick(prefixes[4]))]
  if (d.chance(3)) return []
  const count = d.pick([1, 1, 2, 3, 5, 8])
  return d.several(count, () => d.pick(prefixes[d.pick(families)]))
}

export function drawPortList(d: Draw, pool: Pool): readonly PortRange[] {
  if (d.chance(2)) return []
  return d.several(d.pick([1, 1, 1, 2, 4]), () => {
    const first = drawPort(d, pool)
    if (d.chance(55)) return PortRange(first)
    const other = d.chance(20) ? (first + 1) & 0xffff : drawPort(d, pool)
    return PortRange(Math.min(first, other), Math.max(first, other))
  })
}

/** Protocols without ports, ICMP of the other family among them, and what IPv6 takes for an extension header. */
export const otherProtocols = [1, 58, 2, 47, 50, 59, 253, 0, 43, 255] as const

function drawFlow(d: Draw, pool: Omit<Pool, 'flows'>): Flow {
  const family = d.pick(families)
  const local = d.chance(75) ? pool.own[family] : drawAddress(d, pool, family)
  const remote = drawAddress(d, pool, family)
  const icmp = family === 4 ? Protocol.icmp : Protocol.icmp6
  const protocol = d.pick([
    Protocol.tcp,
    Protocol.tcp,
    Protocol.tcp,
    Protocol.udp,
    Protocol.udp,
    icmp,
    icmp,
    47,
  ])
  if (protocol === 47) return { local, remote, protocol, localPort: 0, remotePort: 0 }
  const [localPort, remotePort] = [drawPort(d, pool), drawPort(d, pool)]
  if (protocol !== icmp) return { local, remote, protocol, localPort, remotePort }
  // Who asks has the identifier as port.
  return d.chance(50)
    ? { local, remote, protocol, localPort, remotePort: 0 }
    : { local, remote, protocol, localPort: 0, remotePort }
}
