/** Checks that some packet is meant by what an expectation says: else it would hold whatever the network does. */
import type { DiagnosticLog, Path, SourceRange } from '../../file/index.ts'
import {
  type Family,
  type Prefix,
  prefixContains,
  prefixesOverlap,
  subtractPrefixes,
} from '../../net/index.ts'
import type { TrafficClass } from '../expectation.ts'
import { hostServiceAddresses } from '../host-services.ts'
import type { Network } from '../network.ts'

/** Reports an expectation that no packet is about: it would hold, and say nothing. @param parts classes of each site, or of all together */
export function checkMeant(
  parts: readonly (readonly TrafficClass[])[],
  network: Network,
  { at, log }: { at(...path: Path): SourceRange; readonly log: DiagnosticLog },
): void {
  const isThere = (prefixes: readonly Prefix[]): boolean => isSomewhere(network, prefixes)
  for (const end of ['from', 'to'] as const) {
    const others = parts.filter((classes) => classes.some((each) => isThere(each[end])))
    if (others.length > 0) continue
    log.report('GL2080', at(end), `nobody has an address of '${end}'`, {
      hint: 'name machines that there are',
    })
    return
  }
  const lone = parts.flat().map(({ from, to }) => loneMachine(network, [...from, ...to]))
  const [first] = lone
  if (first !== undefined && lone.every((id) => id === first)) {
    log.report(
      'GL2080',
      at('to'),
      `only '${first}' is meant at both ends, and a machine sends nothing to itself`,
      {
        hint: 'name others who send, or who are addressed',
      },
    )
    return
  }
  const both = parts.some((classes) => classes.some(({ from, to }) => isThere(from) && isThere(to)))
  if (!both) {
    log.report('GL2080', at(), 'no site has both those who send and those who are addressed', {
      hint: "remove 'same-site', or the expectation",
    })
    return
  }
  const ends = parts.flat().map(({ from, to }) => ({ from: endOf(network, from), to: endOf(network, to) }))
  if (ends.some(({ from, to }) => families.some((family) => meets(from[family], to[family])))) return
  const isBeyond = ends.some(({ from, to }) =>
    families.some((family) => from[family].isOutside && to[family].isOutside),
  )
  if (isBeyond)
    log.report('GL2080', at('to'), 'what the Internet sends to the Internet never meets this network', {
      hint: "name machines, roles or VIPs of this network by 'from' or 'to'",
    })
  else
    log.report(
      'GL2080',
      at('to'),
      'nobody who is addressed has an address of a family in which others send',
      {
        hint: 'name both by addresses of one family, or by name',
      },
    )
}

/** Who is meant at an end, by one family. */
interface End {
  /** Machines of the sites. */
  readonly machines: ReadonlySet<string>
  /** VIPs and other public addresses of the sites. */
  readonly isPublic: boolean
  readonly isOutside: boolean
}

const families = [4, 6] as const

/** Whether somebody sends something to somebody else, by a way on which this network is. */
const meets = (from: End, to: End): boolean =>
  (from.machines.size > 0 && (to.isPublic || to.isOutside)) ||
  (from.isOutside && (to.isPublic || to.machines.size > 0)) ||
  [...from.machines].some((id) => to.machines.size > (to.machines.has(id) ? 1 : 0))

function endOf(
  { nodes, sites, internal }: Network,
  prefixes: readonly Prefix[],
): Readonly<Record<Family, End>> {
  const own = sites.flatMap((site) => [...site.public.vips, ...site.public.routers])
  const machines = nodes.filter(({ site, kind }) => site !== undefined && kind !== 'isp')
  const beyond = subtractPrefixes(prefixes, [...internal, ...own])
  const end = (family: Family): End => ({
    machines: new Set(
      machines.flatMap(({ id, kind, addresses }) => {
        const all = kind === 'host' ? [...addresses, ...hostServiceAddresses(addresses)] : addresses
        const isMeant = all.some(
          (address) => address.family === family && prefixes.some((one) => prefixContains(one, address)),
        )
        return isMeant ? [id] : []
      }),
    ),
    isPublic: own.some((one) => one.family === family && prefixes.some((each) => prefixesOverlap(each, one))),
    isOutside: beyond.some((one) => one.family === family),
  })
  return { 4: end(4), 6: end(6) }
}

/** Whether there is a machine at one of the addresses, or any of them is outside. */
function isSomewhere({ nodes, internal }: Network, prefixes: readonly Prefix[]): boolean {
  if (prefixes.some((one) => !internal.some((inside) => prefixesOverlap(inside, one)))) return true
  if (prefixes.some((one) => one.length === 0)) return true
  return nodes.some(({ addresses }) =>
    addresses.some((address) => prefixes.some((one) => prefixContains(one, address))),
  )
}

/** The machine whose addresses these are; nothing if others have one, or somebody outside. */
function loneMachine({ nodes, internal }: Network, prefixes: readonly Prefix[]): string | undefined {
  const isInside = (one: Prefix): boolean =>
    one.length > 0 && internal.some((inside) => prefixesOverlap(inside, one))
  if (!prefixes.every(isInside)) return undefined
  let lone: string | undefined
  for (const { id, addresses } of nodes) {
    if (!addresses.some((address) => prefixes.some((one) => prefixContains(one, address)))) continue
    if (lone !== undefined) return undefined
    lone = id
  }
  return lone
}
