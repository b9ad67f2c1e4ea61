/**
 * Faults of the prover that are made on purpose are noticed by the comparison with the evaluator, which so is one that can fail. What the prover
 * reads wrongly everywhere is always found; of what is wrong in a single rule of a single network only rare packets show something.
 */
import { describe, expect, it } from 'vitest'
import type { Node, Route } from '../../../src/model/index.ts'
import { type Family, formatPrefix, type Prefix } from '../../../src/net/index.ts'
import type { Match, Point, Policy } from '../../../src/policy/index.ts'
import type { World } from '../../../src/trace/index.ts'
import type { DiagramSet } from '../../../src/verify/diagram/index.ts'
import { ProofMemory } from '../../../src/verify/index.ts'
import { withFault as withRoutes } from '../../../src/verify/invariants/testing/random-fault.ts'
import { translates } from '../../../src/verify/network/index.ts'
import { type End, PacketSets } from '../../../src/verify/packets/index.ts'
import { pick, type Random } from '../../support/random.ts'
import { randomOf, randomWorld } from '../../support/random-world.ts'
import { changesSomething } from '../faults/effect.ts'
import { faultsOf, representatives, withFault } from '../faults/fault.ts'
import { bordersOf } from './borders.ts'
import { Trial } from './campaign.ts'
import { differenceAt } from './points.ts'

/** Whether something is found in some networks. */
function isNoticed(trial: (random: Random, world: World) => void, networks: number): boolean {
  for (let number = 0; number < networks; number++) {
    const random = randomOf(number)
    const world = randomWorld(random)
    try {
      trial(random, world)
    } catch (error) {
      if (!/the prover says|by the (?:prover|evaluator) alone/.test(String(error))) throw error
      return true
    }
  }
  return false
}

type Shrunk = (range: { readonly first: number; readonly last: number }) => { first: number; last: number }

/** Packet sets of a prover that reads one thing wrongly. */
const misread = (change: (match: Match) => Match) =>
  class extends PacketSets {
    override match(match: Match): DiagramSet {
      return super.match(change(match))
    }
  }

const inPorts = (change: Shrunk) =>
  misread(({ sourcePorts, destinationPorts, ...rest }) => ({
    ...rest,
    ...(sourcePorts && { sourcePorts: sourcePorts.map(change) }),
    ...(destinationPorts && { destinationPorts: destinationPorts.map(change) }),
  }))

const without = (key: keyof Match) => misread(({ [key]: _, ...rest }) => rest)

const wider = (list: readonly Prefix[], family: Family): readonly Prefix[] =>
  list.map((each) =>
    each.family === family && each.length > 0 ? { ...each, length: each.length - 1 } : each,
  )

const faultySets: Readonly<Record<string, new () => PacketSets>> = {
  'TCP flags are not asked': without('tcpFlags'),
  'types of ICMP are not asked': without('icmpType'),
  'source ports are not asked': without('sourcePorts'),
  'families are not asked': misread(({ family: _, ...rest }) => rest),
  'the last port of a range is not in it': inPorts(({ first, last }) => ({
    first,
    last: Math.max(first, last - 1),
  })),
  'ports begin one later': inPorts(({ first, last }) => ({
    first: Math.min(first + 1, last),
    last: Math.max(last, first),
  })),
  'one port more is in a range': inPorts(({ first, last }) => ({ first, last: Math.min(last + 1, 65_535) })),
  'of several destinations the last is overlooked': misread((match) =>
    match.destination && match.destination.length > 1
      ? { ...match, destination: match.destination.slice(0, -1) }
      : match,
  ),
  'IPv6 prefixes are a bit shorter': class extends PacketSets {
    override addresses(end: End, prefixes: readonly Prefix[]): DiagramSet {
      return super.addresses(end, wider(prefixes, 6))
    }
  },
  'what a translation writes over is kept': class extends PacketSets {
    override forget(set: DiagramSet): DiagramSet {
      return set
    }
  },
}

