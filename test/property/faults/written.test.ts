/**
 * The files of a generated network, edited. What a rule of the configuration opens and must not is found by the invariant that says so; edits
 * that break no promise are reported by none.
 */
import { describe, expect, it } from 'vitest'
import { brokenAfter } from './broken.ts'
import { harmlessEdits } from './harmless-edits.ts'
import { type Edit, written } from './written.ts'
import { writtenFaults } from './written-faults.ts'

const broken = (edits: readonly Edit[], only?: readonly string[]): readonly string[] =>
  brokenAfter(written, edits, only)

describe('the files of a generated network', () => {
  it('keep every invariant', () => {
    expect(broken([])).toEqual([])
  }, 120_000)

  it('are edited in many ways', () => {
    expect(writtenFaults.length).toBeGreaterThanOrEqual(40)
    expect(Object.values(harmlessEdits).flat().length).toBeGreaterThanOrEqual(50)
  })

  it.each(writtenFaults)(
    'break $by if a rule opens too much ($name)',
    (fault) => {
      expect(broken([fault], fault.by)).toEqual(fault.by)
    },
    120_000,
  )

  it.each(Object.keys(harmlessEdits))(
    'keep every invariant after edits that break no promise (%s)',
    (group) => {
      const reported = (edits: readonly Edit[]) => broken(edits)
      const edits = harmlessEdits[group] as readonly Edit[]
      if (reported(edits).length === 0) return
      expect(edits.map((edit) => ({ edit: edit.name, reported: reported([edit]) }))).toEqual(
        edits.map((edit) => ({ edit: edit.name, reported: [] })),
      )
    },
    120_000,
  )
})
