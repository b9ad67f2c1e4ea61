import { describe, expect, it } from 'vitest'
import { PortRange, Protocol, prefix } from '../../net/index.ts'
import { judge, type PointState } from '../evaluate.ts'
import type { Match } from '../rule.ts'
import { flow, packet, point, rule, ruleTier, unreachable } from '../testing/sample.ts'
import { repliesTo } from './stateless-replies.ts'

const state: PointState = { now: 0n }
const service: Match = {
  source: [prefix('10.0.0.0/24')],
  destination: [prefix('169.254.169.254/32')],
  protocol: Protocol.tcp,
  destinationPorts: [PortRange(80)],
}
const [vm, there] = ['10.0.0.7 4000', '169.254.169.254 80']
const verdict = (
  rules: Parameters<typeof repliesTo>[0],
  what: Parameters<typeof judge>[1],
  audited = false,
) => judge(point([ruleTier('replies', ...repliesTo(rules, audited))]), what, state).verdict

describe('answers without memory', () => {
  const tcp = (flags: number, to = vm) => packet(flow('tcp', there, to), { tcpFlags: flags })
  it.each([
    ['SYN+ACK', 0x12, 'allow'],
    ['ACK', 0x10, 'allow'],
    ['FIN+ACK', 0x11, 'allow'],
    ['RST', 0x04, 'allow'],
    ['RST+ACK', 0x14, 'allow'],
    ['SYN', 0x02, 'deny'],
    ['no flags', 0x00, 'deny'],
    ['FIN', 0x01, 'deny'],
  ])('%s of TCP', (_, flags, expected) => {
    expect(verdict([rule('http', 'allow', service)], tcp(flags))).toBe(expected)
  })

  it('go from the ends and ports that were asked, to those who may ask', () => {
    const rules = [rule('http', 'allow', service)]
    expect(verdict(rules, tcp(0x10, '10.0.1.7 4000'))).toBe('deny')
    expect(verdict(rules, packet(flow('tcp', '169.254.169.254 81', vm), { tcpFlags: 0x10 }))).toBe('deny')
    expect(verdict(rules, packet(flow('tcp', '169.254.169.253 80', vm), { tcpFlags: 0x10 }))).toBe('deny')
    expect(verdict(rules, packet(flow('udp', there, vm)))).toBe('deny')
  })

  it('are none to what is denied first, unless only in audit mode', () => {
    const denied = rule('one', 'deny', { source: [prefix('10.0.0.7/32')] })
    const rules = [denied, rule('http', 'allow', service)]
    expect(verdict(rules, tcp(0x10))).toBe('deny')
    expect(verdict(rules, tcp(0x10, '10.0.0.8 4000'))).toBe('allow')
    expect(verdict(rules, tcp(0x10), true)).toBe('allow')
    expect(verdict([{ ...denied, audit: true }, ...rules.slice(1)], tcp(0x10))).toBe('allow')
  })

  it('of a rule about every protocol are datagrams and echo replies too, of both families', () => {
    const rules = [rule('all', 'allow', {})]
    expect(verdict(rules, packet(flow('udp', there, vm)))).toBe('allow')
    for (const [protocol, from, to] of [
      ['icmp', '10.0.0.1', '10.0.0.2'],
      ['icmp6', 'fd00::1', 'fd00::2'],
    ] as const) {
      expect(verdict(rules, packet(flow(protocol, from, to)))).toBe('allow')
      expect(verdict(rules, packet(flow(protocol, `${from} 7`, to)))).toBe('deny')
    }
    expect(verdict(rules, tcp(0x02))).toBe('deny')
    expect(verdict(rules, unreachable(flow('udp', vm, there)))).toBe('deny')
  })

  it('are none where nothing opens anything', () => {
    expect(repliesTo([rule('no', 'deny')], false)).toEqual([])
    const established = { ...service, tcpFlags: { mask: 0x10, value: 0x10 } }
    expect(repliesTo([rule('established', 'allow', established)], false)).toEqual([])
    const unreachables = { protocol: Protocol.icmp, icmpType: 3 }
    expect(repliesTo([rule('errors', 'allow', unreachables)], false)).toEqual([])
  })
})
