/**
 * Differences of rule lists of about 10,000 rules. *Found* is the time until it is known whether the lists differ and, if so, where first
 * and by which rules; *whole* until it is known how many packets differ, and in which regions; both in processor time. One version of the list is known before, as that in force is.
 */
import { differenceOf, extentOf, type RuleList, RuleTable } from '../../src/verify/index.ts'
import type { Row } from '../report.ts'
import { spread } from '../rounds.ts'
import { classbenchFolder, readClassbench } from './classbench.ts'
import { edited, editKinds, randomFrom } from './edits.ts'

const sets = ['acl1_10000', 'fw1_10000', 'ipc1_10000'] as const

export function listRows(quick: boolean, say: (line: string) => void): readonly Row[] {
  const folder = classbenchFolder()
  if (!folder) {
    say(
      'rule lists: left out, since ../shared/data/classbench is not there; GLACIS_CLASSBENCH names another folder',
    )
    return []
  }
  const lists = sets.map((name) => ({ name, list: readClassbench(folder, name) }))
  const rows: Row[] = []
  const add = (row: Row): void => {
    rows.push(row)
    say(`${row.name}: median ${row.value.toFixed(2)} ms, at most ${(row.max ?? row.value).toFixed(1)} ms`)
  }
  lists.forEach(({ name, list }, at) => {
    for (const row of afterEdits(
      name,
      list,
      lists[(at + 1) % lists.length]?.list as RuleList,
      quick ? 20 : 100,
    ))
      add(row)
    add(readAgain(folder, name))
  })
  lists.forEach((one, at) => {
    for (const other of lists.slice(at + 1)) for (const row of unrelated(one, other)) add(row)
  })
  return rows
}

type Named = { readonly name: string; readonly list: RuleList }

/** @param each edits of each kind */
function afterEdits(name: string, list: RuleList, donor: RuleList, each: number): readonly Row[] {
  const table = new RuleTable()
  const random = randomFrom(1)
  // What is in force is known; and the first round of all is not measured.
  for (const kind of editKinds) extentOf(list, edited(list, kind, donor, random), { table })
  const found: number[] = []
  const whole: number[] = []
  for (let round = 0; round < each; round++)
    for (const kind of editKinds) {
      const after = edited(list, kind, donor, random)
      found.push(timed(() => differenceOf(list, after, { table }).next()))
      whole.push(timed(() => extentOf(list, after, { table })))
    }
  return [
    rowOf(`${name}, one edit: found`, found, { must: 100, goal: 1 }),
    rowOf(`${name}, one edit: whole`, whole, { goal: 1 }),
  ]
}

/** Both lists read anew from files: no rule of one is an object of the other, and nothing is known. */
function readAgain(folder: string, name: string): Row {
  const times = Array.from({ length: 5 }, (_, round) => {
    const before = readClassbench(folder, name)
    const after = edited(readClassbench(folder, name), 'changed', before, randomFrom(round))
    return timed(() => differenceOf(before, after).next())
  })
  return rowOf(`${name}, one edit, both lists new: found`, times, { must: 100 })
}

function unrelated(one: Named, other: Named): readonly Row[] {
  const name = `${one.name} and ${other.name}`
  const found = timed(() => differenceOf(one.list, other.list).next())
  const whole = timed(() => extentOf(one.list, other.list))
  const limits = { must: 60_000, goal: 5000 }
  return [rowOf(`${name}: found`, [found], limits), rowOf(`${name}: whole`, [whole], limits)]
}

/** Milliseconds of processor time, collection of garbage included: machines are shared, and all of it is computing. */
function timed(run: () => unknown): number {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function rowOf(name: string, times: readonly number[], limits: { must?: number; goal?: number }): Row {
  const { median, min, max, rounds } = spread(times)
  return { name, value: median, min, max, rounds, unit: 'ms', better: 'lower', ...limits }
}
