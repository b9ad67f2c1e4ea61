/**
 * One packet on every way that it may take: of equal ways each, and where a balancer chooses, each machine, and the first and the last port that it
 * may lend. Beside that the walk with what the evaluator really chooses.
 */
import { type Decision, judge, lendingOf, type Point, type Translation } from '../../../src/policy/index.ts'
import { type Path, type World, WorldState, walk } from '../../../src/trace/index.ts'
import type { IpHeaders } from '../../../src/wire/index.ts'

/** A point denied a packet. */
export interface Denial {
  readonly point: Point
  /** As it came to the point. */
  readonly packet: IpHeaders
  readonly decision: Decision
}

export interface Ways {
  readonly paths: readonly Path[]
  readonly denials: readonly Denial[]
}

/** Which machine, by its place among those behind the endpoint, and which of the ports lent. */
interface Choice {
  readonly machine: number
  readonly port: 'first' | 'last'
}

interface Walked extends Ways {
  /** Machines among which a balancer chose; 0: none did. */
  readonly machines: number
  readonly lent: boolean
}

/** As the evaluator has it. */
export const realWays = (world: World, from: string, packet: IpHeaders): Walked => walked(world, from, packet)

/** @param real the same packet's real ways */
export function everyWay(world: World, from: string, packet: IpHeaders, real: Walked): readonly Ways[] {
  if (real.machines === 0 && !real.lent) return [real]
  const ports = real.lent ? (['first', 'last'] as const) : (['first'] as const)
  return ports.flatMap((port) => {
    const ways: Walked[] = []
    // A port that a filter stops does not come to where a machine is chosen, and another may.
    do ways.push(walked(world, from, packet, { machine: ways.length, port }))
    while (ways.length < Math.max(real.machines, ...ways.map(({ machines }) => machines)))
    return ways
  })
}

function walked(world: World, from: string, packet: IpHeaders, choice?: Choice): Walked {
  const denials: Denial[] = []
  let machines = 0
  let lent = false
  const judging: typeof judge = (point, frame, state) => {
    const decision = judge(point, frame, state)
    if (decision.verdict === 'pass-by' || frame.kind !== 'ip') return decision
    if (decision.verdict === 'deny') denials.push({ point, packet: frame, decision })
    const translation = decision.packet && translationOf(point, decision.rule)
    if (!decision.packet || !translation) return decision
    if (translation.kind === 'endpoint-in') machines = Math.max(machines, translation.backends.length)
    if (lendingOf(translation)) lent = true
    return choice ? { ...decision, packet: chosen(translation, decision.packet, choice) } : decision
  }
  const paths = walk(world, new WorldState(), from, packet, judging)
  return { paths, denials, machines, lent }
}

function chosen(translation: Translation, packet: IpHeaders, { machine, port }: Choice): IpHeaders {
  const lending = lendingOf(translation)
  const backend =
    translation.kind === 'endpoint-in' && translation.backends[machine % translation.backends.length]
  return {
    ...packet,
    ...(backend && { destination: backend.address, destinationPort: backend.port }),
    ...(lending && { sourcePort: lending.ports[port] }),
  }
}

function translationOf(point: Point, rule: Translation['rule']): Translation | undefined {
  for (const tier of point.tiers)
    if (tier.kind === 'translation') {
      const found = tier.translations.find((each) => each.rule === rule)
      if (found) return found
    }
  return undefined
}
