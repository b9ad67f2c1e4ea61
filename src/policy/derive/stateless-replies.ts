/** Answers without memory: what the other side of rules may say back, as rules of their own. */
import { type Family, Protocol } from '../../net/index.ts'
import { icmpEcho } from '../../wire/index.ts'
import type { Match, Rule } from '../rule.ts'

/**
 * Rules that allow the answers to what `rules`, the first of which decides, let through the other way: TCP that opens no connection (ACK, or RST without it: RFC 9293
 * section 3.10.7), UDP, echo replies, and whatever comes back of any other protocol that a rule names. No answer is an ICMP error. A denial becomes a rule that leaves the tier.
 * @param audited denials are in audit mode, so that they keep nothing from being answered
 */
export function repliesTo(rules: readonly Rule[], audited: boolean): readonly Rule[] {
  const replies = rules.flatMap((rule): Rule[] => {
    if (rule.action === 'deny' && (audited || rule.audit)) return []
    const action = rule.action === 'allow' ? 'allow' : 'next'
    const { audit: _, ...rest } = rule
    return answersTo(rule.match).map(({ suffix, match }) => ({
      ...rest,
      id: `reply/${rule.id}${suffix}`,
      action,
      match,
      why: `Answers: ${rule.why}`,
    }))
  })
  // Nothing can be left of a tier that allows nothing.
  return replies.some(({ action }) => action === 'allow') ? replies : []
}

interface Answer {
  readonly suffix: string
  readonly match: Match
}

function answersTo(match: Match): readonly Answer[] {
  const { protocol, tcpFlags, icmpType, icmpCode } = match
  const back: Match = {
    ...(match.family && { family: match.family }),
    ...(match.source && { destination: match.source }),
    ...(match.destination && { source: match.destination }),
    ...(match.sourcePorts && { destinationPorts: match.sourcePorts }),
    ...(match.destinationPorts && { sourcePorts: match.destinationPorts }),
  }
  const tcp = (prefix: string): readonly Answer[] => [
    {
      suffix: `${prefix}/ack`,
      match: { ...back, protocol: Protocol.tcp, tcpFlags: { mask: 0x10, value: 0x10 } },
    },
    {
      suffix: `${prefix}/rst`,
      match: { ...back, protocol: Protocol.tcp, tcpFlags: { mask: 0x14, value: 0x04 } },
    },
  ]
  const echo = (family: Family, suffix: string): readonly Answer[] => {
    const { request, reply } = icmpEcho[family]
    if (icmpType !== undefined && icmpType !== request) return []
    const code = icmpCode === undefined ? {} : { icmpCode }
    return [
      {
        suffix,
        match: {
          ...back,
          protocol: family === 4 ? Protocol.icmp : Protocol.icmp6,
          icmpType: reply,
          ...code,
        },
      },
    ]
  }
  switch (protocol) {
    case Protocol.tcp:
      // Rules about established TCP open nothing.
      return tcpFlags ? [] : tcp('')
    case Protocol.icmp:
      return echo(4, '')
    case Protocol.icmp6:
      return echo(6, '')
    case undefined:
      return [
        ...tcp('/tcp'),
        { suffix: '/udp', match: { ...back, protocol: Protocol.udp } },
        ...echo(4, '/icmp'),
        ...echo(6, '/icmp6'),
      ]
    default:
      return [{ suffix: '', match: { ...back, protocol } }]
  }
}
