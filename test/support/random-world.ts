/** Random networks of a campaign, by number. `GLACIS_SEED` repeats a run, `GLACIS_RUNS` makes it longer: 100 are as many networks as CI has. */
import { derivePolicy } from '../../src/policy/index.ts'
import { createWorld, type World } from '../../src/trace/index.ts'
import { type Random, randomFrom } from './random.ts'
import { type RandomNetworkOptions, randomNetwork } from './random-network.ts'

const runs = Number(process.env.GLACIS_RUNS ?? 100)
const seed = Number(process.env.GLACIS_SEED ?? 1)

/** How many networks a part of the campaign has. @param usual in CI */
export const lengthOf = (usual: number): number => Math.ceil((usual * runs) / 100)

/** Draws for a network. */
export const randomOf = (number: number): Random => randomFrom(seed + Math.imul(number, 0x9e37_79b1))

/** How to have a network again. */
export const storyOf = (number: number): string => `GLACIS_SEED=${seed}, network ${number}`

export function randomWorld(random: Random, options: RandomNetworkOptions = {}): World {
  const network = randomNetwork(random, options)
  return createWorld(network, derivePolicy(network))
}
