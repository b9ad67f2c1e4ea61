/**
 * Rate limits: token buckets, each an arrival time (the virtual scheduling of ITU-T I.371 appendix A, GCRA): it says when the bucket
 * would be full again. Times are whole nanoseconds, so that evaluator and programs are equal to the bit. This is the specification;
 * `dataplane/emit/limit.ts` says the same in the kernel.
 */
import { type Family, formatIp, Ip, Prefix } from '../net/index.ts'
import type { IpHeaders } from '../wire/index.ts'
import type { Limit, LimitKey, Rate } from './point.ts'

const second = 1_000_000_000n

/** Nanoseconds in which a rate gives so many units, rounded up: never does more pass than the rate says. */
export const timeFor = ({ units, seconds = 1 }: Rate, count: number): bigint => {
  const given = BigInt(units)
  return (BigInt(count) * BigInt(seconds) * second + given - 1n) / given
}

/** Nanoseconds by which a bucket of packets may be ahead of the clock: its depth in packets, each at its price. */
export const packetDepth = (rate: Rate): bigint => BigInt(rate.burst) * timeFor(rate, 1)

/** As {@link packetDepth}, of bytes. */
export const byteDepth = (rate: Rate): bigint => timeFor(rate, rate.burst)

/** Why a limit makes no sense, or `undefined` if it does. Evaluator and data plane both rely on it. */
export function limitProblem({ packets, bytes, key }: Limit): string | undefined {
  if (!packets && !bytes) return 'a limit is of packets, of bytes, or of both'
  for (const rate of [packets, bytes]) {
    if (!rate) continue
    const { units, seconds = 1, burst } = rate
    const whole = [units, seconds, burst].every((number) => Number.isSafeInteger(number) && number >= 1)
    if (!whole || units > maxUnits || seconds > maxSeconds)
      return `a rate is 1 to ${maxUnits} in 1 to ${maxSeconds} seconds`
    if (timeFor(rate, burst) > maxDepth) return 'a bucket is full again within a day'
  }
  if (key.kind === 'prefix' && !([4, 6] as const).every((family) => isLength(family, key.length[family])))
    return 'an address has 1 to 32 bits, or 1 to 128'
  return undefined
}

const isLength = (family: Family, length: number): boolean =>
  Number.isInteger(length) && length >= 1 && length <= (family === 4 ? 32 : 128)

/** What keeps every product below 2^64: a frame of 2^22 bytes, an hour, in nanoseconds. */
export const maxUnits = 1e12
export const maxSeconds = 3600
const maxDepth = 86_400n * second

/** The bucket of a packet: the prefix of an address, a listed address, or the one that all others share. */
export function bucketOf(key: LimitKey, packet: IpHeaders): Ip {
  const address = packet[key.end]
  if (key.kind === 'prefix') return firstOf(Prefix(address.family, address.value, key.length[address.family]))
  const listed = key.addresses.some(
    ({ family, value }) => family === address.family && value === address.value,
  )
  return listed ? address : others[address.family]
}

const firstOf = ({ family, value }: Prefix): Ip => Ip(family, value)

/** Stands for all addresses that are not listed; it is none that a packet is sent to. */
export const others = { 4: Ip(4, 0n), 6: Ip(6, 0n) } as const

/** Nanoseconds of the clock at which each bucket is full again. */
interface Arrivals {
  packets: bigint
  bytes: bigint
}

/** The buckets of a node. Without bound: a table in the data plane is bounded, and what gives way there begins anew. */
export class LimitTable {
  readonly #buckets = new Map<Limit, Map<string, Arrivals>>()

  /** Whether the packet is within a limit; if so it is taken from its bucket. @param length bytes of its frame */
  take(limit: Limit, packet: IpHeaders, length: number, now: bigint): boolean {
    const buckets = this.#buckets.get(limit) ?? new Map<string, Arrivals>()
    this.#buckets.set(limit, buckets)
    const key = formatIp(bucketOf(limit.key, packet))
    const { packets, bytes } = buckets.get(key) ?? { packets: 0n, bytes: 0n }
    const next = {
      packets: limit.packets ? later(packets, now) + timeFor(limit.packets, 1) : 0n,
      bytes: limit.bytes ? later(bytes, now) + timeFor(limit.bytes, length) : 0n,
    }
    if (limit.packets && next.packets > now + packetDepth(limit.packets)) return false
    if (limit.bytes && next.bytes > now + byteDepth(limit.bytes)) return false
    buckets.set(key, next)
    return true
  }
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b)
