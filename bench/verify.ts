/** What proofs cost. A part whose data is not there says so and has no rows. */
import type { Benchmark } from './main.ts'
import { listRows } from './verify/lists.ts'

export const benchmark: Benchmark = {
  about: 'milliseconds of proofs',
  run: async ({ quick, say }) => listRows(quick, say),
}
