/** Checks what the prefixes of a network file mean together. */
import type { DiagnosticCode, Path } from '../../file/index.ts'
import {
  compareIp,
  type Family,
  formatIp,
  formatPrefix,
  type Prefix,
  prefix,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
  prefixFirst,
} from '../../net/index.ts'
import { hostServices } from '../host-services.ts'
import type { Resolution } from '../resolve/resolution.ts'

interface Declared {
  readonly prefix: Prefix
  readonly path: Path
  /** `'vms' of site 'west'` */
  readonly name: string
  readonly side: 'internal' | 'public'
}

/** Never a machine's own addresses: loopback, link-local, multicast, unspecified, and what lies above multicast. */
const unusable = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/96',
  'fe80::/10',
  'ff00::/8',
].map(prefix)

export function checkPrefixes(resolution: Resolution): void {
  const { file } = resolution
  const internal = declare(file.internal, ['internal'], "'internal'", 'internal')
  const internet = declare(file.internet, ['internet'], "'internet'", 'public')
  const pools = Object.entries(file.sites).flatMap(([site, { internal, public: open }]) => [
    ...Object.entries(internal).map(([key, list]) => poolOf(site, 'internal', key, list)),
    ...(['vips', 'routers', 'isps'] as const).map((key) => poolOf(site, 'public', key, open[key])),
  ])
  const declared = [internal, internet, ...pools]
  for (const list of declared) for (const one of list) checkUsable(one, resolution)
  for (const one of [...internet, ...pools.flat()]) checkServices(one, resolution)
  const families = new Set(internal.map(({ prefix: { family } }) => family))
  for (const list of declared) checkFamilies(list, families, resolution)
  for (const one of [...internet, ...pools.flat()]) checkSide(one, internal, resolution)
  checkOverlaps(internal, resolution)
  checkOverlaps([...internet, ...pools.flat()], resolution)
}

const declare = (list: readonly string[], path: Path, name: string, side: Declared['side']): Declared[] =>
  list.map((text, index) => ({ prefix: prefix(text), path: [...path, index], name, side }))

const poolOf = (site: string, side: Declared['side'], key: string, list: readonly string[]): Declared[] =>
  declare(list, ['sites', site, side, key], `${side} '${key}' of site '${site}'`, side)

function checkUsable(one: Declared, resolution: Resolution): void {
  const inside = unusable.find((special) => prefixesOverlap(special, one.prefix))
  if (inside)
    report(
      resolution,
      'GL2014',
      one,
      `${formatPrefix(one.prefix)} cannot be used for machines: it overlaps ${formatPrefix(inside)}`,
      'choose a prefix of unicast addresses',
    )
}

/** The addresses of host services lead, from every VM, to its own host. */
function checkServices(one: Declared, resolution: Resolution): void {
  if (unusable.some((special) => prefixesOverlap(special, one.prefix))) return
  for (const { name, addresses } of hostServices)
    for (const address of addresses)
      if (prefixContains(one.prefix, address))
        report(
          resolution,
          'GL2014',
          one,
          `${formatPrefix(one.prefix)} cannot be used for machines: ${formatIp(address)} in it is the ${name} of every host`,
          'choose a prefix without that address',
        )
}

function checkFamilies(
  list: readonly Declared[],
  families: ReadonlySet<Family>,
  resolution: Resolution,
): void {
  const has = new Set(list.map(({ prefix: { family } }) => family))
  for (const family of families) {
    const [first] = list
    if (!first || has.has(family)) continue
    resolution.log.report(
      'GL2010',
      resolution.keyAt(...first.path.slice(0, -1)),
      `${first.name} has no IPv${family} prefix, but the network has IPv${family}`,
      { hint: `add an IPv${family} prefix, or take IPv${family} out of the network's 'internal' prefixes` },
    )
  }
  for (const one of list)
    if (!families.has(one.prefix.family))
      report(
        resolution,
        'GL2010',
        one,
        `${formatPrefix(one.prefix)} is IPv${one.prefix.family}, which the network has not`,
        `add an IPv${one.prefix.family} prefix to the network's 'internal' prefixes, or remove this one`,
      )
}

function checkSide(one: Declared, internal: readonly Declared[], resolution: Resolution): void {
  const text = formatPrefix(one.prefix)
  const ofFamily = internal.filter((outer) => outer.prefix.family === one.prefix.family)
  const whole = ofFamily.map((outer) => formatPrefix(outer.prefix)).join(' or ')
  if (
    one.side === 'internal' &&
    ofFamily.length > 0 &&
    !ofFamily.some((o) => prefixCovers(o.prefix, one.prefix))
  )
    report(
      resolution,
      'GL2011',
      one,
      `${text} is not within the network's internal prefixes`,
      `choose it from ${whole}`,
    )
  if (one.side === 'public' && ofFamily.some((o) => prefixesOverlap(o.prefix, one.prefix)))
    report(
      resolution,
      'GL2012',
      one,
      `${text} is public and yet overlaps the network's internal prefixes`,
      `choose it outside ${whole}`,
    )
}

/** Each prefix that overlaps another is reported once, with the widest prefix around it or equal to it. */
function checkOverlaps(list: readonly Declared[], resolution: Resolution): void {
  const sorted = list.toSorted(
    (a, b) => compareIp(prefixFirst(a.prefix), prefixFirst(b.prefix)) || a.prefix.length - b.prefix.length,
  )
  let around: Declared | undefined
  for (const one of sorted) {
    if (!around || !prefixesOverlap(around.prefix, one.prefix)) {
      around = one
      continue
    }
    const [earlier, later] = inFileOrder(around, one, resolution)
    resolution.log.report(
      'GL2013',
      resolution.valueAt(...later.path),
      `${formatPrefix(later.prefix)} (${later.name}) overlaps ${formatPrefix(earlier.prefix)} (${earlier.name})`,
      {
        hint: 'give each pool addresses of its own',
        related: [{ message: 'the other prefix', at: resolution.valueAt(...earlier.path) }],
      },
    )
  }
}

function inFileOrder(a: Declared, b: Declared, resolution: Resolution): [Declared, Declared] {
  const [first, second] = [resolution.valueAt(...a.path), resolution.valueAt(...b.path)]
  const reversed = first.line > second.line || (first.line === second.line && first.column > second.column)
  return reversed ? [b, a] : [a, b]
}

function report(
  resolution: Resolution,
  code: DiagnosticCode,
  one: Declared,
  message: string,
  hint: string,
): void {
  resolution.log.report(code, resolution.valueAt(...one.path), message, { hint })
}
