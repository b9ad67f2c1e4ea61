/** After random edits of a file and of its rules, what is found by what they touch is what is found by looking at everything. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { prove, StandingProof } from '../../../src/verify/index.ts'
import { broken } from '../../../src/verify/invariants/testing/proven.ts'
import { randomFrom } from '../../support/random.ts'
import { randomChange } from '../plan/random-change.ts'

it.each([
  ['all machines', Number.POSITIVE_INFINITY],
  ['a few that stand for all', 0],
])('the same invariants are broken after an edit, by %s', { timeout: 300_000 }, (_, alikeFrom) => {
  let parts = 0
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { old, next, story } = randomChange(randomFrom(seed))
      const standing = new StandingProof(old.network, { alikeFrom })
      const { verdicts, isWhole } = standing.update(next.network, { policy: next.policy })
      if (!isWhole) parts++
      expect(broken(verdicts), story).toEqual(broken(prove(next.network, next.policy, { alikeFrom })))
    }),
    { numRuns: 10 },
  )
  expect(parts).toBeGreaterThan(0)
})
