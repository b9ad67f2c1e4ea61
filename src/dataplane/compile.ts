/** From policy to deployment: every node's maps, programs and attachments. The same policy gives the same bytes. */
import type { MapSpec, ProgramSpec } from '../bpf/index.ts'
import { interfaceNumbers, type Network } from '../model/index.ts'
import type { Family, Ip } from '../net/index.ts'
import { defaultQuota, type Limit, type Point, type Policy, rulesOf } from '../policy/index.ts'
import { nodeSets } from './address-sets.ts'
import { balancerContents, connectionsOf, contentSizes, type Entry } from './balance/contents.ts'
import { type BalancerMaps, balancerMaps } from './balance/maps.ts'
import type { FilterOptions } from './compile-filter.ts'
import { counterMap } from './counter-map.ts'
import type { Attachment, Deployment, NodeDeployment } from './deployment.ts'
import { eventMaps } from './event-map.ts'
import { FilterCompilerCache, type FilterPlacement, parametersOf } from './filter-template.ts'
import { flowMaps } from './flow-map.ts'
import { grantMap } from './grant-map.ts'
import { type LimitMaps, limitContents, limitMap, limitsOf } from './limit-map.ts'
import { filterRecords, recordEntry } from './record-map.ts'

export interface CompileOptions {
  /** Flows that each stateful filter keeps of each family, whatever `FlowUse.quota` says. */
  readonly flowsPerFilter?: number
  /**
   * Generation of the rules, a whole number from 0 up to 2³²−1: flows that were judged by rules of an earlier one are judged again. Programs of
   * two epochs may run side by side on the same maps while a node's programs are replaced one by one. Default 0.
   */
  readonly epoch?: number
  /**
   * Numbers of a node's filters in an earlier compilation (`NodeDeployment.filters`), by node. Filters that are still there
   * keep theirs, so that new programs find their flows in the old maps; new ones take the lowest free numbers. Where a number comes to
   * another filter, its old flows are judged again: compile with a new epoch.
   */
  readonly filters?: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Whether programs can tell of packets (see `event-map.ts`). Default true; without, to measure what it costs. */
  readonly events?: boolean
  /** Buckets kept for prefixes, per limit and family of a node. Default 16,384. */
  readonly buckets?: number
  /**
   * Interface indexes, by node and interface: points of a node that differ only in what is their own share one program, which finds by
   * the index whom it serves. Default: as in {@link interfaceNumbers} of the network; of a node that is not in it, each program is
   * by itself and runs anywhere.
   */
  readonly interfaces?: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Programs that serve one point alone read its own from a record too: to test that nothing is different then. Default false. */
  readonly alwaysRecords?: boolean
  /** As `FilterOptions.allow`, for measuring programs apart from what follows them. */
  readonly allow?: number
}

/** Compiles all points of a policy. Throws `TypeError` for rules that make no sense; derived policies have none. */
export function compileDeployment(
  network: Network,
  policy: Policy,
  options: CompileOptions = {},
): Deployment {
  const byNode = new Map<string, Point[]>()
  for (const point of policy.points) {
    const points = byNode.get(point.node) ?? []
    points.push(point)
    byNode.set(point.node, points)
  }
  const cache = new FilterCompilerCache()
  const egressOf = new Map(
    network.nodes.filter(({ kind }) => kind === 'balancer').map((n) => [n.id, n.publicAddresses]),
  )
  const interfaces =
    options.interfaces ?? new Map(network.nodes.map(({ id }) => [id, interfaceNumbers(network, id)]))
  const nodes = new Map<string, NodeDeployment>()
  for (const [node, points] of byNode)
    nodes.set(node, compileNode(points, egressOf.get(node) ?? [], cache, { ...options, interfaces }))
  return { nodes }
}

/**
 * Compiles the points of one node. Throws as {@link compileDeployment}.
 * @param points of one node, at least one
 * @param egress a balancer's egress addresses, at most one per family
 * @param cache templates that nodes share
 */
