/** What holds of ICMP errors: those of routers come back to who sent what they are about, and nobody gets any but about flows of its own. */
import { type Node, siteByName } from '../../model/index.ts'
import { hostPrefix } from '../../net/index.ts'
import { type Point, rulesOf } from '../../policy/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import { lossesOf, tellingAddresses, toldOf, toldTypes } from '../arrival/index.ts'
import { type DiagramSet, everything } from '../diagram/index.ts'
import { type Emission, type Openings, type Reach, swapEnds } from '../network/index.ts'
import {
  errorsAbout,
  errorsWithQuotes,
  flowOpenings,
  icmpOfTypes,
  kindLevels,
  level,
  openings,
} from '../packets/index.ts'
import { clientsAndSelves, clientsOf, fromServed, openers } from './clients.ts'
import { clientsOf as heardBy } from './infrastructure.ts'
import type { Breach, ErrorInvariant, Trial } from './invariant.ts'
import { spokenBy } from './layers.ts'
import type { Limit } from './limit.ts'
import { heardByHost, roleOpenings } from './machines.ts'
import { writtenErrors, writtenOut } from './open/written.ts'
import { type Origin, prefixesOf } from './origin.ts'
import { byInternet } from './places.ts'
import type { Proof } from './proof.ts'

export const errorInvariants: readonly ErrorInvariant[] = [
  {
    kind: 'errors',
    id: 'errors-return',
    ofAlike: true,
    rows: ['R11', 'R18'],
    claim:
      'That an opening, or what answers it, is too big, finds nobody, or has used up its hop limit comes back to its sender, whichever router says so: filters know the flow that the error quotes, balancers its connection; as far as lists and host configuration that people wrote let it.',
    *trials(proof, limit) {
      const openedBy = (clients: typeof clientsOf): readonly Emission[] =>
        masked(
          proof,
          openers(proof).flatMap((origin) => clients(proof, origin)),
          limit?.toldAbout,
        )
      const widely = openedBy(clientsAndSelves)
      for (const trialOf of [returning, returningAnswers])
        if (breaks(proof, trialOf(proof, widely, limit))) yield trialOf(proof, openedBy(clientsOf), limit)
    },
  },
  {
    kind: 'errors',
    id: 'errors-by-flow',
    ofAlike: true,
    rows: ['R18', 'R21', 'R22'],
    claim:
      'Whoever sends an ICMP error, and whatever it quotes, no machine gets it but about a flow that it may have opened, or that was opened to it.',
    *trials(proof, limit) {
      const { sets } = proof
      // Mostly the last filter alone sees to it.
      if (proof.nodes().every((node) => isKeptFromErrors(proof, node, limit))) return
      // What a machine sends to itself does not leave it. Were it to, all would send much alike, which is sooner followed.
      const trialsOf = function* (sent: (node: Node) => DiagramSet): Iterable<Trial> {
        const by = (origins: readonly Origin[], packets: DiagramSet) =>
          origins.flatMap((origin) =>
            proof.senders(origin).map((node) => ({ node: node.id, packets: sets.mask(sent(node), packets) })),
          )
        const errors = masked(proof, by(proof.allOrigins(), errorsWithQuotes(sets)), limit?.errorsOf)
        const unasked = reaching(proof, errors, proof.openings(), () => sets.none)
        yield unasked
        if (breaks(proof, unasked)) return
        const opened = masked(proof, by(proof.openers(), flowOpenings(sets)), limit?.packetsOf)
        yield afterOpenings(proof, errors, opened)
      }
      for (const trial of trialsOf(() => everything))
        if (breaks(proof, trial))
          return yield* trialsOf(({ addresses }) =>
            sets.without(everything, proof.to(addresses.map(hostPrefix))),
          )
    },
  },
]

/** Whether something is wrong with any of a trial. */
function breaks({ sets }: Proof, { breaches, follow, emissions }: Trial): boolean {
  for (const { packets } of breaches(follow(emissions))) if (packets !== sets.none) return true
  return false
}

