/**
 * The files of a generated network, edited. What a rule of the configuration opens and must not is found by the invariant that says so; edits
 * that break no promise are reported by none.
 */
import { describe, expect, it } from 'vitest'
import type { Network } from '../../../src/model/index.ts'
import { derivePolicy } from '../../../src/policy/index.ts'
import { createWorld } from '../../../src/trace/index.ts'
import { ProofMemory, prove, type Verdict } from '../../../src/verify/index.ts'
import { happens } from '../../../src/verify/invariants/testing/happens.ts'
import { harmlessEdits } from './harmless-edits.ts'
import { type Edit, edited, loadFiles, written } from './written.ts'
import { writtenFaults } from './written-faults.ts'

const memory = new ProofMemory()

/** Invariants that are broken after some edits. */
function broken(edits: readonly Edit[], only?: readonly string[]): readonly Verdict[] {
  const { network, diagnostics } = loadFiles(edits.reduce(edited, written))
  expect(network, JSON.stringify(diagnostics.map(({ message }) => message))).toBeDefined()
  const policy = derivePolicy(network as Network)
  const found = prove(network as Network, policy, { memory, most: 1, ...(only && { only }) })
  const world = createWorld(network as Network, policy)
  for (const { counterexamples } of found)
    for (const example of counterexamples) expect(happens(world, example)).toBe(true)
  return found.filter(({ holds }) => !holds)
}

describe('the files of a generated network', () => {
  it('keep every invariant', () => {
    expect(broken([]).map(({ invariant }) => invariant.id)).toEqual([])
  }, 120_000)

  it('are edited in many ways', () => {
    expect(writtenFaults.length).toBeGreaterThanOrEqual(40)
    expect(Object.values(harmlessEdits).flat().length).toBeGreaterThanOrEqual(50)
  })

  it.each(writtenFaults)(
    'break $by if a rule opens too much ($name)',
    (fault) => {
      expect(broken([fault], fault.by).map(({ invariant }) => invariant.id)).toEqual(fault.by)
    },
    120_000,
  )

  it.each(Object.keys(harmlessEdits))(
    'keep every invariant after edits that break no promise (%s)',
    (group) => {
      const reported = (edits: readonly Edit[]) => broken(edits).map(({ invariant }) => invariant.id)
      const edits = harmlessEdits[group] as readonly Edit[]
      if (reported(edits).length === 0) return
      expect(edits.map((edit) => ({ edit: edit.name, reported: reported([edit]) }))).toEqual(
        edits.map((edit) => ({ edit: edit.name, reported: [] })),
      )
    },
    120_000,
  )
})