export function compileNode(
  points: readonly Point[],
  egress: readonly Ip[],
  cache: FilterCompilerCache,
  options: CompileOptions = {},
): NodeDeployment {
  const { firstCounters, filters, slots, maps, specs, contents, setsOf } = layOut(points, options)
  const node = (points[0] as Point).node
  const emission = (point: Point) => ({
    hook: hookOf(point) === 'xdp' ? ('xdp' as const) : ('tc' as const),
    ...maps,
    ...(options.allow === undefined ? {} : { allow: options.allow }),
  })
  const placement = (point: Point): FilterPlacement => ({
    name: programName(point),
    firstCounter: firstCounters.get(point.id) as number,
    filter: filters.get(point.flow?.table ?? '') ?? 0,
    quota: quotaOf(point, options),
    slots,
    epoch: options.epoch ?? 0,
    egress,
    sets: setsOf(point),
  })
  const shared = new Map<Point, ProgramSpec>()
  const numbers = options.interfaces?.get(node)
  const least = options.alwaysRecords ? 1 : 2
  const groups = numbers
    ? alike(points, numbers, (point) => cache.key(point, emission(point))).filter(
        ({ length }) => length >= least,
      )
    : []
  for (const [index, group] of groups.entries()) {
    const first = group[0] as Point
    const values = (point: Point) => parametersOf(point, placement(point))
    const last = Math.max(...(numbers as ReadonlyMap<string, number>).values())
    const records = filterRecords(index, Object.keys(values(first)), last + 1)
    const name = `${records.map.name}_${first.direction}`
    const program = cache.compile(first, { ...emission(first), records }, { ...placement(first), name })
    specs[records.map.name] = records.map
    contents[records.map.name] = group.flatMap((point) =>
      point.interfaces.map((name) => recordEntry(records, numbers?.get(name) as number, values(point))),
    )
    for (const point of group) shared.set(point, program)
  }
  const attachments = points.map(
    (point): Attachment => ({
      point,
      program: shared.get(point) ?? cache.compile(point, emission(point), placement(point)),
      hook: hookOf(point),
      interfaces: point.interfaces,
    }),
  )
  return { node, attachments, maps: specs, contents, firstCounters, filters }
}

/** Points of a node that one program can serve: of the same rules, each on interfaces of its own. */
function alike(
  points: readonly Point[],
  numbers: ReadonlyMap<string, number>,
  keyOf: (point: Point) => string,
): readonly (readonly Point[])[] {
  const groups = new Map<string, Point[]>()
  for (const point of points) {
    if (point.interfaces.some((name) => !numbers.has(name))) continue
    const key = `${hookOf(point)} ${keyOf(point)}`
    groups.set(key, [...(groups.get(key) ?? []), point])
  }
  return [...groups.values()].filter((group) => {
    const interfaces = group.flatMap((point) => point.interfaces.map((name) => numbers.get(name)))
    return new Set(interfaces).size === interfaces.length
  })
}

interface Layout {
  readonly maps: Omit<FilterOptions, 'name' | 'hook'>
  readonly specs: Record<string, MapSpec>
  readonly contents: Record<string, readonly Entry[]>
  readonly firstCounters: ReadonlyMap<string, number>
  /** Flow table id → number in the node. */
  readonly filters: ReadonlyMap<string, number>
  /** Slots of each filter: the largest quota. */
  readonly slots: number
  /** Numbers of a point's sets of addresses. */
  setsOf(point: Point): readonly number[]
}

