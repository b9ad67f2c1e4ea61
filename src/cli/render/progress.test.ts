import { expect, test } from 'vitest'
import { openTerminal } from '../terminal.ts'
import { openProgress } from './progress.ts'

function record(isTTY: boolean): {
  readonly said: () => string
  readonly progress: ReturnType<typeof openProgress>
} {
  const written: string[] = []
  const stderr = { isTTY, write: (more: string) => void written.push(more) }
  const terminal = openTerminal({ json: true, stderr, environment: { NO_COLOR: '1' } })
  return { said: () => written.join(''), progress: openProgress(terminal) }
}

test('where there is no terminal, a line for each phase and no control characters', () => {
  const { said, progress } = record(false)
  for (const done of [0, 1, 2]) progress('nodes', done, 2)
  progress('probes', 0, 1)
  progress('a phase without words', 0, 1)
  progress.end()
  expect(said()).toBe('Creating nodes …\nSending probes …\na phase without words …\n')
})

test('on a terminal, one line that is drawn anew and removed at the end', () => {
  const { said, progress } = record(true)
  progress('nodes', 1, 2)
  progress('probes', 0, 1)
  progress.end()
  progress.end()
  expect(said()).toBe('\r\u001b[2K▸ Creating nodes 1/2\r\u001b[2K▸ Sending probes\r\u001b[2K')
})
