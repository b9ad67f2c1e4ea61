/** Half of the networks, as a test: two files, so that two cores share them. */
import { expect, it } from 'vitest'
import { Z3 } from '../../../src/verify/testing/smt/z3.ts'
import { lengthOf } from '../../support/random-world.ts'
import { campaign } from './campaign.ts'

/** Networks of a half in CI. */
const usual = 50

export const half = (number: 1 | 2): void =>
  it(`Z3 finds no packet of which the prover says otherwise, in random networks, half ${number}`, async () => {
    const z3 = await Z3.start()
    try {
      const networks = lengthOf(usual)
      const counts = await campaign(z3, (number - 1) * networks, networks)
      process.stdout.write(`Z3, half ${number}: ${JSON.stringify(counts)}\n`)
      expect(counts.networks).toBe(networks)
      expect(counts.equalities).toBeGreaterThan(40 * networks)
      expect(counts.delivered).toBeGreaterThan(4 * networks)
      expect(counts.lost).toBeGreaterThan(networks)
      expect(counts.stopped).toBeGreaterThan(10 * networks)
      expect(counts.translated).toBeGreaterThan(4 * networks)
    } finally {
      await z3.stop()
    }
  }, 3_600_000)
