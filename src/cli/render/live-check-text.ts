/** What a running network did, beside what the model says, as text. */
import type { Disagreement, LiveReport } from '../commands/check-live.ts'
import type { Colors } from '../terminal.ts'
import { plainLine } from './plain-line.ts'

/** Both sides. */
export function disagreementText({ event, model }: Disagreement, out: Colors): string {
  const { packet, point, node, interface: iface, verdict, rule, tier, origin } = event
  const other =
    model.rule === null
      ? model.by === 'the file'
        ? 'has no such rule there'
        : 'does not ask the point about it'
      : `says ${model.verdict} by ${model.rule}`
  return [
    `${out.red('✗')} ${plainLine(packet.summary)}  at ${point} (${node} ${iface})`,
    `    the data plane: ${verdict} by ${rule} (${tier}), ${plainLine(origin)}`,
    `    ${model.by}: ${other}`,
  ].join('\n')
}

export function liveText(report: LiveReport, out: Colors): string {
  const { network, seconds, events, agreed, byState, claimed, untold, disagreed } = report
  const asked = events - byState - claimed
  const beside = [
    ...(byState > 0 ? [`${byState} decided by what came before`] : []),
    ...(claimed > 0 ? [`${claimed} claimed by machines`] : []),
    ...(untold > 0 ? [`${untold} not told: too many at once`] : []),
  ]
  const also = beside.length > 0 ? out.dim(`; beside these ${beside.join(', ')}`) : ''
  if (events === 0)
    return `${out.yellow('!')} nothing happened in ${network} in ${seconds.toFixed(0)} s that could be held against the file; try --for with a longer time`
  return disagreed === 0
    ? `${out.green('✓')} ${out.bold(`${agreed} of ${asked}`)} decisions of ${network} are those of the model${also} ${out.dim(`(${seconds.toFixed(0)} s)`)}`
    : `${out.red('✗')} ${out.bold(`${disagreed} of ${asked}`)} decisions of ${network} are not those of the model${also} ${out.dim(`(${seconds.toFixed(0)} s)`)}`
}
