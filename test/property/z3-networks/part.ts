/** A part of the campaign, as a test: three files, so that cores share them. */
import { expect, it } from 'vitest'
import { Z3 } from '../../../src/verify/testing/smt/z3.ts'
import { lengthOf } from '../../support/random-world.ts'
import { campaign } from './campaign.ts'

/** Networks of each part in CI. */
const usual = {
  first: { networks: 45, tiny: true },
  second: { networks: 45, tiny: true },
  large: { networks: 12, tiny: false },
}

export const part = (name: keyof typeof usual): void =>
  it(`Z3 finds no packet of which the prover says otherwise, in random networks, ${name} part`, async () => {
    const { tiny, networks: length } = usual[name]
    const networks = lengthOf(length)
    const z3 = await Z3.start()
    try {
      const first = 1000 * Object.keys(usual).indexOf(name)
      const counts = await campaign(z3, { first, networks, tiny })
      process.stdout.write(`Z3, ${name} part: ${JSON.stringify(counts)}\n`)
      expect(counts.networks).toBe(networks)
      expect(counts.equalities).toBeGreaterThan(40 * networks)
      expect(counts.delivered).toBeGreaterThan(3 * networks)
      expect(counts.lost).toBeGreaterThan(networks / 2)
      expect(counts.stopped).toBeGreaterThan(5 * networks)
      expect(counts.translated).toBeGreaterThan(networks)
    } finally {
      await z3.stop()
    }
  }, 3_600_000)
