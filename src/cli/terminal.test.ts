import { expect, test } from 'vitest'
import { openTerminal } from './terminal.ts'

function record(options: { json: boolean; isTTY?: boolean; environment?: Record<string, string> }) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: options.isTTY ?? false,
    columns: 80,
    write: (text: string) => (written[name] += text),
  })
  const { json, environment = {} } = options
  return {
    written,
    terminal: openTerminal({ json, environment, stdout: stream('stdout'), stderr: stream('stderr') }),
  }
}

test('results to stdout; with --json to stderr, and the document to stdout, once', () => {
  const people = record({ json: false })
  people.terminal.print('result')
  people.terminal.result({ ok: true })
  people.terminal.say('remark')
  expect(people.written).toEqual({ stdout: 'result\n', stderr: 'remark\n' })

  const machine = record({ json: true })
  machine.terminal.print('result')
  machine.terminal.result({ ok: true })
  machine.terminal.result({ ok: false })
  expect(machine.written).toEqual({ stdout: '{\n  "ok": true\n}\n', stderr: 'result\n' })
})

test.each<[colours: boolean, isTTY: boolean, environment: Record<string, string>]>([
  [true, true, {}],
  [false, false, {}],
  [false, true, { NO_COLOR: '1' }],
  [true, true, { NO_COLOR: '' }],
  [false, true, { TERM: 'dumb' }],
])('colours: %s, if a terminal: %s, and the environment is %j', (colours, isTTY, environment) => {
  const { terminal } = record({ json: false, isTTY, environment })
  expect(terminal.out.isColorSupported).toBe(colours)
  expect(terminal.err.isColorSupported).toBe(colours)
  expect(terminal.columns).toBe(isTTY ? 80 : undefined)
})
