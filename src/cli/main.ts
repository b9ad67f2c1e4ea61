/** The `glacis` command: its verbs, their arguments, and how errors reach the user. Verbs are loaded when they are called. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CommandError, exitCodeHelp, exitCodes } from './exit-code.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** Runs the command line without the program's own name; resolves to the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok
  const program = describe((work) => async (...args: unknown[]) => {
    const command = args.at(-1) as Command
    const terminal = openTerminal(command.optsWithGlobals().json === true)
    exitCode = await work(terminal, ...args.slice(0, -2), args.at(-2))
  })
  try {
    await program.parseAsync(argv as string[], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (!(error instanceof CommandError)) throw error
    process.stderr.write(`glacis: ${error.message}\n`)
    return error.exitCode
  }
}

// biome-ignore lint/suspicious/noExplicitAny: commander hands arguments over untyped
type Work = (terminal: Terminal, ...args: any[]) => number | Promise<number>
type Action = (work: Work) => (...args: unknown[]) => Promise<void>

function describe(action: Action): Command {
  const program = new Command('glacis')
    .description(
      'A production network in software: one file says what the network is; Glacis runs it and explains every dropped packet.',
    )
    .version(version(), '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'glacis: ')) })
    .addHelpText('after', `\n${exitCodeHelp}`)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
  const verb = (name: string, about: string, examples: readonly string[]): Command =>
    program
      .command(name)
      .description(about)
      .option('--json', 'one JSON document on stdout; everything for people goes to stderr')
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}\n\n${exitCodeHelp}`,
      )
      .exitOverride()

  verb('up [file]', 'Bring a network up on this machine, check it, and keep it up until Ctrl-C.', [
    'glacis up',
    'glacis up network.yaml --check --json > report.json',
    'glacis up examples/two-sites/network.yaml --portable',
  ])
    .option(
      '--check',
      'send the whole acceptance matrix, take the network down, and exit 0 only if all is as predicted',
      false,
    )
    .option('--portable', 'run the same bytecode in this process: no root, any system', false)
    .option('--name <name>', "name of the running network; default: the file's")
    .action(
      action(async (terminal, file, options) =>
        (await import('./commands/up.ts')).up(file, options, terminal),
      ),
    )

  verb('down [name]', 'Take down the network of that name, or all that run.', [
    'glacis down',
    'glacis down two-sites',
  ]).action(action(async (terminal, name) => (await import('./commands/down.ts')).down(name, terminal)))

  verb('check [file]', 'Say whether a file describes a network, with every mistake in it.', [
    'glacis check network.yaml',
    'glacis check network.yaml --json | jq .diagnostics',
  ]).action(action(async (terminal, file) => (await import('./commands/check.ts')).check(file, terminal)))

  verb('trace [file]', 'Follow one packet hop by hop, and say which rule of which line decides.', [
    'glacis trace network.yaml --from internet --to shop.west --proto tcp --dport 443',
    'glacis trace --from west/shop-web-0 --to west/fc1 --proto tcp --dport 7500',
    'glacis trace --from internet --to 10.16.64.1 --proto icmp',
  ])
    .requiredOption('--from <node>', 'node that sends, such as internet or west/jump1')
    .requiredOption('--to <address>', 'address, node, or service name such as shop.west')
    .addOption(new Option('--proto <protocol>', 'protocol').choices(['tcp', 'udp', 'icmp']).default('tcp'))
    .option('--dport <port>', 'destination port', port)
    .option('--sport <port>', 'source port, or the identifier of a ping', port, 40_000)
    .option('--source <address>', "source address; default: the node's own")
    .addOption(new Option('--family <family>', 'IP version for names').choices(['4', '6']).argParser(family))
    .action(
      action(async (terminal, file, options) =>
        (await import('./commands/trace.ts')).trace(file, options, terminal),
      ),
    )

  verb(
    'rules [file] [point]',
    'List enforcement points, or the rules of one in the order in which they are asked.',
    [
      'glacis rules network.yaml',
      'glacis rules network.yaml west/ar1/external/in',
      "glacis rules network.yaml 'west/host1/vm/*/in' --json",
    ],
  ).action(
    action(async (terminal, file, point) =>
      (await import('./commands/rules.ts')).rules(file, point, terminal),
    ),
  )

  verb(
    'shell <node> [command...]',
    'Open a shell, or run a command, inside a node of a network that is up.',
    [
      'glacis shell internet',
      'glacis shell internet -- dig +short @198.51.100.1 shop.west.cloudapp.example',
      'glacis shell west/host1 -- tcpdump -ni any',
    ],
  )
    .option('--name <name>', 'which network, if several are up')
    .passThroughOptions()
    .action(
      action(async (terminal, node, command, options) =>
        (await import('./commands/shell.ts')).shell(node, command, options.name, terminal),
      ),
    )

  verb('explain <code>', 'Explain a diagnostic at length.', ['glacis explain GL2001']).action(
    action(async (terminal, code) => (await import('./commands/explain.ts')).explain(code, terminal)),
  )

  verb('generate', 'Write a network file of any size to stdout, to try things with.', [
    'glacis generate --vms 1000 > big.yaml',
    'glacis generate --vms 200 --sites 2 --hosts 5',
  ])
    .option('--vms <count>', 'virtual machines in all', count, 100)
    .option('--sites <count>', 'sites', count)
    .option('--hosts <count>', 'hosts of each site; default: one for 20 VMs', count)
    .option('--tenants <count>', 'tenants', count)
    .option('--instances-per-service <count>', 'VMs of each service', count)
    .action(
      action(async (terminal, options) =>
        (await import('./commands/generate.ts')).generate(options, terminal),
      ),
    )

  return program
}

function port(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > 65_535) throw new InvalidArgumentError('Give a number from 0 to 65535.')
  return number
}

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

const family = (text: string): number => {
  if (text !== '4' && text !== '6') throw new InvalidArgumentError('Give 4 or 6.')
  return Number(text)
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
