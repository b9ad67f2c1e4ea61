/** The search against all sets of changes, one by one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Edit } from './edit.ts'
import { keyOf, mostChanges, smallestSets } from './search.ts'

const edits = Array.from(
  { length: 9 },
  (_, index): Edit => ({ key: `e${index}`, kind: index < 6 ? 'own' : 'override', text: '' }),
)
const isOwn = ({ kind }: Edit): boolean => kind === 'own'

/** What all have to be dealt with, by any of some changes. */
const arbitraryNeeds = fc.array(fc.subarray(edits, { minLength: 1, maxLength: 4 }), { maxLength: 7 })

const isMet = (need: readonly Edit[], set: readonly Edit[]): boolean =>
  need.some(({ key }) => set.some((edit) => edit.key === key))

function search(needs: readonly (readonly Edit[])[], may: (edit: Edit) => boolean) {
  let asked = 0
  const { sets } = smallestSets((set) => {
    asked++
    const left = needs.filter((need) => !isMet(need, set))
    return { turned: left.length === 0, needs: left }
  }, may)
  return { sets: sets.map(keyOf).sort(), asked }
}

describe('the smallest sets of changes', () => {
  it('are all those that deal with everything, and no others', () => {
    fc.assert(
      fc.property(arbitraryNeeds, fc.boolean(), (needs, all) => {
        const may = all ? () => true : isOwn
        const usable = edits.filter(may)
        const whole = Array.from({ length: 2 ** usable.length }, (_, bits) =>
          usable.filter((__, bit) => (bits >> bit) & 1),
        ).filter((set) => set.length <= mostChanges && needs.every((need) => isMet(need, set)))
        const least = Math.min(...whole.map((set) => set.length))
        const expected = whole.filter((set) => set.length === least).map(keyOf)
        expect(search(needs, may).sets).toEqual(expected.sort())
      }),
    )
  })

  it('are not sought where more are needed than are looked for, or where nothing would do', () => {
    const six = edits.slice(0, mostChanges + 1).map((edit) => [edit])
    expect(search(six, isOwn)).toEqual({ sets: [], asked: 1 })
    expect(search([edits.slice(0, 3), edits.slice(7)], isOwn)).toEqual({ sets: [], asked: 1 })
  })
})
