/** Differences grouped for people: machines of a role as one, then sites, senders and targets that have the same in common. */
import type { DiagramSet } from '../diagram/index.ts'
import { addressLevels, type PacketSets } from '../packets/index.ts'
import type { Sides, Source } from './cells.ts'
import { allNodes, type Delta, sidesOf } from './delta.ts'
import { type Party, partyKey, partyOf, partyOfTarget } from './party.ts'

/** A party as part of a difference. */
export interface Member {
  readonly name: string
  readonly kind: Party['kind']
  /** Ids of those machines that it is about; absent: all. */
  readonly nodes?: readonly string[]
}

/** How packets get to a target: straight to its own address, or by the VIP of a service. */
export type By = { readonly kind: 'address' } | { readonly kind: 'vip'; readonly service: string }

/** Between which sites; a sender outside all sites is in none. */
export type Where =
  | { readonly kind: 'everywhere' }
  /** From everywhere to these sites. */
  | { readonly kind: 'to'; readonly sites: readonly string[] }
  /** Within each of these sites. */
  | { readonly kind: 'within'; readonly sites: readonly string[] }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [from: string, to: string])[] }

export interface Difference {
  readonly kind: Delta['kind']
  readonly senders: readonly Member[]
  readonly source: Source
  readonly targets: readonly Member[]
  readonly by: By
  readonly where: Where
  readonly traffic: DiagramSet
  /** Pairs of a machine that sends and one that gets. */
  readonly pairs: number
  /** One sender, one target. */
  readonly sample: Delta
}

export function grouped(sets: PacketSets, deltas: readonly Delta[], sides: Sides): readonly Difference[] {
  const census = new Census(sides)
  const alike = withoutOwnSources(sets, deltas, sides)
  const bySites = mergeSites(byParties(alike, sides, census), census)
  const senders = merged(bySites, 'senders', (each) => [each.targets, each.by])
  const named = senders.map((each) => ({ ...each, senders: census.summed(each.kind, each.senders) }))
  const targets = merged(named, 'targets', (each) => [each.senders, each.by.kind])
  return targets
    .map((each) => ({ ...each, targets: census.summed(each.kind, each.targets) }))
    .toSorted((a, b) => rank(a) - rank(b))
}

/** What reaches most people first. */
const rank = ({ kind, source, senders }: Difference): number =>
  (kind === 'opened' ? 0 : 100) +
  (source === 'forged' ? 0 : 10) +
  (senders.some((member) => member.kind === 'internet') ? 0 : 1)

/**
 * Whoever is outside comes with addresses of other sites too, but not with those of the site that he comes to, so that the same would look
 * different at each site: where it makes no other difference, such sources are left out.
 */
function withoutOwnSources(sets: PacketSets, deltas: readonly Delta[], sides: Sides): readonly Delta[] {
  const pools = [sides.old, sides.next].flatMap(({ network }) =>
    network.sites.flatMap((site) => [...site.public.vips, ...site.public.routers]),
  )
  const ours = sets.addresses('source', pools)
  const rest = (packets: DiagramSet) => sets.forget(packets, addressLevels('source'))
  return deltas.map((delta) => {
    if (delta.source !== 'any') return delta
    const core = sets.without(delta.traffic, ours)
    return rest(core) === rest(delta.traffic) ? { ...delta, traffic: core } : delta
  })
}

/** How many machines a party has, by network. */
class Census {
  readonly #counts = new Map<string, number>()
  readonly #sites = new Map<string, Set<string>>()
  readonly #roles = { opened: new Set<string>(), closed: new Set<string>() }

  constructor(sides: Sides) {
    for (const [kind, side] of [
      ['opened', sides.next],
      ['closed', sides.old],
    ] as const)
      for (const node of side.network.nodes) {
        const party = partyOf(node)
        const key = `${kind} ${partyKey(party)}`
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
        if (party.kind === 'vm') this.#roles[kind].add(party.name)
        const sites = this.#sites.get(`${kind} ${party.name}`) ?? new Set()
        sites.add(party.site ?? '')
        this.#sites.set(`${kind} ${party.name}`, sites)
      }
  }

  count(kind: Delta['kind'], party: Party): number {
    return this.#counts.get(`${kind} ${partyKey(party)}`) ?? 1
  }

  /** All roles as one, and ISPs as a part of the Internet. */
  summed(kind: Delta['kind'], members: readonly Member[]): readonly Member[] {
    const whole = (member: Member): boolean => !member.nodes
    const roles = members.filter((member) => member.kind === 'vm' && whole(member))
    const all = roles.length === this.#roles[kind].size && roles.length > 2
    const internet = members.some((member) => member.kind === 'internet')
    const left = members.filter(
      (member) => !(all && roles.includes(member)) && !(internet && member.kind === 'isp'),
    )
    return all ? [...left, { name: 'all VMs', kind: 'vm' }] : left
  }

