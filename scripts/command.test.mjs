import { expect, it } from 'vitest'
import { run } from './command.mjs'

const node = (program, options) => run(process.execPath, ['-e', program], { stdio: 'ignore', ...options })

it('gives the exit code', async () => {
  expect(await node('process.exit(3)')).toBe(3)
})

it('hands over what the command prints', async () => {
  let output = ''
  const onOutput = (text) => {
    output += text
  }
  await node("console.log('a')", { stdio: ['ignore', 'pipe', 'inherit'], onOutput })
  expect(output).toBe('a\n')
})

it('says what is missing', async () => {
  const missing = 'it is not there. Install it'
  await expect(run('glacis-no-such-program', [], { verb: 'try', missing })).rejects.toThrow(
    'try: it is not there. Install it',
  )
})

it('ends a command that hangs, and calls that failed', async () => {
  expect(
    await node("process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)", { limit: 1 }),
  ).toBe(1)
})
