/** Faults of our own deriving: each rule of each kind of point, spoilt in every way that a slip might spoil it. */
import { ipEquals, type Prefix } from '../../../src/net/index.ts'
import type { Match, Point, Policy, Rule, RuleTier, Translation } from '../../../src/policy/index.ts'

/** A point that is not what the file asks for. */
export interface PointFault {
  readonly name: string
  readonly point: Point
  /** The point as it is with the fault; absent: it is missing. */
  readonly spoilt?: Point
}

export const withFault = ({ points }: Policy, { point, spoilt }: PointFault): Policy => ({
  points: points.flatMap((each) => (each === point ? (spoilt ?? []) : each)),
})

/** The other points of a balancer lead endpoints where the one with the fault does: their programs share what they look up. */
export const withSameEnds = ({ points }: Policy, { spoilt }: PointFault): Policy => {
  const led = (spoilt?.tiers ?? []).flatMap((tier) =>
    tier.kind === 'translation' ? tier.translations.filter((each) => each.kind === 'endpoint-in') : [],
  )
  const sameEnd = (each: Translation): Translation => {
    if (each.kind !== 'endpoint-in') return each
    const { vip, protocol, port } = each
    const other = led.find((one) => ipEquals(one.vip, vip) && one.protocol === protocol && one.port === port)
    return other ? { ...each, backends: other.backends } : each
  }
  return {
    points: points.map((point) =>
      point.node === spoilt?.node
        ? {
            ...point,
            tiers: point.tiers.map((tier) =>
              tier.kind === 'translation' ? { ...tier, translations: tier.translations.map(sameEnd) } : tier,
            ),
          }
        : point,
    ),
  }
}

/** One point for all that have the same rules but for addresses: in the first site, of one machine. */
export function representatives({ points }: Policy): readonly Point[] {
  const found = new Map<string, Point>()
  for (const point of points) {
    const tiers = point.tiers.map((tier) =>
      tier.kind === 'rules'
        ? tier.rules.map(({ id }) => id)
        : tier.kind === 'translation'
          ? tier.translations.map(({ rule }) => rule.id)
          : tier.kind,
    )
    const key = JSON.stringify([point.kind, point.direction, point.scope !== undefined, tiers])
    if (!found.has(key)) found.set(key, point)
  }
  return [...found.values()]
}

/** Every fault of a point. */
export function faultsOf(point: Point): readonly PointFault[] {
  const fault = (name: string, spoilt?: Point): PointFault => ({
    name: `${point.id}: ${name}`,
    point,
    ...(spoilt && { spoilt }),
  })
  const faults = [fault('missing')]
  point.tiers.forEach((tier, index) => {
    const withTier = (change?: Point['tiers'][number]): Point => ({
      ...point,
      tiers: point.tiers.flatMap((each, place) => (place === index ? (change ?? []) : each)),
    })
    if (tier.kind === 'rules') {
      faults.push(fault(`${tier.name} missing`, withTier()))
      for (const { name, rules } of ruleFaults(tier))
        faults.push(fault(`${tier.name}, ${name}`, withTier({ ...tier, rules })))
    } else if (tier.kind === 'translation') {
      for (const [name, translations] of translationFaults(tier.translations))
        faults.push(fault(`${tier.name}, ${name}`, withTier({ ...tier, translations })))
    } else if (tier.kind === 'flow') {
      faults.push(fault('flow tier missing', withTier()))
    }
  })
  return faults
}

function* ruleFaults({ rules }: RuleTier): Iterable<{ name: string; rules: readonly Rule[] }> {
  for (const [index, rule] of rules.entries()) {
    const instead = (...others: readonly Rule[]) => rules.toSpliced(index, 1, ...others)
    yield { name: `${rule.id} removed`, rules: instead() }
    yield {
      name: `${rule.id} turned`,
      rules: instead({ ...rule, action: rule.action === 'deny' ? 'allow' : 'deny' }),
    }
    const next = rules[index + 1]
    if (next)
      yield { name: `${rule.id} and ${next.id} swapped`, rules: rules.toSpliced(index, 2, next, rule) }
    for (const [name, match] of matchFaults(rule.match))
      yield { name: `${rule.id} ${name}`, rules: instead({ ...rule, match }) }
  }
}

function* matchFaults(match: Match): Iterable<readonly [string, Match]> {
  for (const end of ['source', 'destination'] as const) {
    const prefixes = match[end]
    const [first] = prefixes ?? []
    if (!prefixes || !first) continue
    const { [end]: _, ...rest } = match
    yield [`for any ${end}`, rest]
    if (first.length > 0)
      yield [`${end} wider by a bit`, { ...match, [end]: [wider(first), ...prefixes.slice(1)] }]
    if (prefixes.length > 1) yield [`${end} without its first prefix`, { ...match, [end]: prefixes.slice(1) }]
  }
  for (const ports of ['sourcePorts', 'destinationPorts'] as const) {
    const ranges = match[ports]
    const [first] = ranges ?? []
    if (!ranges || !first) continue
    const others = ranges.slice(1)
    if (first.last < 65_535)
      yield [`${ports} one more`, { ...match, [ports]: [{ ...first, last: first.last + 1 }, ...others] }]
    yield [
      `${ports} one beside`,
      { ...match, [ports]: [{ first: first.first - 1, last: first.last - 1 }, ...others] },
    ]
  }
  if (match.tcpFlags) {
    const { tcpFlags: _, ...rest } = match
    yield ['whatever flags', rest]
  }
  if (match.protocol === 6 && !match.tcpFlags) yield ['UDP for TCP', { ...match, protocol: 17 }]
  if (match.protocol === 17) yield ['TCP for UDP', { ...match, protocol: 6 }]
}

/** The last bit of a prefix does not count any more. */
function wider({ family, value, length }: Prefix): Prefix {
  const bit = BigInt((family === 4 ? 32 : 128) - length)
  return { family, value: value & ~(1n << bit), length: length - 1 }
}

function* translationFaults(
  translations: readonly Translation[],
): Iterable<readonly [string, readonly Translation[]]> {
  for (const [index, one] of translations.entries()) {
    const instead = (...others: readonly Translation[]) => translations.toSpliced(index, 1, ...others)
    yield [`${one.rule.id} removed`, instead()]
    if (one.kind === 'egress-out' || one.kind === 'egress-in')
      yield [
        `${one.rule.id} with another address`,
        instead({ ...one, address: { ...one.address, value: 1n + (10n << 24n) } }),
      ]
    if (one.kind !== 'endpoint-in') continue
    const { backends, port, vip } = one
    const [first, ...others] = backends
    yield [`${one.rule.id} on the next port`, instead({ ...one, port: port + 1 })]
    yield [`${one.rule.id} at the next VIP`, instead({ ...one, vip: { ...vip, value: vip.value + 1n } })]
    if (!first) continue
    yield [
      `${one.rule.id} to the next port of a backend`,
      instead({ ...one, backends: [{ ...first, port: first.port + 1 }, ...others] }),
    ]
    const beside = { ...first, address: { ...first.address, value: first.address.value + 2n } }
    yield [`${one.rule.id} to a neighbour of a backend`, instead({ ...one, backends: [beside, ...others] })]
    yield [`${one.rule.id} without a backend`, instead({ ...one, backends: others })]
  }
}