  /** Sites in which a party has machines; what is no machine is in none. */
  sites(kind: Delta['kind'], name: string): ReadonlySet<string> {
    return this.#sites.get(`${kind} ${name}`) ?? new Set([''])
  }
}

/** Of one sending and one target party. */
interface Between {
  readonly delta: Delta
  readonly from: Party
  readonly to: Party
  readonly by: By
  readonly senders: Set<string>
  readonly targets: Set<string>
  pairs: number
}

interface Local extends Omit<Difference, 'where'> {
  readonly sites: readonly [from: string, to: string]
}

function byParties(deltas: readonly Delta[], sides: Sides, census: Census): readonly Local[] {
  const nodes = new Map(allNodes(sides).map((node) => [node.id, node]))
  const found = new Map<string, Between>()
  for (const delta of deltas) {
    const { kind, source, senders, target, traffic } = delta
    const [open] = sidesOf(sides, kind)
    const from = partyOf(nodes.get(senders[0] as string) as NonNullable<ReturnType<typeof nodes.get>>)
    const to = partyOfTarget(open, target)
    const by: By = target.kind === 'vip' ? { kind: 'vip', service: target.service } : { kind: 'address' }
    const key = [kind, source, traffic, partyKey(from), partyKey(to), target.kind, JSON.stringify(by)].join(
      '\n',
    )
    const between = found.get(key) ?? {
      delta,
      from,
      to,
      by,
      senders: new Set(),
      targets: new Set(),
      pairs: 0,
    }
    found.set(key, between)
    for (const sender of senders) between.senders.add(sender)
    between.targets.add('node' in target ? target.node : to.name)
    between.pairs += senders.length
  }
  return Array.from(found.values(), ({ delta, from, to, by, senders, targets, pairs }): Local => {
    const member = (party: Party, some: ReadonlySet<string>): Member => ({
      name: party.name,
      kind: party.kind,
      ...(some.size < census.count(delta.kind, party) && { nodes: [...some] }),
    })
    return {
      kind: delta.kind,
      source: delta.source,
      senders: [member(from, senders)],
      targets: [member(to, targets)],
      by,
      traffic: delta.traffic,
      pairs,
      sample: delta,
      sites: [from.site ?? '', to.site ?? ''],
    }
  })
}

/** The same between machines of the same names in other sites is one; of some machines it is not, since they are named. */
function mergeSites(locals: readonly Local[], census: Census): readonly Difference[] {
  const found = new Map<string, Local[]>()
  for (const local of locals) {
    const { kind, source, senders, targets, by, traffic, sites } = local
    const named = [...senders, ...targets].some(({ nodes }) => nodes)
    const key = JSON.stringify([kind, source, senders, targets, by.kind, traffic, named ? sites : ''])
    found.set(key, [...(found.get(key) ?? []), local])
  }
  return Array.from(found.values(), (list): Difference => {
    const { sites: _, ...first } = list[0] as Local
    const pairs = list.map(({ sites }) => sites)
    const [from, to] = [first.senders, first.targets].map(([member]) =>
      census.sites(first.kind, (member as Member).name),
    ) as [ReadonlySet<string>, ReadonlySet<string>]
    return {
      ...first,
      where: whereOf(pairs, from, to),
      pairs: list.reduce((sum, each) => sum + each.pairs, 0),
    }
  })
}

function whereOf(
  pairs: readonly (readonly [from: string, to: string])[],
  from: ReadonlySet<string>,
  to: ReadonlySet<string>,
): Where {
  const reached = [...new Set(pairs.map(([, site]) => site))]
  if (pairs.length === from.size * reached.length)
    return reached.length === to.size ? { kind: 'everywhere' } : { kind: 'to', sites: reached }
  if (pairs.every(([sender, target]) => sender === target)) return { kind: 'within', sites: reached }
  return { kind: 'pairs', pairs }
}

/** A machine is not shown as one that sends to itself, if there is another. */
const isWithin = ({ senders, target }: Delta): boolean => 'node' in target && senders.includes(target.node)

/** Those that are alike but for one end become one. */
function merged(
  differences: readonly Difference[],
  end: 'senders' | 'targets',
  rest: (difference: Difference) => unknown,
): readonly Difference[] {
  const found = new Map<string, Difference>()
  for (const each of differences) {
    const { kind, source, where, traffic } = each
    const key = JSON.stringify([kind, source, where, traffic, rest(each)])
    const known = found.get(key)
    found.set(
      key,
      known
        ? {
            ...known,
            [end]: [...known[end], ...each[end]],
            pairs: known.pairs + each.pairs,
            sample: isWithin(known.sample) ? each.sample : known.sample,
          }
        : each,
    )
  }
  return [...found.values()]
}
