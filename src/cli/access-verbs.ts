/** `glacis access …`: its verbs, their arguments and their help. */
import type { Command, Option } from 'commander'
import { grantNumber, labName, recordHash, seconds } from './argument.ts'
import { addExamples } from './examples.ts'
import type { Terminal } from './terminal.ts'

interface Surroundings {
  readonly terminal: Terminal
  readonly done: (exitCode: number) => void
}

export function addAccessVerbs(access: Command, json: Option, { terminal, done }: Surroundings): void {
  const commands = () => import('./commands/access.ts')
  const which = ['--name <name>', 'which network, if several are up', labName] as const
  access.usage('VERB [ARGUMENT …]').helpCommand(false)
  addExamples(access.command('grant'), [
    "glacis access grant --who alice --to west/host1 --for 30m --reason 'disk errors, ticket 4711'",
    "glacis access grant --who bob --to east/host2 --from east/jump1 --for 1h30m --reason 'firmware'",
  ])
    .description('Open the port of a host to a jump box, for a limited time and a reason.')
    .requiredOption('--who <name>', 'who gets access')
    .requiredOption('--to <host>', 'host, such as west/host1')
    .option('--from <jump box>', "jump box; default: the only one of the host's site")
    .option('--port <port>', 'name or number of the port', 'agent')
    .requiredOption('--for <time>', 'how long, such as 30m or 1h30m', seconds)
    .requiredOption('--reason <text>', 'why; it stays in the audit log')
    .option(...which)
    .addOption(json)
    .action(async (options) => done(await (await commands()).grantAccess(options, terminal)))
  addExamples(access.command('list'), [
    'glacis access list',
    "glacis access list --json | jq '.grants[].who'",
  ])
    .description('List the grants in force, and how often each was used.')
    .option(...which)
    .addOption(json)
    .action(async (options) => done(await (await commands()).listAccess(options, terminal)))
  addExamples(access.command('revoke'), ['glacis access revoke 3'])
    .description('End a grant, and the connections that were opened under it, at once.')
    .argument('<ID>', 'number of the grant', grantNumber)
    .option(...which)
    .addOption(json)
    .action(async (id, options) => done(await (await commands()).revokeAccess(id, options, terminal)))
  addExamples(access.command('audit'), [
    'glacis access audit',
    'glacis access audit --name two-sites --expect-head "$(cat head-of-yesterday)"',
    'glacis access audit --log two-sites.access.jsonl --key audit.pub',
  ])
    .description('Show the audit log, and whether anybody has tampered with it.')
    .option('--name <name>', 'of which network; default: the only one that is up, or has a log', labName)
    .option('--log <file>', 'the log itself; default: that of the network, or GLACIS_AUDIT_LOG')
    .option(
      '--expect-head <hash>',
      'hash of a record that was kept elsewhere: it must be in the log',
      recordHash,
    )
    .option('--key <file>', 'Ed25519 public key (PEM) by which the head must be signed')
    .addOption(json)
    .action(async (options) =>
      done((await import('./commands/access-audit.ts')).auditAccess(options, terminal)),
    )
}
