/**
 * One sequence of frames through the points of one node, twice: as compiled programs in an engine, and by the evaluator. What
 * each says of a frame, and what it counted, can then be compared (`difference.ts`).
 */
import { type BpfMap, type Engine, RingBuffer } from '../../bpf/index.ts'
import type { Ip } from '../../net/index.ts'
import {
  type Decision,
  EgressTable,
  FlowTable,
  type GrantEntry,
  type GrantedPath,
  GrantTable,
  judge,
  LimitTable,
  type Point,
  rulesOf,
} from '../../policy/index.ts'
import { readFrame } from '../../wire/index.ts'
import { compileNode, runsOnXdp } from '../compile.ts'
import { type Count, noCount, readCounters } from '../counter-map.ts'
import type { NodeDeployment } from '../deployment.ts'
import { verdictOf } from '../emit/frame.ts'
import { eventMaps, watchValue } from '../event-map.ts'
import { FilterCompilerCache } from '../filter-template.ts'
import { decodeGrant, encodeGrant, encodeGrantKey } from '../grant-map.ts'
import { isRecordMap } from '../record-map.ts'

/** Points of one node, which share what they remember: a stateful filter's two, a balancer's two. */
export interface PointCase {
  readonly points: readonly Point[]
  /** A balancer's egress addresses, at most one per family. */
  readonly egress: readonly Ip[]
  readonly steps: readonly Step[]
  /** Kinds of events that are told; absent: none. */
  readonly watch?: number
  /** Grants of the node; absent: none. */
  readonly grants?: readonly CaseGrant[]
  /** The points as they are from epoch 1 on, with as many rules each; absent: as before. */
  readonly revised?: readonly Point[]
  /** Programs read what is a point's own from records, as those do that serve several. */
  readonly records?: boolean
  /** Flows that a filter keeps of each family; absent: more than a sequence opens. */
  readonly quota?: number
}

export type CaseGrant = GrantedPath & GrantEntry

/** A frame, and which of the points judges it. */
export interface Step {
  readonly point: number
  readonly frame: Uint8Array
  /** Nanoseconds since the step before; only engines whose clock can be set wait. */
  readonly wait?: bigint
  /** Generation of the rules that judge it. Default 0. */
  readonly epoch?: number
}

/** What a run said of each frame, and the counters of each point's rules in `rulesOf` order. */
export interface Observation<Answer> {
  readonly answers: readonly Answer[]
  readonly counters: readonly (readonly Count[])[]
  /** Uses of each grant of the case. */
  readonly uses: readonly bigint[]
}

export interface ProgramAnswer {
  /** `undefined`: a number that means neither. */
  readonly verdict: 'allow' | 'deny' | undefined
  readonly returned: number
  readonly packet: Uint8Array
  /** Records that it told. */
  readonly events: readonly Uint8Array[]
}

export interface EngineUnderTest {
  readonly engine: Engine
  /** Sets the engine's clock, in nanoseconds. Absent: it runs by itself, and steps must not wait. */
  readonly setClock?: (now: bigint) => void
  /** Opens a ring buffer for reading; absent: the interpreter's. */
  readonly openRing?: (map: BpfMap) => RingUnderTest
}

export interface RingUnderTest {
  /** Takes out all that is there. */
  take(): readonly Uint8Array[]
  close(): void
}

/** Buckets that maps hold, and flows of a filter; far more than a sequence opens. */
const capacity = 2048
const ampleQuota = 600

/**
 * Why the kernel would not run a frame at all: its test runs of tc programs build a socket buffer, which must hold the IP header that the
 * ethertype promises, and with headroom and tailroom fit a page (net/bpf/test_run.c).
 */
export function notRunnable({ kind }: Point, frame: Uint8Array): string | undefined {
  if (frame.length < 14) return 'shorter than an Ethernet header'
  if (runsOnXdp(kind)) return undefined
  if (frame.length > 3717) return 'longer than a page'
  const etherType = (frame[12]! << 8) | frame[13]!
  const least = etherType === 0x0800 ? 34 : etherType === 0x86dd ? 54 : 14
  return frame.length < least ? 'shorter than its IP header' : undefined
}

