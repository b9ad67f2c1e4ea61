/**
 * The emitted nftables ruleset, loaded, says of packets what the evaluator says, and counts under the same rules. Packets that are not
 * compared are in `nft/beyond.ts` and `nft/steps.ts`, with the reasons.
 */
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { describeHeaders } from '../../src/dataplane/testing/difference.ts'
import { Draw } from '../../src/dataplane/testing/draw.ts'
import { emitNft } from '../../src/firewall/index.ts'
import { type Decision, FlowTable, judge, type Point, rulesOf } from '../../src/policy/index.ts'
import { type Headers, type IpHeaders, readHeaders } from '../../src/wire/index.ts'
import { beyondNft } from './nft/beyond.ts'
import { Forwarder } from './nft/forwarder.ts'
import { drawForwardablePool, drawRuleset } from './nft/ruleset.ts'
import { drawNftStep, type Heading, type NftStep, numberOf, Tracking } from './nft/steps.ts'
import { describeKernel } from './requirements.ts'

/** Pairs of ruleset and packet that a run compares at least. */
const wanted = 20_000
/** Packets for each ruleset. */
const packets = 160

describeKernel('nftables', () => {
  let pairs = 0
  let seed = 0
  const left = new Map<string, number>()

  it(
    `judges ${wanted} random packets as the evaluator does`,
    () => {
      seed = fc.readConfigureGlobal().seed ?? Date.now() | 0
      const d = new Draw(seed)
      while (pairs < wanted) pairs += compare(d.word(), left)
      expect(pairs).toBeGreaterThanOrEqual(wanted)
    },
    10 * 60_000,
  )

  afterAll(() => {
    process.stdout.write(
      `${pairs} pairs of ruleset and packet by nftables and evaluator, GLACIS_SEED=${seed}\n`,
    )
    for (const [why, count] of left) process.stdout.write(`  ${count} not compared: ${why}\n`)
  })
})

/** Runs one ruleset; returns how many packets were compared. */
function compare(seed: number, left: Map<string, number>): number {
  const d = new Draw(seed)
  const pool = drawForwardablePool(d)
  const points = drawRuleset(d, pool)
  const forwarder = new Forwarder(points, emitNft(points))
  try {
    const flows = new FlowTable()
    const tracking = new Tracking()
    const expected = new Map(points.map(({ id }) => [id, new Map<string, bigint>()]))
    const log: string[] = []
    let compared = 0
    for (let index = 1; index <= packets; index++) {
      const step = drawNftStep(d, pool, points, tracking, index)
      const point = points[step.point] as Point
      const headers = readHeaders(step.frame)
      const why = beyondNft(point, step.frame) ?? (point.flow && beyondTracking(tracking, step, headers))
      if (why !== undefined) {
        left.set(why, (left.get(why) ?? 0) + 1)
        continue
      }
      const decision = judge(point, headers, { flows, now: 0n })
      const by = decision.verdict === 'pass-by' ? 'out of scope' : decision.rule.id
      log.push(
        `${step.heading} ${describeHeaders(headers)} ${decision.verdict} ${by}${headers.kind === 'odd' ? Buffer.from(step.frame).toString('hex') : ''}`,
      )
      const passed = decision.verdict !== 'deny'
      if (headers.kind === 'ip') note(tracking, step.heading, headers, decision)
      count(expected.get(point.id) as Map<string, bigint>, decision)
      const arrived = send(forwarder, step, passed && headers.kind === 'ip')
      const context = () =>
        `seed ${seed}\n${log.slice(-8).join('\n')}\n${Buffer.from(step.frame).toString('hex')}\n${rules(points)}`
      if (headers.kind === 'ip' && arrived !== passed)
        throw new Error(`step ${index} ${arrived ? 'passed' : 'was dropped'}: ${context()}`)
      compared++
    }
    checkCounters(points, forwarder, expected, () => `seed ${seed}\n${log.join('\n')}\n${rules(points)}`)
    return compared
  } finally {
    forwarder.close()
  }
}

function count(counts: Map<string, bigint>, decision: Decision): void {
  if (decision.verdict === 'pass-by') return
  for (const { id } of [...(decision.audited ?? []), decision.rule])
    counts.set(id, (counts.get(id) ?? 0n) + 1n)
}

/** Why a packet at a stateful point is not compared, from what went before. */
function beyondTracking(tracking: Tracking, { heading }: NftStep, headers: Headers): string | undefined {
  if (headers.kind === 'odd') return undefined
  if (tracking.isFromWrongSide(heading, headers))
    return 'of a known flow, but from the wrong side: connection tracking knows ends, not sides'
  if (tracking.isAboutForeign(heading, headers))
    return 'error about a flow out of scope: connection tracking knows all flows of the machine'
  if (!tracking.isInOrder(heading, headers))
    return 'TCP out of the order of its connection: connection tracking calls it invalid'
  return undefined
}

function note(tracking: Tracking, heading: Heading, headers: IpHeaders, { verdict }: Decision): void {
  if (verdict === 'pass-by') tracking.passedBy(heading, headers)
  else if (verdict === 'allow') tracking.passed(heading, headers)
  else tracking.dropped(heading, headers)
}

/** The chains in which rules decide, without those of the shape tier. */
const rules = (points: readonly Point[]): string =>
  emitNft(points)
    .replace(/\tchain \S+shape[^{]*\{[^}]*\}[^}]*\}?\n/g, '')
    .replace(/^\t\t#.*\n/gm, '')

/** Milliseconds for which a packet that should arrive is waited for; the rest is found by the counters. */
const patience = 2000

/** Whether the frame arrived at the other side. */
function send(forwarder: Forwarder, step: NftStep, awaited: boolean): boolean {
  forwarder.send(step.heading, step.frame)
  const until = performance.now() + patience
  do {
    for (let frame = forwarder.receive(step.heading); frame; frame = forwarder.receive(step.heading))
      if (numberOf(frame) === numberOf(step.frame)) return true
  } while (awaited && performance.now() < until)
  return false
}

function checkCounters(
  points: readonly Point[],
  forwarder: Forwarder,
  expected: ReadonlyMap<string, ReadonlyMap<string, bigint>>,
  context: () => string,
): void {
  const counted = forwarder.counters()
  const faults = points.flatMap((point) =>
    rulesOf(point).flatMap(({ rule }, index) => {
      const is = counted.get(point.id)?.[index]?.packets
      const should = expected.get(point.id)?.get(rule.id) ?? 0n
      return is === should ? [] : [`rule ${rule.id} of ${point.id} counted ${is}, the evaluator ${should}`]
    }),
  )
  if (faults.length > 0) throw new Error(`${faults.join('; ')}: ${context()}`)
}
