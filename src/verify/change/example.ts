/** One packet of a difference, as a person would choose it, which the evaluator confirms; and the rules that let it pass and stop it. */
import { localAddresses, type Node } from '../../model/index.ts'
import { hostPrefix, type Ip } from '../../net/index.ts'
import { type Decision, type Point, type RulePlace, rulesOf } from '../../policy/index.ts'
import { type Path, WorldState, walk } from '../../trace/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import { type PacketSets, typicalPacket } from '../packets/index.ts'
import type { Sides } from './cells.ts'
import { type Delta, sidesOf, targetKey } from './delta.ts'
import type { Side } from './side.ts'

export interface Example {
  readonly sender: string
  /** Who gets it; absent: somebody outside. */
  readonly receiver?: string
  /** As it is sent in the network in which it arrives. */
  readonly packet: IpHeaders
  /** The rule that lets it pass where the other network stops it; absent: no point is asked there. */
  readonly passes?: RulePlace
  /** What stops it in the other network. */
  readonly stops: Stop
}

export type Stop =
  | { readonly kind: 'rule'; readonly place: RulePlace }
  /** It has no such sender or target. */
  | { readonly kind: 'absent'; readonly what: string }
  /** No way leads there, or it goes to another machine. */
  | { readonly kind: 'route'; readonly node: string }

/** `undefined`: the evaluator does not confirm it with any packet that was tried. */
export function exampleOf(sets: PacketSets, sides: Sides, delta: Delta): Example | undefined {
  const [open, shut] = sidesOf(sides, delta.kind)
  const sender = senderOf(delta)
  for (const packet of candidates(sets, open, delta)) {
    const way = walk(open.world, new WorldState(), sender, packet).find((path) => arrives(path, delta))
    if (!way) continue
    const receiver = way.end.kind === 'delivered' ? { receiver: way.end.node } : {}
    const found = { sender, ...receiver, packet }
    const there = translated(packet, open, shut, delta)
    if (typeof there === 'string')
      return { ...found, ...passing(way, undefined), stops: { kind: 'absent', what: there } }
    const paths = walk(shut.world, new WorldState(), sender, there)
    if (paths.some((path) => arrives(path, delta))) continue
    const [first] = paths as [Path]
    const { end } = first
    if (end.kind !== 'denied')
      return { ...found, ...passing(way, undefined), stops: { kind: 'route', node: end.node } }
    return {
      ...found,
      ...passing(way, end.point),
      stops: { kind: 'rule', place: placeOf(end.point, end.rule) },
    }
  }
  return undefined
}

const arrives = ({ end, hops }: Path, { target }: Delta): boolean => {
  if (end.kind === 'delivered')
    return 'node' in target
      ? end.node === target.node
      : target.kind === 'host-service' || end.node === 'internet'
  return (
    target.kind === 'outside' &&
    end.kind === 'no-route' &&
    end.node === 'internet' &&
    !end.route &&
    hops.length > 1
  )
}

/** A machine that addresses itself sends nothing: another, if there is one. */
const senderOf = ({ senders, target }: Delta): string =>
  senders.find((id) => !('node' in target) || id !== target.node) ?? (senders[0] as string)

/** Tries, where it depends on its source port which machine a balancer chooses. */
const tries = 64

function* candidates(sets: PacketSets, open: Side, delta: Delta): Generator<IpHeaders> {
  const { target, source, traffic } = delta
  const node = open.world.node(senderOf(delta))
  const own = [...node.addresses, ...node.publicAddresses]
  const to = open.targets.get(targetKey(target))?.addresses
  const packets = sets.allOf([
    traffic,
    source === 'own' && sets.addresses('source', own.map(hostPrefix)),
    to && sets.addresses('destination', to.map(hostPrefix)),
  ])
  const inside = open.network.nodes.flatMap(localAddresses)
  const outside = open.network.nodes
    .filter(({ kind }) => kind === 'internet')
    .flatMap(({ addresses }) => addresses)
  const preferred = { source: source === 'forged' ? inside : own, destination: to ?? outside }
  const first = typicalPacket(sets, packets, preferred)
  yield first
  for (let port = first.sourcePort + 1; port < first.sourcePort + tries; port++) {
    const packet = { ...first, sourcePort: port }
    if (target.kind === 'vip' && sets.holds(packets, packet)) yield packet
  }
}

/** The packet as the other network has its addresses; text: what it does not have. */
function translated(packet: IpHeaders, open: Side, shut: Side, delta: Delta): IpHeaders | string {
  const { source, target } = delta
  const sender = senderOf(delta)
  const node = shut.node(sender)
  if (!node) return sender
  const from = source === 'own' ? addressAs(packet.source, open.world.node(sender), node) : packet.source
  const key = targetKey(target)
  const to =
    target.kind === 'outside'
      ? packet.destination
      : shut.targets.get(key)?.addresses.find(({ family }) => family === packet.family)
  if (!from) return sender
  if (!to) return 'node' in target ? target.node : key
  return { ...packet, source: from, destination: to }
}

/** The address of a machine that has the place of one that it has elsewhere. */
function addressAs(address: Ip, here: Node, there: Node): Ip | undefined {
  const of = ({ addresses, publicAddresses }: Node) =>
    [...addresses, ...publicAddresses].filter(({ family }) => family === address.family)
  return of(there)[of(here).findIndex(({ value }) => value === address.value)]
}

/** The rule that decided at the point, or at one that stands for it; else the last that allowed. */
function passing({ hops }: Path, stop: Point | undefined): Pick<Example, 'passes'> {
  const judged = hops
    .flatMap(({ judgements }) => judgements)
    .filter(({ decision }) => decision.verdict === 'allow')
  const same =
    stop &&
    (judged.find(({ point }) => point.id === stop.id) ??
      judged.find(({ point }) => point.kind === stop.kind && point.direction === stop.direction))
  const found = same ?? judged.at(-1)
  return found
    ? { passes: placeOf(found.point, (found.decision as Exclude<Decision, { verdict: 'pass-by' }>).rule) }
    : {}
}

function placeOf(point: Point, rule: RulePlace['rule']): RulePlace {
  const place = rulesOf(point).find((each) => each.rule === rule)
  if (!place) throw new TypeError(`explain a change: ${point.id} has no rule ${rule.id} (a bug of Glacis)`)
  return place
}
