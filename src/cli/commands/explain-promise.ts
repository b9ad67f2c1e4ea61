/** `glacis explain vm-hears`, `glacis explain R19`: what is promised of every network, where it is judged, and what to do when it is broken. */
import { diagnosticTable, nearest } from '../../file/index.ts'
import { failuresId } from '../../model/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { type Promised, promisedBy, promises, rowsOf } from '../promises.ts'
import { wrapped } from '../render/wrapped.ts'
import type { Terminal } from '../terminal.ts'

export function explainPromise(word: string, terminal: Terminal): number {
  const id = word.toLowerCase()
  const promise = promises.find((each) => each.id === id)
  if (promise) {
    terminal.result(promise)
    if (!terminal.json) terminal.print(promiseText(promise, terminal))
    return exitCodes.ok
  }
  const row = word.toUpperCase()
  const stating = promisedBy(row)
  if (stating.length > 0) {
    terminal.result({ row, invariants: stating })
    if (!terminal.json) terminal.print(rowText(row, stating, terminal))
    return exitCodes.ok
  }
  throw new CommandError(`explain ${word}: ${unknown(word)}`)
}

function unknown(word: string): string {
  if (word.toLowerCase() === failuresId)
    return 'it stands in exceptions for what breaks when something fails; see docs/guide/failures.md'
  if (/^expect(:|$)/i.test(word))
    return "it is an expectation of a network file, which says it at 'expect:'; see docs/guide/network-file.md"
  if (/^exceptions?$/i.test(word)) return 'it is a part of a network file; see docs/guide/network-file.md'
  if (/^r\d+$/i.test(word)) return `no invariant states this row; rows are ${rowsOf(promises).join(', ')}`
  const ids = promises.map(({ id }) => id)
  const near = nearest(word.toUpperCase(), Object.keys(diagnosticTable)) ?? nearest(word.toLowerCase(), ids)
  const remedy =
    near === undefined
      ? "codes look like GL2001, invariants like vm-hears, rows like R19, and 'glacis check' shows them"
      : `did you mean ${near}?`
  return `there is no such diagnostic, invariant or row; ${remedy}`
}

function promiseText({ id, rows, claim, judged, alike, guide }: Promised, { out }: Terminal): string {
  const beside = [...new Set(rows.flatMap((row) => promisedBy(row).map((each) => each.id)))].filter(
    (other) => other !== id,
  )
  const lines = [
    ['judged', judged],
    ...(alike ? [['machines', alike]] : []),
    ...(beside.length > 0 ? [['same rows', beside.join(', ')]] : []),
    [
      'broken',
      "'glacis check FILE' shows a packet that breaks it, or what is wrong, and the rule or line to change",
    ],
    ['known', `an exception of the file bears it until a day: { of: ${id}, why: …, until: … }`],
    ['guide', guide],
  ] as const
  return [
    `${out.bold(id)} ${out.dim(`(${rows.join(', ')})`)}`,
    '',
    wrapped(claim),
    '',
    ...lines.map(([label, text]) => hanging(label as string, text as string)),
  ].join('\n')
}

const indent = 11

/** A label, and its text in lines beside it. */
const hanging = (label: string, text: string): string =>
  wrapped(text, 80 - indent)
    .split('\n')
    .map((line, at) => `${(at === 0 ? label : '').padEnd(indent)}${line}`)
    .join('\n')

const rowText = (row: string, stating: readonly Promised[], { out }: Terminal): string =>
  [
    `${out.bold(row)}: ${stating.length === 1 ? 'an invariant states it' : `${stating.length} invariants state it`}`,
    '',
    ...stating.flatMap(({ id, claim }) => [out.bold(id), wrapped(claim), '']),
    hanging('guide', stating[0]?.guide ?? ''),
  ].join('\n')
