/** What is broken in files after some edits; each packet that is shown does what is said of it. */
import { expect } from 'vitest'
import type { Network } from '../../../src/model/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove } from '../../../src/verify/index.ts'
import { happens } from '../../../src/verify/invariants/testing/happens.ts'
import { type Edit, edited, type Files, loadFiles } from './written.ts'

const memory = new ProofMemory()

/** Ids of invariants and expectations. @param only those that are asked for; absent: all */
export function brokenAfter(
  files: Files,
  edits: readonly Edit[],
  only?: readonly string[],
): readonly string[] {
  const { network, diagnostics } = loadFiles(edits.reduce(edited, files))
  expect(network, JSON.stringify(diagnostics.map(({ message }) => message))).toBeDefined()
  const policy = derivePolicy(network as Network)
  const found = prove(network as Network, policy, { memory, most: 1, ...(only && { only }) })
  const world = createWorld(network as Network, policy)
  for (const { counterexamples } of found)
    for (const example of counterexamples)
      expect(happens(world, example), JSON.stringify(example.at)).toBe(true)
  return found.flatMap(({ holds, invariant }) => (holds ? [] : [invariant.id]))
}