describe('a fault of the prover is noticed', () => {
  it.each(Object.keys(faultySets))(
    '%s',
    (name) => {
      const Faulty = faultySets[name] as new () => PacketSets
      expect(isNoticed((random, world) => new Trial(world, random, { sets: new Faulty() }).run(), 60)).toBe(
        true,
      )
    },
    120_000,
  )

  it('in one rule of one point, by nearly every fault that there may be', () => {
    const missed: string[] = []
    let noticed = 0
    for (let number = 0; number < 6; number++) {
      const random = randomOf(number)
      const { policy } = randomWorld(random)
      const memory = new ProofMemory()
      const { sets } = memory
      const { decisions } = memory.passages
      const faults = representatives(policy)
        .filter((point) => !translates(point))
        .flatMap(faultsOf)
        .filter(({ spoilt }) => spoilt)
      for (let count = 0; count < 40; count++) {
        const { name, point, spoilt } = pick(faults, random)
        if (!changesSomething(memory, policy, point, spoilt)) continue
        const ask = { sets, decisions, borders: bordersOf([point, spoilt as Point]), random, count: 3000 }
        if (differenceAt(point, ask, spoilt)) noticed++
        else missed.push(`network ${number}: ${name}`)
      }
    }
    expect(noticed, missed.join('\n')).toBeGreaterThan(3 * missed.length)
    expect(noticed).toBeGreaterThan(80)
  }, 120_000)

  it('in one translation or one route, mostly', () => {
    const missed: string[] = []
    let noticed = 0
    for (let number = 0; number < 4; number++) {
      const random = randomOf(number)
      const world = randomWorld(random)
      for (let count = 0; count < 6; count++) {
        const fault = count % 2 === 0 ? routeFault(world, random) : translationFault(world, random)
        if (!fault) continue
        const found = () => {
          try {
            new Trial(world, random, { seen: fault.seen, senders: fault.senders }).sendSome()
            return false
          } catch {
            return true
          }
        }
        if (Array.from({ length: 20 }).some(found)) noticed++
        else missed.push(`network ${number}: ${fault.name}`)
      }
    }
    expect(noticed, missed.join('\n')).toBeGreaterThan(missed.length)
    expect(noticed).toBeGreaterThan(5)
  }, 300_000)
})

interface SeenOtherwise {
  readonly name: string
  readonly seen: World
  /** Whose packets meet it. */
  readonly senders: readonly Node[]
}

/** A null route at a router. */
function routeFault(world: World, random: Random): SeenOtherwise {
  const router = pick(
    world.network.nodes.filter(({ kind }) => kind === 'distribution-router'),
    random,
  )
  const node = router.id
  const table = world.routes(node)
  const at = pick(
    table.flatMap(({ nextHops }, index) => (nextHops.length > 0 ? [index] : [])),
    random,
  )
  return {
    name: `route to ${formatPrefix((table[at] as Route).prefix)} of ${node} missing`,
    senders: [router],
    seen: withRoutes(world, {
      name: '',
      policy: world.policy,
      routes: new Map([
        [node, table.map((route, index) => (index === at ? { ...route, nextHops: [] } : route))],
      ]),
    }),
  }
}

/** An endpoint that is not what it is, at a balancer. */
function translationFault(world: World, random: Random): SeenOtherwise | undefined {
  const memory = new ProofMemory()
  const { policy } = world
  const faults = representatives(policy)
    .filter(translates)
    .flatMap(faultsOf)
    .filter(({ name }) => /next|neighbour|another address/.test(name))
  const fault = faults.length > 0 ? pick(faults, random) : undefined
  if (!fault || !changesSomething(memory, policy, fault.point, fault.spoilt)) return undefined
  const spoilt: Policy = withFault(policy, fault)
  const senders = world.network.nodes.filter(
    ({ id, kind }) =>
      ['internet', 'vm', 'access-router', 'distribution-router'].includes(kind) || id === fault.point.node,
  )
  return { name: fault.name, seen: { ...world, policy: spoilt }, senders }
}
