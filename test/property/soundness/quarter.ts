/** A quarter of the campaign, as a test: four files, so that two cores share it. */
import { expect, it } from 'vitest'
import { lengthOf } from '../../support/random-world.ts'
import { campaign } from './campaign.ts'

/** Networks of a quarter in CI, and packets that all of its networks must have had, of which a million are made. */
const usual = { networks: 260, packets: 250_000 }

export const quarter = (number: 1 | 2 | 3 | 4): void =>
  it(`prover and evaluator agree on random packets in random networks, part ${number}`, () => {
    const networks = lengthOf(usual.networks)
    const counts = campaign((number - 1) * networks, networks)
    process.stdout.write(`soundness, part ${number}: ${JSON.stringify(counts)}\n`)
    const share = networks / usual.networks
    expect(counts.networks).toBe(networks)
    expect(counts.atPoints + counts.sent).toBeGreaterThanOrEqual(usual.packets * share)
    expect(counts.delivered).toBeGreaterThan(10 * networks)
    expect(counts.translated).toBeGreaterThan(4 * networks)
    expect(counts.answers).toBeGreaterThan(4 * networks)
  }, 3_600_000)
