/** The Stanford backbone: everything from nothing, in processes of their own; and rule by rule. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type AtomRoute, Cycles, PacketSets } from '../../../src/verify/index.ts'
import type { Row } from '../../report.ts'
import { spread } from '../../rounds.ts'
import { atomsOfBackbone } from './atoms.ts'
import type { ColdRun } from './cold.ts'
import { type Backbone, readBackbone, stanfordFolder } from './read.ts'

export function stanfordRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const folder = stanfordFolder()
  if (!folder) {
    say(
      'Stanford backbone: left out, since ../shared/data/stanford is not there; GLACIS_STANFORD names another folder',
    )
    return []
  }
  const whole = Array.from({ length: quick ? 5 : 15 }, () => coldRun(folder, 'atoms'))
  const diagrams = Array.from({ length: quick ? 1 : 3 }, () => coldRun(folder, 'diagrams'))
  const [{ pairs, ways, rounds, blackHoles }, other] = [whole[0], diagrams[0]] as [ColdRun, ColdRun]
  if (pairs !== other.pairs || ways !== other.ways || blackHoles !== other.blackHoles)
    throw new Error('prove the Stanford backbone: atoms and decision diagrams disagree')
  say(
    `Stanford backbone: ${pairs} of 240 pairs of routers, ${ways} ways out, ${rounds} kinds of packets that go round, ${blackHoles} black holes`,
  )
  const part = (name: string, runs: readonly ColdRun[], time: 'load' | 'reach' | 'total') => ({
    name,
    value: spread(runs.map((run) => run[time])).median,
    unit: 'ms',
  })
  const rows: readonly Row[] = [
    {
      ...rowOf(
        'Stanford backbone: load, all pairs, loops, black holes',
        whole.map(({ total }) => total),
        'ms',
      ),
      must: 2000,
      goal: 200,
      peers: [
        part('load', whole, 'load'),
        part('reach', whole, 'reach'),
        part('by diagrams', diagrams, 'total'),
      ],
    },
    ...updateRows(readBackbone(folder)),
  ]
  for (const { name, value, unit } of rows) say(`${name}: ${value.toPrecision(3)} ${unit}`)
  return rows
}

function coldRun(folder: string, engine: 'atoms' | 'diagrams'): ColdRun {
  const script = fileURLToPath(new URL('./cold.js', import.meta.url))
  return JSON.parse(execFileSync(process.execPath, [script, folder, engine], { encoding: 'utf8' })) as ColdRun
}

/** Each rule put in, and then taken out again, the latest first; each time it is asked whether what it changed goes round. */
function updateRows(backbone: Backbone): readonly Row[] {
  const { network, routeOf } = atomsOfBackbone(new PacketSets(), backbone, false)
  const cycles = new Cycles(network)
  const { tables } = network
  const routes = backbone.forwarding.map(routeOf)
  const timed = (change: (route: AtomRoute) => void) => (route: AtomRoute) => {
    const started = process.hrtime.bigint()
    change(route)
    for (const atom of tables.touched) cycles.through(route.node, atom)
    return Number(process.hrtime.bigint() - started) / 1000
  }
  const [put, taken] = [timed((route) => tables.insert(route)), timed((route) => tables.remove(route))]
  return [
    rowOf('Stanford backbone: one rule put in', routes.map(put), 'µs'),
    rowOf('Stanford backbone: one rule taken out', routes.toReversed().map(taken), 'µs'),
  ]
}

function rowOf(name: string, samples: readonly number[], unit: string): Row {
  const { median, min, max, rounds } = spread(samples)
  return { name, value: median, min, max, rounds, unit, better: 'lower' }
}
