/** Differences and packet sets against Z3: for all packets, not for some. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nothing } from '../diagram/index.ts'
import { PacketSets, packetOf } from '../packets/index.ts'
import { askForPacket, is, isEchoReply, isEchoRequest, packetFrom, preamble } from '../testing/smt/packets.ts'
import { diagramTerms } from '../testing/smt/sets.ts'
import { Z3 } from '../testing/smt/z3.ts'
import { differenceOf } from './index.ts'
import { arbitraryLists } from './testing/arbitrary-lists.ts'
import { differenceSet } from './testing/list-sets.ts'
import { boxFormula, decides, firstOf, listFunctions } from './testing/smt.ts'

let z3: Z3
beforeAll(async () => {
  z3 = await Z3.start()
})
afterAll(() => z3.stop())

/** One answer for each formula: whether some packet fulfils it. */
async function satisfiable(definitions: string, formulas: readonly string[]): Promise<readonly string[]> {
  const asked = formulas.map((formula) => `(push)\n(assert ${formula})\n(check-sat-using qfbv)\n(pop)`)
  return z3.run(`${preamble}${definitions}\n${asked.join('\n')}`)
}

const different = '(and wellFormed (distinct actionA actionB))'

describe('against Z3', () => {
  it('a wrong answer would be seen: Z3 finds packets, and proves that there are none', async () => {
    expect(
      await satisfiable('', [
        'wellFormed',
        `(and ${is('protocol', 6)} ${isEchoRequest()})`,
        `(and wellFormed ${isEchoReply()})`,
      ]),
    ).toEqual(['sat', 'unsat', 'sat'])
  })

  it('boxes of differences are exactly what two lists say differently, with the right rules', async () => {
    const seen = { equal: 0, different: 0 }
    await fc.assert(
      fc.asyncProperty(arbitraryLists(6), async ([a, b]) => {
        const found = [...differenceOf(a, b)]
        seen[found.length === 0 ? 'equal' : 'different']++
        const boxes = found.map(({ box }) => boxFormula(box))
        const wrongRules = found.map(
          ({ a: one, b: two }, at) =>
            `(and box${at} (not (and ${decides('A', a, one)} ${decides('B', b, two)})))`,
        )
        const each = boxes.map((_, at) => `box${at}`).join(' ')
        const definitions = `${listFunctions('A', a)}${listFunctions('B', b)}
${boxes.map((box, at) => `(define-fun box${at} () Bool ${box})`).join('\n')}`
        const answers = await satisfiable(definitions, [
          `(xor (or false ${each}) ${different})`,
          `(or false ${wrongRules.join(' ')})`,
          different,
          ...found.slice(0, 1).map(({ box }) => `(and ${different} ${firstOf(box)})`),
        ])
        expect(answers).toEqual(
          found.length === 0 ? ['unsat', 'unsat', 'unsat'] : ['unsat', 'unsat', 'sat', 'sat'],
        )
      }),
      { numRuns: 40 },
    )
    expect(seen.equal).toBeGreaterThan(0)
    expect(seen.different).toBeGreaterThan(0)
  })

  it('packet sets are exactly what the lists say: equal, empty, and with a packet that is in them', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLists(6), async ([a, b]) => {
        const sets = new PacketSets()
        const set = differenceSet(sets, a, b)
        const terms = diagramTerms(sets)
        const name = terms.set(set)
        const lists = `${listFunctions('A', a)}${listFunctions('B', b)}`
        const [equal, empty] = await satisfiable(`${lists}${terms.neededFor(name)}`, [
          `(xor ${name} ${different})`,
          different,
        ])
        expect(equal).toBe('unsat')
        expect(empty).toBe(set === nothing ? 'unsat' : 'sat')
        if (set === nothing) return
        const [, ...printed] = await z3.run(
          `${preamble}${lists}(assert ${different})\n(check-sat-using qfbv)\n${askForPacket}`,
        )
        expect(sets.holds(set, packetFrom(printed))).toBe(true)
        expect(sets.holds(set, packetOf(sets, set))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('of all well-formed packets there is one set', async () => {
    const sets = new PacketSets()
    const terms = diagramTerms(sets)
    const name = terms.set(sets.all)
    expect(await satisfiable(terms.neededFor(name), [`(xor ${name} wellFormed)`])).toEqual(['unsat'])
  })
})
