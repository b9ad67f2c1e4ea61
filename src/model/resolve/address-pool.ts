/**
 * Assigns addresses from the prefixes of a pool, in order, so that what is appended to a network file moves nothing
 * that was there before. The network address of a prefix is never assigned, nor the last one of IPv4 (broadcast),
 * except from prefixes of one or two addresses.
 */
import { type Family, familyBits, Ip, type Prefix, prefixContains, prefixSize } from '../../net/index.ts'

/** Assignment from the end starts at most this far into a pool, so that IPv6 addresses stay short. */
const reach = 0xffffn

export interface AddressPool {
  readonly prefixes: readonly Prefix[]
  readonly families: readonly Family[]
  /** How many of each family were asked for, given out or not. */
  readonly wanted: ReadonlyMap<Family, number>
  /** How many of a family can be given out. */
  capacity(family: Family): bigint
  /** The next free address of each family asked for (default: all); one that has none left is missing. */
  take(families?: readonly Family[]): Ip[]
  /** As `take`, from the end: for what must not be moved by what is appended at the front. */
  takeLast(): Ip[]
  /** Sets an address aside. */
  reserve(address: Ip): 'reserved' | 'outside' | 'taken'
}

export function AddressPool(prefixes: readonly Prefix[]): AddressPool {
  const families = ([4, 6] as const).filter((family) => prefixes.some((p) => p.family === family))
  const taken = new Set<string>()
  const wanted = new Map<Family, number>(families.map((family) => [family, 0]))
  const front = new Map(families.map((family) => [family, addresses(prefixes, family)]))
  const back = new Map(families.map((family) => [family, addressesFromEnd(prefixes, family)]))
  const key = ({ family, value }: Ip) => `${family}:${value}`

  function takeFrom(streams: ReadonlyMap<Family, Iterator<Ip>>, asked: readonly Family[]): Ip[] {
    return asked.flatMap((family) => {
      wanted.set(family, (wanted.get(family) ?? 0) + 1)
      const stream = streams.get(family)
      if (!stream) return []
      for (let next = stream.next(); !next.done; next = stream.next()) {
        if (taken.has(key(next.value))) continue
        taken.add(key(next.value))
        return [next.value]
      }
      return []
    })
  }

  return {
    prefixes,
    wanted,
    capacity: (family) =>
      prefixes
        .filter((p) => p.family === family)
        .reduce((sum, p) => sum + usable(p).last - usable(p).first + 1n, 0n),
    families,
    take: (asked = families) => takeFrom(front, asked),
    takeLast: () => takeFrom(back, families),
    reserve(address) {
      if (!prefixes.some((p) => prefixContains(p, address))) return 'outside'
      wanted.set(address.family, (wanted.get(address.family) ?? 0) + 1)
      if (taken.has(key(address))) return 'taken'
      taken.add(key(address))
      return 'reserved'
    },
  }
}

function usable(p: Prefix): { first: bigint; last: bigint } {
  const last = p.value + prefixSize(p) - 1n
  if (p.length >= familyBits(p.family) - 1) return { first: p.value, last }
  return { first: p.value + 1n, last: p.family === 4 ? last - 1n : last }
}

function* addresses(prefixes: readonly Prefix[], family: Family): Generator<Ip, undefined> {
  for (const p of prefixes) {
    if (p.family !== family) continue
    const { first, last } = usable(p)
    for (let value = first; value <= last; value++) yield Ip(family, value)
  }
  return undefined
}

function* addressesFromEnd(prefixes: readonly Prefix[], family: Family): Generator<Ip, undefined> {
  for (const p of prefixes.toReversed()) {
    if (p.family !== family) continue
    const { first, last } = usable(p)
    const start = last - p.value > reach ? p.value + reach : last
    for (let value = start; value >= first; value--) yield Ip(family, value)
  }
  return undefined
}
