/** An event as lines for people: when, where, what became of which packet, and which rule of which line decided. */
import type { EventJson } from '../../observe/index.ts'
import type { Colors } from '../terminal.ts'
import { plainLine } from './plain-line.ts'

/** `18:12:03.123456 west/ar1  deny  IP 192.0.2.1.40000 > 10.16.1.3.443: Flags [S], length 0` and, indented, the rule. */
export function eventText(event: EventJson, out: Colors): string {
  const { time, node, direction, packet, rule, point, tier, origin } = event
  const at = `${direction} ${event.interface}`
  const claimed = event.claimed ? out.yellow(' (claimed by the machine)') : ''
  return [
    `${out.dim(time.slice(11, 26))} ${out.bold(node)} ${out.dim(at)}  ${eventWord(event, out)}  ${packet.summary}`,
    `    ${out.bold(rule)} ${out.dim(`(${tier}) at ${point}, ${plainLine(origin)}`)}${claimed}`,
  ].join('\n')
}

/** `deny`, `allow`; `new flow` where it opened one; `audit` where a rule would have denied it. */
export function eventWord({ event, verdict }: Pick<EventJson, 'event' | 'verdict'>, out: Colors): string {
  if (event === 'audit') return out.yellow('audit')
  if (event === 'flow') return out.green('new flow')
  return verdict === 'deny' ? out.red('deny') : out.green('allow')
}