/** Runs the case in an engine. @param cache templates to share with other cases; absent: none. */
export function runPrograms(
  testCase: PointCase,
  { engine, setClock, openRing = interpreterRing }: EngineUnderTest,
  cache = new FilterCompilerCache(),
): Observation<ProgramAnswer> {
  const { points, egress, steps, watch = 0, grants = [], records = false, quota = ampleQuota } = testCase
  const here = new Map(points.flatMap(({ interfaces }) => interfaces.map((name) => [name, loopback])))
  const interfaces = new Map(points.map(({ node }) => [node, here]))
  const compile = (epoch: number): NodeDeployment =>
    compileNode(pointsIn(testCase, epoch), egress, cache, {
      ...(records && { interfaces, alwaysRecords: true }),
      flowsPerFilter: quota,
      buckets: capacity,
      epoch,
    })
  const deployment = compile(0)
  const maps = createMaps(engine, deployment)
  const ring = openRing(maps[eventMaps.ring.name] as BpfMap)
  const opened: { close(): void }[] = [ring, ...Object.values(maps)]
  try {
    maps[eventMaps.watch.name]?.update(new Uint8Array(4), watchValue(watch, unlimited))
    const load = (revision: NodeDeployment) => {
      const own = revision === deployment ? {} : createMaps(engine, recordsOf(revision))
      opened.push(...Object.values(own))
      return revision.attachments.map(({ program, hook }) => {
        const loaded = engine.load(program, { ...maps, ...own })
        opened.push(loaded)
        return { loaded, verdicts: verdictOf[hook === 'xdp' ? 'xdp' : 'tc'] }
      })
    }
    const programs = new Map([[0, load(deployment)]])
    for (const { epoch = 0 } of steps) if (!programs.has(epoch)) programs.set(epoch, load(compile(epoch)))
    for (const grant of grants)
      grantsOf(maps, grant)?.update(encodeGrantKey(grant), encodeGrant(grant.until, grant.number))
    let now = startOfTime
    const answers = steps.map(({ point, frame, wait = 0n, epoch = 0 }): ProgramAnswer => {
      now += wait
      setClock?.(now)
      const { loaded, verdicts } = (programs.get(epoch) as ReturnType<typeof load>)[point] as ReturnType<
        typeof load
      >[0]
      const { verdict: returned, packet } = loaded.run(frame, { ifindex: loopback })
      const verdict = returned === verdicts.allow ? 'allow' : returned === verdicts.deny ? 'deny' : undefined
      return { verdict, returned, packet, events: ring.take() }
    })
    const counts = readCounters(maps.counters as BpfMap)
    const counters = points.map((point) => {
      const first = deployment.firstCounters.get(point.id) as number
      return counts.slice(first, first + rulesOf(point).length)
    })
    const uses = grants.map((grant) => {
      const key = encodeGrantKey(grant)
      const value = grantsOf(maps, grant)?.lookup(key)
      return value ? decodeGrant(key, value).uses : 0n
    })
    return { answers, counters, uses }
  } finally {
    for (const object of opened) object.close()
  }
}

/** The points as they are in an epoch. */
export const pointsIn = ({ points, revised = points }: PointCase, epoch = 0): readonly Point[] =>
  epoch === 0 ? points : revised

const interpreterRing = (map: BpfMap): RingUnderTest => ({
  take() {
    const records: Uint8Array[] = []
    if (map instanceof RingBuffer) map.consume((record) => records.push(record))
    return records
  },
  close() {},
})

const grantsOf = (maps: Record<string, BpfMap>, { source }: GrantedPath): BpfMap | undefined =>
  maps[`grants${source.family}`]

export const startOfTime = 1_000_000_000n
const unlimited = 0xffff_ffff
/** Every namespace has an interface of this index. */
const loopback = 1

/** Of the maps of a revision, those that are not the node's for good. */
const recordsOf = ({ maps, contents }: NodeDeployment) => {
  const only = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isRecordMap(name)))
  return { maps: only(maps), contents: only(contents) }
}

function createMaps(
  engine: Engine,
  { maps, contents }: Pick<NodeDeployment, 'maps' | 'contents'>,
): Record<string, BpfMap> {
  const created = Object.fromEntries(
    Object.entries(maps).map(([name, spec]) => [name, engine.createMap(spec)] as const),
  )
  for (const [name, entries] of Object.entries(contents)) created[name]?.updateBatch(entries)
  return created
}

/** Runs the case by the evaluator. */
export function runEvaluator(testCase: PointCase): Observation<Decision> {
  const { points, steps, grants = [], quota = ampleQuota } = testCase
  const flows = new Map(points.map(({ flow }) => [flow?.table, new FlowTable(quota)]))
  const egress = new EgressTable()
  const granted = new GrantTable()
  const limits = new LimitTable()
  for (const grant of grants) granted.put(grant, grant)
  const counters = points.map((point) => rulesOf(point).map(() => ({ ...noCount })))
  let now = startOfTime
  const answers = steps.map(({ point: index, frame, wait = 0n, epoch = 0 }) => {
    now += wait
    const point = pointsIn(testCase, epoch)[index] as Point
    const table = point.flow && flows.get(point.flow.table)
    const decision = judge(point, readFrame(frame), {
      egress,
      grants: granted,
      limits,
      now,
      epoch,
      ...(table && { flows: table }),
    })
    if (decision.verdict === 'pass-by') return decision
    for (const rule of [...(decision.audited ?? []), decision.rule]) {
      const number = rulesOf(point).findIndex((place) => place.rule === rule)
      const count = counters[index]?.[number]
      if (!count) throw new TypeError(`evaluate ${point.id}: rule ${rule.id} is not in rulesOf`)
      count.packets += 1n
      count.bytes += BigInt(frame.length)
      count.lastHit = now
    }
    return decision
  })
  return { answers, counters, uses: grants.map((grant) => granted.uses(grant)) }
}
