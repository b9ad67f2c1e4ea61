/**
 * The Stanford backbone, once, in a process that has done nothing before: all forwarding rules and access lists are read, and it is worked out which
 * packets get from each router to each router and out of each port, which go round, and which no route leads on. One line of JSON on stdout.
 */
import { AtomReach, Loops, NetworkReach, noAction, numbersOf, PacketSets } from '../../../src/verify/index.ts'
import { atomsOfBackbone } from './atoms.ts'
import { readBackbone } from './read.ts'
import { terrainOfBackbone } from './terrain.ts'

/** Times are milliseconds of processor time, collection of garbage and compiling included: machines are shared, and all of it is computing. */
export interface ColdRun {
  readonly load: number
  readonly reach: number
  readonly total: number
  /** Pairs of different routers, the second of which gets packets for itself from the first. */
  readonly pairs: number
  /** Pairs of a router and a port that leads out, by which something leaves that the router sends. */
  readonly ways: number
  /** Kinds of packets that go round somewhere. */
  readonly rounds: number
  readonly blackHoles: number
}

const [folder, engine] = process.argv.slice(2) as [string, 'atoms' | 'diagrams']
process.stdout.write(`${JSON.stringify(engine === 'atoms' ? byAtoms() : byDiagrams())}\n`)

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function byAtoms(): ColdRun {
  const started = processorTime()
  const backbone = readBackbone(folder)
  const { network, headers, self, leaving } = atomsOfBackbone(new PacketSets(), backbone)
  const reach = new AtomReach(network, headers)
  const loaded = processorTime()
  let [pairs, ways, blackHoles] = [0, 0, 0]
  for (const from of backbone.routers.keys())
    for (const [to, came] of reach.from(from, reach.all).entries()) {
      if (from !== to && reach.does(to, self, came)) pairs++
      if (reach.does(to, noAction, came)) blackHoles++
      for (const { actions, filters } of leaving(to))
        if (actions.some((action) => reach.does(to, action, came, filters))) ways++
    }
  const kinds = new Set(reach.circling().flatMap((bits) => numbersOf(bits)))
  return timed(started, loaded, { pairs, ways, rounds: kinds.size, blackHoles })
}

function byDiagrams(): ColdRun {
  const started = processorTime()
  const backbone = readBackbone(folder)
  const sets = new PacketSets()
  const terrain = terrainOfBackbone(sets, backbone)
  for (const router of backbone.routers) terrain.forwarding(router)
  const reach = new NetworkReach(sets, terrain)
  const loops = new Loops(sets, terrain, reach)
  const loaded = processorTime()
  let [pairs, ways, rounds, blackHoles] = [0, 0, 0, 0]
  const all = sets.mask(sets.all, sets.family(4))
  for (const from of backbone.routers) {
    const found = reach.from([{ node: from, packets: all }])
    for (const [to, set] of found.delivered) if (to !== from && set !== sets.none) pairs++
    for (const set of found.unrouted.values()) if (set !== sets.none) blackHoles++
    for (const at of found.sent.keys()) {
      const [node, port] = at.split(' ') as [string, string]
      if (terrain.peers({ node, interface: port }).length === 0) ways++
    }
    rounds += loops.of(found).size
  }
  return timed(started, loaded, { pairs, ways, rounds, blackHoles })
}

/** What was found, with the time up to now: to load, and to find it. */
function timed(
  started: number,
  loaded: number,
  found: Pick<ColdRun, 'pairs' | 'ways' | 'rounds' | 'blackHoles'>,
): ColdRun {
  const done = processorTime()
  return { load: loaded - started, reach: done - loaded, total: done - started, ...found }
}
