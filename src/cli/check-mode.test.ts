import { expect, test } from 'vitest'
import { main } from './main.ts'

const example = 'examples/two-sites/network.yaml'

test.each([
  [['--live', '--failures', '1'], '--failures does not go with --live'],
  [['--live', '--no-proof'], '--no-proof does not go with --live'],
  [['--for', '10s'], '--for goes with --live alone'],
  [['--name', 'two-sites', '--failures', '1'], '--name goes with --live alone'],
])('check %j is a mistake of the arguments', async (options, reason) => {
  let said = ''
  const exitCode = await main(['check', example, ...options], {
    stdout: { write: () => true },
    stderr: { write: (text: string) => (said += text) },
  })
  expect(exitCode).toBe(2)
  expect(said).toContain(`read the arguments: ${reason}`)
  expect(said.trimEnd().split('\n')).toHaveLength(1)
})
