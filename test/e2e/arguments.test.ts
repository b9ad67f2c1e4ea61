/** The command line itself: help, unknown words, output that nobody reads. */
import { afterAll, expect, test } from 'vitest'
import { example, User } from './glacis.ts'

const user = new User()
afterAll(() => user.leave())

const verbs = ['up', 'down', 'apply', 'check', 'trace', 'rules', 'nodes', 'shell', 'explain', 'generate']

test.each(verbs)('%s --help has examples and exit codes', async (verb) => {
  const { code, stdout } = await user.run(verb, '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`Examples:\\n +glacis ${verb}`))
  expect(stdout).toContain('Exit codes:')
})

test('the help names every command', async () => {
  const { code, stdout } = await user.run('--help')
  expect(code).toBe(0)
  for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^ +${verb} `, 'm'))
})

test('without a command the help goes to stderr, and the exit code says so', async () => {
  const { code, stderr } = await user.run()
  expect(code).toBe(2)
  expect(stderr).toContain('Commands:')
})

test('the version is that of the package', async () => {
  expect(await user.run('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  })
})

test.each<[says: RegExp, args: readonly string[]]>([
  [/did you mean check\?/, ['chek']],
  [/did you mean --portable\?/, ['up', '--prtable']],
  [/too many arguments/, ['check', example, 'another']],
  [/missing required argument/, ['explain']],
  [/whole number/, ['generate', '--vms', 'many']],
  [/letters, digits/, ['up', '--name', '../../etc/passwd']],
])('a mistake in the arguments says %s', async (says, args) => {
  const { code, stderr, document } = await user.json(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(says)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(document).toMatchObject({ ok: false, error: { exitCode: 2 } })
})

test('a reader that goes away ends the command without a word', async () => {
  const running = user.start(['rules', example, '*', '--json'])
  running.process.stdout?.destroy()
  expect(await running.finished).toMatchObject({ code: 141, stderr: '' })
})
