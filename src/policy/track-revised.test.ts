/** Known flows when the rules have changed. */
import { describe, expect, it } from 'vitest'
import { flowTier } from './built-in.ts'
import { judge } from './evaluate.ts'
import { FlowTable } from './flow-table.ts'
import { linkFlows } from './link-flows.ts'
import type { Point } from './point.ts'
import { ack, all, established, Filter, none, nothing, open443, synAck, web } from './testing/flow-filter.ts'
import { flow, packet, point, reversed, rule, ruleTier, unreachable } from './testing/sample.ts'

describe('rules that change', () => {
  it.each([
    ['its opener', '>'],
    ['the other side', '<'],
  ] as const)('a flow that is still allowed goes on with a packet of %s, and is judged once', (_, way) => {
    const filter = new Filter(open443, nothing)
    filter.handshake(web)
    filter.revise(all, nothing)
    expect(filter.say(web, [way, ack])).toEqual([established])
    // What is judged again and again would be denied now.
    filter.revise(open443, nothing)
    filter.epoch--
    expect(filter.say(web, ['>', ack], ['<', ack])).toEqual([established, established])
  })

  it.each([
    ['its opener', '>'],
    ['the other side', '<'],
  ] as const)('a flow that is not allowed any more ends with the next packet of %s', (_, way) => {
    const filter = new Filter(open443, all)
    filter.handshake(web)
    filter.revise(nothing, all)
    expect(filter.say(web, [way, ack], ['>', ack], ['<', ack])).toEqual(['deny flow/revoked', none, none])
    expect(filter.size).toBe(0)
  })

  it('what counts is the opening, by the rules of its own direction', () => {
    const filter = new Filter(nothing, all)
    const out = flow('tcp', '10.0.0.1 5000', '192.0.2.1 443')
    expect(filter.out(packet(out))).toBe('allow any')
    expect(filter.in(packet(reversed(out), { tcpFlags: synAck }))).toBe(established)
    filter.revise(
      nothing,
      ruleTier('to-443', rule('syn', 'allow', { protocol: 6, tcpFlags: { mask: 0xff, value: 2 } })),
    )
    expect(filter.in(packet(reversed(out), { tcpFlags: ack }))).toBe(established)
    filter.revise(all, ruleTier('denies', rule('no', 'deny')))
    expect(filter.in(packet(reversed(out), { tcpFlags: ack }))).toBe('deny flow/revoked')
  })

  it('an error about a flow that is to be judged again is denied; the flow is not harmed', () => {
    const filter = new Filter(open443, nothing)
    filter.handshake(web)
    filter.revise(open443, nothing)
    expect(filter.out(unreachable(web))).toBe(none)
    expect(filter.say(web, ['>', ack])).toEqual([established])
    expect(filter.out(unreachable(web))).toBe('allow flow/related')
  })

  it('programs of the epoch before leave flows of the new one alone', () => {
    const filter = new Filter(nothing, nothing)
    filter.revise(open443, nothing)
    filter.handshake(web)
    const { epoch } = filter
    filter.revise(nothing, nothing)
    filter.epoch = epoch - 1
    expect(filter.say(web, ['>', ack], ['<', ack])).toEqual([established, established])
  })

  it('the default deny in audit mode allows the openings that it would deny', () => {
    const table = new FlowTable()
    const audited = linkFlows([
      point([flowTier], { flow: { table: 'vm', heading: 'to-local' }, audit: true }),
      point([flowTier], { id: 'node/filter/out', flow: { table: 'vm', heading: 'from-local' } }),
    ])
    const [inward, outward] = audited as [Point, Point]
    expect(judge(inward, packet(web), { flows: table, now: 0n })).toMatchObject({ verdict: 'allow' })
    const answer = packet(reversed(web), { tcpFlags: synAck })
    expect(judge(outward, answer, { flows: table, now: 0n, epoch: 1 })).toMatchObject({ verdict: 'allow' })
  })
})
