/** An ICMP error about connections that are known, played by the evaluator: first what opens them, then the error. */
import { ipEquals } from '../../net/index.ts'
import type { RulePlace } from '../../policy/index.ts'
import { type Path, type World, WorldState, walk } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { candidates, deciderOf, placeOf, type Replay } from './replay.ts'

/** A packet, and the node that sends it. */
export interface Sent {
  readonly sender: string
  readonly packet: IpHeaders
}

/** What opens a connection; the same from other source ports is tried too, as far as it is one of those in question. */
export interface SentOpening extends Sent {
  readonly among: (packet: IpHeaders) => boolean
}

/** What opened a connection, and the rule by which the machine in question came to it. */
export interface Opened extends Sent {
  readonly rule?: RulePlace
}

export interface KnownReplay extends Replay {
  readonly opened: readonly Opened[]
}

/**
 * @param error what it quotes may be put in the words of the connection, as any node on its way sees it
 * @param shows whether a way of the error is what is claimed
 * @returns `undefined` if none of the connections that were tried has such an error
 */
export function replayKnown(
  world: World,
  openings: readonly SentOpening[],
  error: Sent,
  shows: (path: Path) => boolean,
): KnownReplay | undefined {
  const flows = openings.map(({ packet, among }) => [...candidates(packet, among)])
  const tries = Math.max(...flows.map(({ length }) => length))
  for (let at = 0; at < tries; at++) {
    const sent = openings.map(({ sender }, index): Sent => {
      const some = flows[index] as readonly IpHeaders[]
      return { sender, packet: (some[at] ?? some[0]) as IpHeaders }
    })
    const state = new WorldState(world)
    const ways = sent.map(({ sender, packet }) => walk(world, state, sender, packet))
    for (const packet of errorsLike(error.packet, ways.flat())) {
      const path = walk(world, state, error.sender, packet).find(shows)
      if (!path) continue
      const rule = letInBy(world, [path], path.end.node)
      const opened = sent.map((each, index): Opened => {
        const by = letInBy(world, ways[index] as readonly Path[], path.end.node)
        return { ...each, ...(by && { rule: by }) }
      })
      return { packet, path, opened, ...(rule && { rule }) }
    }
  }
  return undefined
}

/** An error, and the same about what nodes on some ways saw, and about what comes back of that. */
function* errorsLike(error: IpHeaders, ways: readonly Path[]): Iterable<IpHeaders> {
  yield error
  const seen = ways.flatMap(({ hops, packet }) => [packet, ...hops.map((hop) => hop.packet)])
  for (const { source, destination, protocol, sourcePort, destinationPort } of seen) {
    const forth = { source, destination, protocol, sourcePort, destinationPort }
    const back = {
      source: destination,
      destination: source,
      protocol,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    }
    for (const quoted of [back, forth]) yield { ...error, destination: quoted.source, quoted }
  }
}

/** The rule at the own filter of a node that let a packet pass; without such a filter the last one on its way. */
function letInBy(world: World, ways: readonly Path[], node: string): RulePlace | undefined {
  const { addresses } = world.node(node)
  const own = ways
    .flatMap(({ hops }) => hops.flatMap(({ judgements }) => judgements))
    .find(
      ({ point, decision }) =>
        decision.verdict === 'allow' &&
        point.flow !== undefined &&
        point.behind?.some((address) => addresses.some((each) => ipEquals(each, address))),
    )
  if (own && 'rule' in own.decision) return placeOf(own.point, own.decision.rule)
  const delivered = ways.find(({ end }) => end.kind === 'delivered')
  return delivered && deciderOf(delivered)
}
