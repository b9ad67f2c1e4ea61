/** ClassBench rules as rules of ours, and differences on real filter sets, where these are at hand. */
import { describe, expect, it } from 'vitest'
import { formatPrefix, PortRange } from '../../src/net/index.ts'
import { differenceOf, extentOf, RuleTable } from '../../src/verify/index.ts'
import { classbenchFolder, readClassbench, ruleOf } from './classbench.ts'
import { edited, editKinds, randomFrom } from './edits.ts'

describe('a ClassBench rule', () => {
  it('has addresses, ports, protocol and TCP flags', () => {
    const { match } = ruleOf(
      '@23.123.232.62/32\t151.244.234.0/24\t0 : 65535\t1705 : 1706\t0x06/0xFF\t0x0200/0x1200\t',
    )
    expect(match.source?.map(formatPrefix)).toEqual(['23.123.232.62/32'])
    expect(match.destination?.map(formatPrefix)).toEqual(['151.244.234.0/24'])
    expect(match).toMatchObject({
      family: 4,
      protocol: 6,
      destinationPorts: [PortRange(1705, 1706)],
      tcpFlags: { mask: 0x12, value: 0x02 },
    })
    expect(match.sourcePorts).toBeUndefined()
  })
  it('of ICMP has a type; of anything holds for all', () => {
    const any = '0.0.0.0/0\t0.0.0.0/0\t0 : 65535\t0 : 65535'
    expect(ruleOf(`@${any}\t0x01/0xFF\t0x0d00/0xff00`).match).toEqual({
      family: 4,
      protocol: 1,
      icmpType: 13,
    })
    expect(ruleOf(`@${any}\t0x00/0x00\t0x0000/0x0000`).match).toEqual({ family: 4 })
    expect(() => ruleOf('10.0.0.0/8')).toThrow('read a ClassBench rule')
  })
})

const folder = classbenchFolder()
describe.skipIf(!folder)('filter sets of ../shared/data/classbench (not there: skipped)', () => {
  it.each(['acl1_1000', 'fw1_1000', 'ipc1_1000'])(
    '%s: edits differ only by the rules that were edited',
    (name) => {
      const list = readClassbench(folder as string, name)
      const table = new RuleTable()
      const random = randomFrom(7)
      expect(extentOf(list, readClassbench(folder as string, name), { table }).packets).toBe(0n)
      let different = 0
      for (let round = 0; round < 5; round++)
        for (const kind of editKinds) {
          const after = edited(list, kind, list, random)
          const rules = new Set(list.rules)
          const kept = new Set(after.rules)
          for (const { a, b } of differenceOf(list, after, { table })) {
            different++
            const [one, two] = [list.rules[a ?? -1] ?? list.default, after.rules[b ?? -1] ?? after.default]
            expect(typeof one === 'object' ? one.action : one).not.toBe(
              typeof two === 'object' ? two.action : two,
            )
            // A swap moves rules that both lists have.
            if (kind === 'removed') expect(typeof one === 'object' && !kept.has(one)).toBe(true)
            if (kind === 'inserted') expect(typeof two === 'object' && !rules.has(two)).toBe(true)
          }
        }
      expect(different).toBeGreaterThan(0)
    },
  )
})
