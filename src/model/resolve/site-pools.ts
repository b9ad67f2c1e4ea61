/** The address pools of each site; explicit addresses are set aside before anything is assigned. */

import type { Path, SourceRange } from '../../file/index.ts'
import { compareIp, formatPrefix, type Ip, ip, prefix } from '../../net/index.ts'
import { AddressPool } from './address-pool.ts'
import type { Resolution } from './resolution.ts'

export interface SitePools {
  readonly routers: AddressPool
  readonly infrastructure: AddressPool
  readonly hosts: AddressPool
  readonly vms: AddressPool
  readonly vips: AddressPool
  readonly publicRouters: AddressPool
  readonly isps: AddressPool
}

const poolPaths: Readonly<Record<keyof SitePools, readonly ['internal' | 'public', string]>> = {
  routers: ['internal', 'routers'],
  infrastructure: ['internal', 'infrastructure'],
  hosts: ['internal', 'hosts'],
  vms: ['internal', 'vms'],
  vips: ['public', 'vips'],
  publicRouters: ['public', 'routers'],
  isps: ['public', 'isps'],
}

/** Pools by site name. */
export function makePools(resolution: Resolution): ReadonlyMap<string, SitePools> {
  const pools = new Map<string, SitePools>()
  for (const [name, site] of Object.entries(resolution.file.sites)) {
    const made = Object.entries(poolPaths).map(([pool, [side, key]]) => {
      const prefixes = (site[side] as Readonly<Record<string, string[]>>)[key] as string[]
      return [pool, AddressPool(Object.freeze(prefixes.map(prefix)))]
    })
    pools.set(name, Object.fromEntries(made) as SitePools)
  }
  reserveExplicit(resolution, pools)
  return pools
}

function reserveExplicit(resolution: Resolution, pools: ReadonlyMap<string, SitePools>): void {
  const { file, log } = resolution
  const owners = new Map<string, SourceRange>()

  function reserve(site: string, addresses: readonly string[], path: Path): void {
    const pool = pools.get(site)?.vips
    if (!pool) return
    addresses.forEach((text, index) => {
      const at = resolution.valueAt(...path, index)
      const outcome = pool.reserve(ip(text))
      if (outcome === 'outside')
        log.report('GL2004', at, `VIP ${text} is outside the VIP pool of site '${site}'`, {
          hint: `choose one from ${pool.prefixes.map(formatPrefix).join(' or ')}`,
          related: [{ message: 'the pool', at: resolution.keyAt('sites', site, 'public', 'vips') }],
        })
      else if (outcome === 'taken')
        log.report('GL2005', at, `VIP ${text} is used twice in site '${site}'`, {
          hint: 'give each service its own, or leave the address out: one is assigned',
          related: [{ message: 'first used here', at: owners.get(`${site} ${text}`) ?? at }],
        })
      else owners.set(`${site} ${text}`, at)
    })
  }

  for (const [name, site] of Object.entries(file.sites))
    reserve(name, site.public.dns ?? [], ['sites', name, 'public', 'dns'])
  for (const [name, service] of Object.entries(file.services))
    for (const [site, addresses] of Object.entries(service.vips))
      reserve(site, addresses, ['services', name, 'vips', site])
}

/** The explicit addresses, which {@link makePools} has set aside, and the next free one of each family without. */
export function explicitOrNext(pool: AddressPool, explicit: readonly string[] = []): Ip[] {
  const given = explicit.map(ip)
  const open = pool.families.filter((family) => !given.some((address) => address.family === family))
  return [...given, ...pool.take(open)].sort(compareIp)
}

export function reportExhausted(resolution: Resolution, pools: ReadonlyMap<string, SitePools>): void {
  for (const [site, sitePools] of pools) {
    for (const [name, pool] of Object.entries(sitePools) as [keyof SitePools, AddressPool][]) {
      for (const [family, wanted] of pool.wanted) {
        const capacity = pool.capacity(family)
        if (BigInt(wanted) <= capacity) continue
        const [side, key] = poolPaths[name]
        const prefixes = pool.prefixes.filter((p) => p.family === family).map(formatPrefix)
        resolution.log.report(
          'GL2002',
          resolution.keyAt('sites', site, side, key),
          `${side} pool '${key}' of site '${site}' is exhausted: ${wanted} IPv${family} addresses are needed, ${prefixes.join(', ')} has ${capacity}`,
          { hint: 'give it a larger prefix or one more' },
        )
      }
    }
  }
}
