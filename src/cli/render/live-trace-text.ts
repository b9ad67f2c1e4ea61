/** Where a packet really went, for people: every point that judged it, in order of time, and how that differs from the prediction. */
import type { LiveAnswer } from '../live-answer.ts'
import type { Colors } from '../terminal.ts'
import { eventWord } from './event-text.ts'
import { plainLine } from './plain-line.ts'

export function liveTraceText(result: LiveAnswer, out: Colors): string {
  const { name, mode, observed, detail, steps, agrees, differences, standing } = result
  const paint = { answered: out.green, refused: out.yellow, silent: out.red }[observed]
  const lines = steps.flatMap(({ way, predicted, event }, index) => {
    const heading =
      way !== steps[index - 1]?.way ? [`  ${out.cyan(way === 'forth' ? 'the packet' : 'the answer')}`] : []
    const mark = predicted ? '' : out.red('  not predicted')
    return [
      ...heading,
      `    ${out.dim(event.time.slice(11, 26))}  ${eventWord(event, out)}  ${event.rule} ${out.dim(`(${event.tier})`)} at ${event.point}${mark}`,
      `                     ${out.dim(`${event.packet.summary}; ${plainLine(event.origin)}${event.claimed ? '; claimed by the machine' : ''}`)}`,
    ]
  })
  return [
    `${out.bold(`sent in ${name}`)} ${out.dim(`(${mode} mode)`)}: ${out.bold(paint(observed))}${detail === null ? '' : out.dim(` ${detail}`)}`,
    ...(lines.length > 0 ? lines : ['    no enforcement point saw it']),
    agrees
      ? `${out.green('✓')} it went as predicted`
      : `${out.red('✗')} ${standing ?? 'it went otherwise than predicted:'}`,
    ...differences.map((difference) => `    ${plainLine(difference)}`),
  ].join('\n')
}