/** Of what is sent, that which is looked at. @param part of what a node sends; absent: all */
function masked(
  { sets }: Proof,
  emissions: readonly Emission[],
  part?: (node: string) => DiagramSet,
): readonly Emission[] {
  if (!part) return emissions
  return emissions
    .map(({ node, packets }) => ({ node, packets: sets.mask(part(node), packets) }))
    .filter(({ packets }) => packets !== sets.none)
}

/** Whether filters at a machine let no errors through but about its flows, whoever sends what to it. */
function isKeptFromErrors(proof: Proof, node: Node, limit: Limit | undefined): boolean {
  // It follows from what is at the machine, and from what the file says of it.
  const known = limit?.nodes.has(node.id) === false ? proof.knownOfLastHop(node, 'errors') : undefined
  if (known !== undefined) return known
  const own = ownFlows(proof, node)
  if (own === undefined) return true
  const { sets } = proof
  const errors = errorsWithQuotes(sets)
  return proof.ofLastHop(node, 'errors', [own], () => {
    if (proof.lastHop(node.id, errors, sets.none) !== sets.none) return false
    const come = proof.lastHop(node.id, errors, flowOpenings(sets))
    return sets.without(come, errorsAbout(sets, own)) === sets.none
  })
}

/** Errors that are sent about whatever was opened before. */
const afterOpenings = (proof: Proof, errors: readonly Emission[], opened: readonly Emission[]): Trial => ({
  ...reaching(proof, errors, proof.remembered(opened).known, (own) => errorsAbout(proof.sets, own)),
  before: { openings: opened, only: (some) => afterOpenings(proof, errors, some) },
})

/** Errors that are sent. @param permitted of those that a machine gets, by what it may have sent in its flows */
function reaching(
  proof: Proof,
  emissions: readonly Emission[],
  known: Openings,
  permitted: (own: DiagramSet) => DiagramSet,
): Trial {
  let whole: Reach | undefined
  return {
    emissions,
    follow(some) {
      if (some !== emissions) return proof.errors(known, some)
      whole ??= proof.errors(known, some)
      return whole
    },
    *breaches(reach): Iterable<Breach> {
      for (const [at, packets] of reach.delivered) {
        const own = ownFlows(proof, proof.world.node(at))
        if (own !== undefined) yield { at, packets: proof.sets.without(packets, permitted(own)) }
      }
    },
  }
}

/** Openings whose answers a balancer does not tell apart from others of the same ends. */
const nameless = (proof: Proof): DiagramSet =>
  proof.once('openings without a name', () => {
    const { sets } = proof
    // Without an identifier an echo looks like other ICMP.
    const echoes = sets.mask(
      icmpOfTypes(sets, (family) => [icmpEcho[family].request]),
      sets.field('sourcePort', [[0, 0]]),
    )
    return sets.union([fromServed(proof), echoes])
  })

function returningAnswers(proof: Proof, opened: readonly Emission[], limit?: Limit): Trial {
  const { sets } = proof
  const left = nameless(proof)
  const emissions = opened.map(({ node, packets }) => ({ node, packets: sets.without(packets, left) }))
  const follow = (some: readonly Emission[]): Reach =>
    errorsAmong(proof, proof.remembered(some).known, proof.answersTo(some).forwarded, limit)
  const lost = (reach: Reach) => lostErrors(proof, reach, emissions, 'has errors about its answer lost')
  const whole = (): Reach => {
    // Where answers to everything get to is known already. If nothing is lost of errors about these, nothing is of errors about some.
    const others = sets.without(sets.all, sets.forget(swapEnds(sets, left), kindLevels))
    const { forwarded } = proof.answersTo(opened)
    const named = Array.from(forwarded, ([node, packets]) => [node, sets.mask(others, packets)] as const)
    const reach = errorsAmong(proof, proof.remembered(opened).known, new Map(named), limit)
    for (const _ of lost(reach)) return follow(emissions)
    return reach
  }
  return {
    emissions,
    follow: (some) => (some === emissions ? whole() : follow(some)),
    breaches: lost,
  }
}

