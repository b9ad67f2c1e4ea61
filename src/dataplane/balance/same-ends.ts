/**
 * What the points of one balancer must agree in, since their programs look it up in the same maps: which machines are behind an endpoint, and of
 * which endpoint a machine's answers are. A point that does not ask for either says nothing about it.
 */
import { type Family, formatEnd, formatProtocol } from '../../net/index.ts'
import type { Backend, EndpointIn, EndpointOut, Point, Translation } from '../../policy/index.ts'

/** Throws `TypeError`, with the first end of which two points say something else. */
export function requireSameEnds(points: readonly Point[], family: Family): void {
  const lists = points.flatMap((point) => listsOf(point, family))
  for (const kind of ['leads', 'answers'] as const) {
    const [first, ...others] = lists.filter((list) => list.kind === kind)
    for (const other of others) {
      if (!first) continue
      const end = [...first.ends.keys(), ...other.ends.keys()].find(
        (each) => first.ends.get(each) !== other.ends.get(each),
      )
      if (end === undefined) continue
      const said = ({ id, ends }: List) => `${id} ${ends.get(end) ?? nothing[kind]}`
      throw new TypeError(
        `compile ${points[0]?.node}: its points must agree about ${end}, since they share their maps: ${said(first)}, ${said(other)}`,
      )
    }
  }
}

const nothing = { leads: 'leads nothing there', answers: 'knows no answers of it' } as const

/** What one tier of a point says of ends. */
interface List {
  readonly kind: keyof typeof nothing
  /** Of the point. */
  readonly id: string
  /** By end, in words. Where two say something of one end, the first does. */
  readonly ends: ReadonlyMap<string, string>
}

function listsOf({ id, tiers }: Point, family: Family): readonly List[] {
  return tiers.flatMap((tier) => {
    if (tier.kind !== 'translation') return []
    const { translations } = tier
    const leads = translations.filter((each) => isOf(each, 'endpoint-in', family))
    const answers = [
      translations.filter((each) => isOf(each, 'endpoint-out', family)),
      translations.flatMap((each) =>
        each.kind === 'egress-in' && each.address.family === family ? (each.hairpin ?? []) : [],
      ),
    ]
    return [
      { kind: 'leads' as const, id, ends: firstOf(leads.flatMap(led)) },
      ...answers.map((list) => ({ kind: 'answers' as const, id, ends: firstOf(list.flatMap(answered)) })),
    ].filter(({ ends }) => ends.size > 0)
  })
}

const isOf = <K extends 'endpoint-in' | 'endpoint-out'>(
  translation: Translation,
  kind: K,
  family: Family,
): translation is Extract<Translation, { kind: K }> =>
  translation.kind === kind && translation.vip.family === family

const led = ({ vip, port, protocol, backends }: EndpointIn): readonly (readonly [string, string])[] =>
  backends.length === 0
    ? []
    : [[endText(protocol, { address: vip, port }), `leads it to ${backends.map(machineText).join(', ')}`]]

const answered = ({ vip, port, protocol, backends }: EndpointOut): readonly (readonly [string, string])[] =>
  backends.map((backend) => [
    endText(protocol, backend),
    `takes its answers for those of ${endText(protocol, { address: vip, port })}`,
  ])

const firstOf = (ends: readonly (readonly [string, string])[]): ReadonlyMap<string, string> =>
  new Map(ends.toReversed())

const endText = (protocol: number, end: Pick<Backend, 'address' | 'port'>): string =>
  `${formatProtocol(protocol)} ${formatEnd(end.address, end.port)}`

const machineText = ({ node, address, port }: Backend): string => `${node} (${formatEnd(address, port)})`
