/**
 * The list of the platform at access routers, as a file of its own, edited. What opens something is found by what the owners expect of it, with a
 * packet that gets there; what opens nothing and stops nothing that is expected is reported by none. What is derived of the list is held against
 * the list as it is written, whatever that is: `edge-in` and `edge-out` hold after each edit.
 */
import { describe, expect, it } from 'vitest'
import { brokenAfter } from './broken.ts'
import { platform, platformFaults, platformHarmless } from './platform-faults.ts'
import { writtenFaults } from './written-faults.ts'

describe('the list of the platform', () => {
  it('keeps every invariant and expectation', () => {
    expect(brokenAfter(platform, [])).toEqual([])
  }, 120_000)

  it('is edited in many ways', () => {
    const names = [...writtenFaults, ...platformFaults].map(({ file, name }) => `${file}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
    expect(platformFaults.length).toBeGreaterThanOrEqual(40)
    process.stdout.write(`faults written in files: ${names.length}\n`)
  })

  it.each(platformFaults)(
    'breaks $by alone after a slip ($name)',
    (fault) => {
      expect(brokenAfter(platform, [fault])).toEqual(fault.by)
    },
    120_000,
  )

  it('breaks nothing after slips without effect', () => {
    const reported = platformHarmless.map((edit) => ({
      edit: edit.name,
      reported: brokenAfter(platform, [edit]),
    }))
    expect(reported).toEqual(platformHarmless.map(({ name }) => ({ edit: name, reported: [] })))
  }, 120_000)
})