function returning(proof: Proof, emissions: readonly Emission[], limit?: Limit): Trial {
  return {
    emissions,
    follow(some) {
      const { known, forth } = proof.remembered(some)
      return errorsAmong(proof, known, forth.forwarded, limit)
    },
    breaches: (reach) => lostErrors(proof, reach, emissions, 'has errors about it lost'),
  }
}

/** Where errors get to about what nodes have to forward. */
const errorsAmong = (
  proof: Proof,
  known: Openings,
  forwarded: Reach['forwarded'],
  limit: Limit | undefined,
): Reach =>
  proof.errors(
    known,
    Array.from(forwarded, ([node, packets]): Emission => {
      const about = limit ? proof.sets.mask(limit.tellingOf(node), packets) : packets
      return { node, packets: told(proof, node, about) }
    }),
    { explain: true },
  )

/** Errors that do not come back, but for those that lists which people wrote refuse. */
function* lostErrors(
  proof: Proof,
  reach: Reach,
  emissions: readonly Emission[],
  does: Breach['does'] & string,
): Iterable<Breach> {
  const { sets, isOutside } = proof
  const asWritten = new Map(
    Array.from(reach.stopped, ([point, stopped]) => {
      if (point.kind !== 'access-router') return [point, stopped]
      const rules = rulesOf(point)
      const isList = (value: number) => isWrittenList(proof, point, rules[value - 1]?.tier)
      return [point, sets.map(stopped, (value) => (isList(value) ? 0 : value))]
    }),
  )
  const left = { ...reach, stopped: asWritten }
  for (const { at, packets } of lossesOf(sets, left, { emissions, leaves: true }, isOutside))
    yield { at, packets, does }
}

/** Lists at access routers may refuse errors too: people wrote them. */
function isWrittenList({ network, world }: Proof, { node }: Point, tier: string | undefined): boolean {
  const filters = siteByName(network, world.node(node).site ?? '')?.filters
  return tier !== undefined && [filters?.platformAcl.name, filters?.operatorAcl.name].includes(tier)
}

/** What a node says of packets that it has to forward. */
function told(proof: Proof, id: string, forwarded: DiagramSet): DiagramSet {
  const { sets, network, world } = proof
  const node = world.node(id)
  const addresses = tellingAddresses(node)
  if (addresses.length === 0) return sets.none
  const senders = toldOf(network, node)
  const about = senders ? sets.mask(proof.by(prefixesOf(senders)), forwarded) : forwarded
  return sets.allOf([
    node.kind === 'internet' ? byInternet(proof) : proof.by(addresses.map(hostPrefix)),
    proof.once('told', () => icmpOfTypes(sets, (family) => toldTypes[family])),
    node.kind === 'host' && sets.forget(writtenErrors(proof, node), quotedNumbers),
    errorsAbout(sets, about),
  ])
}

/** Of an error, levels that say something of what it quotes. */
const quotedNumbers: readonly number[] = [level.tcpFlags, level.sourcePort, level.destinationPort]

/** What a machine sends in its flows: those that it may open, and those that may be opened to it. Nothing is said of routers, and of who is outside. */
function ownFlows(proof: Proof, node: Node): DiagramSet | undefined {
  const { sets } = proof
  const has = mayHave(proof, node)
  if (has === undefined) return undefined
  const heard = sets.allOf([openings(sets), has.heard])
  return sets.union([sets.mask(proof.by(prefixesOf([node])), has.spoken), swapEnds(sets, heard)])
}

/** Openings that a machine may send, and get. */
function mayHave(
  proof: Proof,
  node: Node,
): { readonly spoken: DiagramSet; readonly heard: DiagramSet } | undefined {
  switch (node.kind) {
    case 'vm':
      return { spoken: writtenOut(proof, node), heard: roleOpenings(proof, node) }
    case 'host':
      return { spoken: writtenOut(proof, node), heard: heardByHost(proof, node) }
    case 'name-server':
    case 'fabric-controller':
    case 'jump-box':
    case 'storage':
    case 'activation-server':
      return { spoken: spokenBy(proof, node), heard: heardBy(proof, node) }
    default:
      return undefined
  }
}
