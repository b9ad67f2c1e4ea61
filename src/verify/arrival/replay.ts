/** A witness played by the evaluator: what it really meets, and the rule that decides. Balancers choose by the flow, so that other source ports are tried too. */
import { type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import { type Path, type World, WorldState, walk } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'

export interface Replay {
  readonly packet: IpHeaders
  readonly path: Path
  /** The rule that denied it, or the last one that let it pass. */
  readonly rule?: RulePlace
}

/** Source ports that are tried: with as many, each of a few backends is chosen by one of them. */
const tries = 64

/**
 * @param among whether a packet is one of those in question
 * @returns the first way that shows it; `undefined` if none does
 */
export function replay(
  world: World,
  from: string,
  packet: IpHeaders,
  among: (packet: IpHeaders) => boolean,
  shows: (path: Path) => boolean,
): Replay | undefined {
  for (let at = 0; at < tries; at++) {
    const candidate = at === 0 ? packet : { ...packet, sourcePort: (packet.sourcePort + at) & 0xffff }
    if (at > 0 && !among(candidate)) continue
    const path = walk(world, new WorldState(), from, candidate).find(shows)
    if (!path) continue
    const rule = deciderOf(path)
    return { packet: candidate, path, ...(rule && { rule }) }
  }
  return undefined
}

function deciderOf({ hops, end }: Path): RulePlace | undefined {
  if (end.kind === 'denied') return placeOf(end.point, end.rule)
  const last = hops.flatMap(({ judgements }) => judgements).at(-1)
  return last?.decision.verdict === 'pass-by' || !last ? undefined : placeOf(last.point, last.decision.rule)
}

const placeOf = (point: Point, rule: RulePlace['rule']): RulePlace | undefined =>
  rulesOf(point).find((place) => place.rule === rule)
