import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exitCodeHelp, exitCodeHelpOf } from './exit-code.ts'
import { createProgram } from './program.ts'
import { openTerminal } from './terminal.ts'

const { commands } = createProgram(openTerminal({ json: false }), () => {})
const manual = readFileSync('docs/reference/cli.md', 'utf8')

/** The part of the manual about one verb. */
const section = (verb: string): string =>
  manual.split(/^## /m).find((part) => part.startsWith(`${verb}\n`)) ?? ''

test.each(commands.map((command) => [command.name(), command] as const))(
  'the manual tells of %s and all its options',
  (verb, command) => {
    expect(section(verb)).not.toBe('')
    expect(command.description()).not.toBe('')
    for (const { long, hidden } of command.options)
      if (!hidden && long !== '--json') expect(section(verb)).toContain(long)
    expect(manual).toContain('--json')
  },
)

test.each(
  commands.flatMap((command) =>
    [command, ...command.commands].map((each) => {
      const name = each === command ? command.name() : `${command.name()} ${each.name()}`
      return [name, each] as const
    }),
  ),
)('the help of %s has examples of it, and its exit codes', (name, command) => {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  expect(help).toMatch(new RegExp(`Examples:\n(  .*\n)*  (.*[|&] )?glacis ${name}\\b`))
  expect(help).toContain(exitCodeHelpOf(command.name()))
  expect(help).toMatch(/Exit codes:\n {2}0 /)
})

test('what a verb means by its exit codes is said in its help', () => {
  expect(exitCodeHelpOf('plan')).toMatch(/^ {2}2 +something changes$/m)
  expect(exitCodeHelpOf('plan')).not.toMatch(/^ {2}69 /m)
  expect(exitCodeHelpOf('lint')).toMatch(/^ {2}1 +with --strict: something was found$/m)
  expect(exitCodeHelpOf('why')).not.toMatch(/^ {2}1 /m)
})

test('the manual has the exit codes of the help, in the same words', () => {
  const rows = [...exitCodeHelp.matchAll(/^ {2}(\d+) +(.*)$/gm)]
  expect(rows).toHaveLength(7)
  const told = manual.replaceAll('`', '')
  expect(rows.filter(([, code, meaning]) => !told.includes(`| ${code} | ${meaning} |`))).toEqual([])
})