function layOut(points: readonly Point[], options: CompileOptions): Layout {
  const { buckets = 16_384, events = true } = options
  const firstCounters = new Map<string, number>()
  const filters = numberFilters(points, options.filters?.get((points[0] as Point).node))
  const quota = Math.max(...points.map((point) => quotaOf(point, options)))
  let slots = 0
  for (const point of points) {
    firstCounters.set(point.id, slots)
    slots += rulesOf(point).length
  }
  const counters = counterMap(slots)
  const specs: MapSpec[] = [counters, ...(events ? Object.values(eventMaps) : [])]
  const contents: Record<string, readonly Entry[]> = {}
  const numbers = Math.max(0, ...Array.from(filters.values(), (number) => number + 1))
  const stateful = numbers > 0 ? flowMaps(numbers, quota) : undefined
  if (stateful) specs.push(...Object.values(stateful[4]), ...Object.values(stateful[6]))
  const grants = points.some(({ tiers }) => tiers.some(({ kind }) => kind === 'grants'))
    ? { 4: grantMap(4), 6: grantMap(6) }
    : undefined
  if (grants) specs.push(grants[4], grants[6])
  const sets = nodeSets(points)
  if (sets) {
    specs.push(...Object.values(sets.maps))
    Object.assign(contents, sets.contents)
  }
  const limits = new Map<Limit, LimitMaps>()
  for (const [number, limit] of limitsOf(points).entries()) {
    const maps = { 4: limitMap(number, limit, 4, buckets), 6: limitMap(number, limit, 6, buckets) }
    limits.set(limit, maps)
    specs.push(maps[4], maps[6])
    for (const family of limit.key.kind === 'address' ? ([4, 6] as const) : [])
      contents[maps[family].name] = limitContents(limit.key, family)
  }
  const translates = points.some(({ tiers }) => tiers.some(({ kind }) => kind === 'translation'))
  const balancer: Partial<Record<Family, BalancerMaps>> = {}
  const connections = translates ? connectionsOf(points) : 0
  for (const family of translates ? ([4, 6] as const) : []) {
    const held = balancerContents(points, family)
    const maps = balancerMaps(family, contentSizes(held, connections))
    balancer[family] = maps
    specs.push(...Object.values(maps))
    for (const name of ['vips', 'ring', 'backends', 'replies', 'borrowers'] as const)
      contents[maps[name].name] = held[name]
  }
  return {
    maps: {
      counters,
      ...(events && { events: eventMaps }),
      ...(stateful && { flows: stateful }),
      ...(grants && { grants }),
      ...(sets && { sets: sets.maps }),
      limits,
      ...(translates && { balancer: balancer as Record<Family, BalancerMaps> }),
    },
    specs: Object.fromEntries(specs.map((spec) => [spec.name, spec])),
    contents,
    firstCounters,
    filters,
    slots: quota,
    setsOf: (point) => sets?.numbersOf(point) ?? [],
  }
}

const quotaOf = ({ flow }: Point, { flowsPerFilter }: CompileOptions): number =>
  flowsPerFilter ?? flow?.quota ?? defaultQuota

/** A number for each flow table of a node: that of an earlier compilation, or the lowest free. */
function numberFilters(
  points: readonly Point[],
  earlier: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const tables = new Set(points.flatMap(({ flow }) => (flow ? [flow.table] : [])))
  const kept = [...tables].flatMap((table): [string, number][] => {
    const number = earlier.get(table)
    return number === undefined ? [] : [[table, number]]
  })
  const numbers = new Map(kept)
  const taken = new Set(numbers.values())
  let free = 0
  for (const table of tables) {
    if (numbers.has(table)) continue
    while (taken.has(free)) free++
    taken.add(free)
    numbers.set(table, free)
  }
  return numbers
}

/** Routers judge what comes before the kernel makes a socket buffer of it; hosts have several points on one interface. */
export const runsOnXdp = (kind: Point['kind']): boolean =>
  kind === 'access-router' || kind === 'balancer' || kind === 'distribution-router'

function hookOf({ kind, direction }: Point): Attachment['hook'] {
  if (runsOnXdp(kind)) return 'xdp'
  return direction === 'in' ? 'tcx-ingress' : 'tcx-egress'
}

/** What `bpftool prog` shows: the end of the point's id that fits 15 characters. */
const programName = ({ id }: Point): string => id.replace(/[^A-Za-z0-9_.]/g, '_').slice(-15)
