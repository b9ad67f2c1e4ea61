/** The rate limits of a site's template, checked. */
import { type LimitFile, parseBytes, parseDuration, type SourceRange } from '../../file/index.ts'
import type { Resolution } from './resolution.ts'

/** Ways across the border of a site. */
export const directions = ['from-internet', 'to-internet'] as const
export type LimitDirection = (typeof directions)[number]

export type SiteLimits = Readonly<Record<LimitDirection, readonly SiteLimit[]>>

/** A rate limit as it is written. */
export interface SiteLimit {
  /** Unique in its direction: `per-source-24-56`, `per-vip`. */
  readonly name: string
  readonly at: SourceRange
  readonly per: 'source' | 'destination' | 'vip'
  /** Bits of the prefixes that have buckets; absent: each VIP has. */
  readonly prefix?: { readonly ipv4: number; readonly ipv6: number }
  /** A second. At least one of the two. */
  readonly packets?: number
  readonly bytes?: number
  /** Seconds. */
  readonly burst: number
}

/** The largest frame that a port of 1,500 bytes takes: Ethernet header included. */
const largestFrame = 1514

/** Checks the limits of every template that a site is built from. */
export function checkLimits(resolution: Resolution): void {
  const { file } = resolution
  const used = new Set(Object.values(file.sites).map(({ template }) => template))
  for (const name of Object.keys(file.templates))
    if (used.has(name)) for (const direction of directions) checkDirection(name, direction, resolution)
}

function checkDirection(template: string, direction: LimitDirection, resolution: Resolution): void {
  const { file, log, valueAt } = resolution
  const known = new Map<string, number>()
  for (const [index, limit] of (file.templates[template]?.limits[direction] ?? []).entries()) {
    const path = ['templates', template, 'limits', direction, index] as const
    const { packets, bytes, burst, prefix } = limit
    const rate = bytes === undefined ? undefined : parseBytes(bytes)
    if (packets === undefined && bytes === undefined && !resolution.isIncomplete('templates', template))
      log.report('GL2070', valueAt(...path), 'the limit has no rate', {
        hint: "give it 'packets', 'bytes', or both",
      })
    const depth = rate === undefined ? largestFrame : rate * (parseDuration(burst) as number)
    if (depth < largestFrame)
      log.report('GL2071', valueAt(...path, 'bytes'), `a frame of ${largestFrame} bytes never passes`, {
        hint: `the burst is ${depth} bytes: raise 'bytes' or 'burst'`,
      })
    if (prefix && limit.per === 'vip')
      log.report('GL2072', valueAt(...path, 'prefix'), 'each VIP has its own bucket: it has no prefix', {
        hint: "remove 'prefix'",
      })
    const name = nameOf(limit)
    const earlier = known.get(name)
    if (earlier !== undefined)
      log.report('GL2073', valueAt(...path), `'${direction}' has two limits of this kind`, {
        hint: `make one of it and number ${earlier + 1} of the list`,
      })
    known.set(name, earlier ?? index)
  }
}

/** The limits of a template. */
export function siteLimits(template: string, resolution: Resolution): SiteLimits {
  const of = (direction: LimitDirection): readonly SiteLimit[] =>
    Object.freeze(
      (resolution.file.templates[template]?.limits[direction] ?? []).map((limit, index) =>
        siteLimit(limit, resolution.valueAt('templates', template, 'limits', direction, index)),
      ),
    )
  return Object.freeze({ 'from-internet': of('from-internet'), 'to-internet': of('to-internet') })
}

function siteLimit(limit: LimitFile, at: SourceRange): SiteLimit {
  const { per, packets, bytes, burst } = limit
  const prefix = prefixOf(limit)
  return Object.freeze({
    name: nameOf(limit),
    at,
    per: per as SiteLimit['per'],
    ...(prefix && { prefix }),
    ...(packets !== undefined && { packets }),
    ...(bytes !== undefined && { bytes: parseBytes(bytes) as number }),
    burst: parseDuration(burst) as number,
  })
}

const prefixOf = ({ per, prefix }: LimitFile) =>
  per === 'vip' ? undefined : (prefix ?? { ipv4: 32, ipv6: 64 })

function nameOf(limit: LimitFile): string {
  const prefix = prefixOf(limit)
  return prefix ? `per-${limit.per}-${prefix.ipv4}-${prefix.ipv6}` : `per-${limit.per}`
}
