/** What proofs cost. A part whose data is not there says so and has no rows. */
import type { Benchmark } from './main.ts'
import type { Row } from './report.ts'
import { changeRows } from './verify/changes.ts'
import { failureRows } from './verify/failures.ts'
import { invariantRows, scaleRows } from './verify/invariants.ts'
import { listRows } from './verify/lists.ts'
import { planRows } from './verify/plans.ts'
import { questionRows } from './verify/questions.ts'
import { stanfordRows } from './verify/stanford/rows.ts'

type Part = (quick: boolean, say: (line: string) => void) => readonly Row[]

const parts: Readonly<Record<string, Part>> = {
  changes: changeRows,
  failures: failureRows,
  invariants: invariantRows,
  scale: scaleRows,
  lists: listRows,
  plans: planRows,
  questions: questionRows,
  stanford: stanfordRows,
}

export const benchmark: Benchmark = {
  about: 'milliseconds of proofs',
  parts: Object.keys(parts),
  run: async ({ quick, say, part }) =>
    Object.entries(parts).flatMap(([name, rows]) =>
      part === undefined || part === name ? rows(quick, say) : [],
    ),
}
