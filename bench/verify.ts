/** What proofs cost. A part whose data is not there says so and has no rows. */
import type { Benchmark } from './main.ts'
import { invariantRows } from './verify/invariants.ts'
import { listRows } from './verify/lists.ts'

export const benchmark: Benchmark = {
  about: 'milliseconds of proofs',
  run: async ({ quick, say }) => [...invariantRows(quick, say), ...(await listRows(quick, say))],
}
