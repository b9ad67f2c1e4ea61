/** The verbs, their arguments and their help. What a verb does is loaded when it is called. */
import { Argument, Command, Help, Option } from 'commander'
import { addAccessVerbs } from './access-verbs.ts'
import {
  address,
  count,
  duration,
  failureCount,
  family,
  flow,
  icmpKind,
  labName,
  port,
  positive,
} from './argument.ts'
import { requireOneMode } from './check-mode.ts'
import { addExamples } from './examples.ts'
import { exitCodeHelp } from './exit-code.ts'
import { addImportVerbs } from './import-verbs.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

/** A program for one command line. `done` gets the exit code of the verb; mistakes are thrown as `CommanderError`. */
export function createProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('glacis')
    .description(
      'A production network in software. One file says what the network is; Glacis derives every rule from it, runs it in the Linux kernel of this machine, and explains every dropped packet.',
    )
    .usage('COMMAND [ARGUMENT …]')
    .option('-V, --version', 'print the version')
    .on('option:version', () => {
      done(printVersion(terminal))
      program.error('', { code: 'commander.version' })
    })
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
      outputError: () => {},
    })
    .configureHelp({
      // That a flag is not set by default says nothing.
      optionDescription: (option) =>
        option.defaultValue === false ? option.description : new Help().optionDescription(option),
      styleTitle: (title) => terminal.out.bold(title),
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .addHelpText('after', `\n'glacis COMMAND --help' shows arguments and examples.\n\n${exitCodeHelp}`)
    .enablePositionalOptions()
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()

  const verb = (name: string, about: string, examples: readonly string[]): Command =>
    addExamples(program.command(name).description(about), examples)
  const json = new Option('--json', 'print one JSON document on stdout; what is for people goes to stderr')
  const liveName = new Option(
    '--name <name>',
    'with --live: name of the network that is up; default: that in the file',
  ).argParser(labName)
  const anyFile = 'default: network.yaml here, else the example that comes with Glacis'
  const named = `network file; ${anyFile}`
  const file = `network file, - for standard input; ${anyFile}`

  verb(
    'up',
    'Bring a network up on this machine, hold it against its prediction, and keep it up until Ctrl-C.',
    ['glacis up', 'glacis up network.yaml --check --json > report.json', 'glacis up network.yaml --portable'],
  )
    .argument('[FILE]', named)
    .option('--check', 'take it down again, and exit with 0 only if everything is as predicted', false)
    .option('--plan <file>', 'bring up what this saved plan says, or nothing if the file has changed since')
    .option('--portable', 'run the same bytecode in this process: no root, any system', false)
    .addOption(json)
    .option('--name <name>', 'name of the running network; default: that in the file', labName)
    .action(async (path, options) =>
      done(await (await import('./commands/up.ts')).up(path, options, terminal)),
    )

  verb('down', 'Take down the network of that name, or all that run. Does nothing if none does.', [
    'glacis down',
    'glacis down two-sites',
  ])
    .argument('[NAME]', 'name of a running network; default: all')
    .addOption(json)
    .action(async (name) => done(await (await import('./commands/down.ts')).down(name, terminal)))

  verb(
    'apply',
    'Put the rules of a file in force where its network is up. Flows that stay allowed go on, others stop.',
    [
      'glacis apply network.yaml',
      'glacis apply --plan change.plan',
      "glacis apply network.yaml --json | jq '.removed[]'",
    ],
  )
    .argument('[FILE]', named)
    .option('--plan <file>', 'do what this saved plan says, or nothing if it does not fit any more')
    .addOption(json)
    .option('--name <name>', 'name of the running network; default: that in the file', labName)
    .action(async (path, options) =>
      done(await (await import('./commands/apply.ts')).apply(path, options, terminal)),
    )

  verb('check', 'Say whether a file describes a network, and prove what holds for every packet in it.', [
    'glacis check network.yaml',
    "glacis check network.yaml --json | jq '.proof.invariants[] | select(.holds | not)'",
    "glacis check network.yaml --json | jq '.diagnostics[].message'",
    'glacis check network.yaml --no-proof --failures 1',
    'glacis check network.yaml --live --for 1m',
    'glacis check network.yaml --watch',
    'glacis generate --vms 1000 | glacis check -',
  ])
    .argument('[FILE]', file)
    .option('--no-proof', 'only the file: prove nothing')
    .option(
      '--failures <count>',
      '1: let every element fail by itself, and say which promises break and what is overloaded; 2: every two at a time too',
      failureCount,
    )
    .option('--watch', 'prove again whenever the file, or one that it names, changes; Ctrl-C ends it', false)
    .option('--live', 'hold what the running network does with packets against the file instead', false)
    .option('--for <time>', 'with --live: how long to watch, such as 10s or 2m; default: 10s', duration)
    .addOption(liveName)
    .addOption(json)
    .action(async (path, options) => {
      requireOneMode(options)
      if (options.watch)
        return done(await (await import('./commands/check-watch.ts')).checkWatch(path, terminal))
      done(
        options.live
          ? await (await import('./commands/check-live.ts')).checkLive(
              path,
              { ...options, for: options.for ?? 10_000 },
              terminal,
            )
          : (await import('./commands/check.ts')).check(path, options, terminal),
      )
    })

  verb(
    'availability',
    'Say how much of the time services are reached from outside, and which elements cost most of it.',
    [
      'glacis availability network.yaml',
      "glacis availability network.yaml --json | jq '.services[] | select(.keeps == false)'",
    ],
  )
    .argument('[FILE]', file)
    .addOption(json)
    .action(async (path) => done((await import('./commands/availability.ts')).availability(path, terminal)))

  verb('lint', 'Find rules that are of no use, or that were hardly meant, among those that people wrote.', [
    'glacis lint network.yaml',
    'glacis lint network.yaml --strict',
    'glacis lint network.yaml --json | jq \'.findings[] | .kind + " " + .text\'',
  ])
    .argument('[FILE]', file)
    .option('--strict', 'exit with 1 if anything is found', false)
    .addOption(json)
    .action(async (path, options) => done((await import('./commands/lint.ts')).lint(path, options, terminal)))

  verb(
    'plan',
    'Say what a network file changes in who reaches whom, against another file or what runs. Exits with 0 if nothing changes, 2 if something does, 1 on an error.',
    [
      'glacis plan network.yaml',
      'glacis plan old.yaml new.yaml',
      'glacis plan network.yaml --out change.plan   # look at it, then: glacis apply --plan change.plan',
      'git show main:network.yaml | glacis plan - network.yaml --markdown',
      'glacis plan old.yaml new.yaml --json | jq -r \'.reach[] | .kind + " " + .text\'',
    ],
  )
    .argument(
      '[OLD]',
      'network file that it is compared with, - for standard input; left out: the network that is up',
    )
    .argument('[NEW]', file)
    .option('--markdown', 'write it as text for a pull request', false)
    .option('--out <file>', 'save the plan: apply --plan follows it as long as it fits')
    .option('--no-proof', 'do not prove the invariants')
    .option('--name <name>', 'name of the network that is up; default: that in the file', labName)
    .addOption(json)
    .action(async (old, next, options) =>
      done(await (await import('./commands/plan.ts')).plan(old, next, options, terminal)),
    )

  verb('trace', 'Follow one packet hop by hop, and say which rule of which line decides.', [
    'glacis trace network.yaml --from internet --to shop.west --dport 443',
    'glacis trace --from west/shop-web-0 --to west/fc1 --dport 7500 --family 6',
    'glacis trace --from internet --to 10.16.64.1 --proto icmp --expect silent',
    'glacis trace --from internet --source 10.16.1.3 --to shop.west --dport 443',
    'glacis trace --from internet --to shop.west --dport 443 --live',
    'glacis trace --from internet --to shop.west --dport 443 --error-from west/isp1',
  ])
    .argument('[FILE]', file)
    .requiredOption('--from <node>', 'node that sends, such as internet or west/jump1')
    .requiredOption('--to <destination>', 'address, node, or service name such as shop.west')
    .addOption(new Option('--proto <protocol>', 'protocol').choices(['tcp', 'udp', 'icmp']).default('tcp'))
    .option('--dport <port>', 'destination port', port)
    .option(
      '--sport <port>',
      'source port, or the identifier of a ping; default: 40000, with --live any',
      port,
    )
    .option('--family <version>', 'IP version 4 or 6, where the destination has both', family)
    .option('--source <address>', "source address; default: the sending node's own", address)
    .option('--error-from <node>', 'node that sends an ICMP error then, and where that gets to')
    .option('--error-source <address>', "its source address; default: the sending node's own", address)
    .option('--error-type <type/code>', 'ICMP type and code; default: the packet is too big', icmpKind)
    .option(
      '--about <flow>',
      "packet that it quotes, 'tcp A:PORT -> B:PORT', or answer; default: the one above",
      flow,
    )
    .option('--live', 'send it in the network that is up, and show where it really went', false)
    .addOption(liveName)
    .addOption(
      new Option(
        '--expect <outcome>',
        'exit with 1 unless this comes out; with --live, what happens',
      ).choices(['answered', 'refused', 'silent']),
    )
    .addOption(json)
    .action(async (path, options) =>
      done(await (await import('./commands/trace.ts')).trace(path, options, terminal)),
    )

  verb(
    'why',
    'Say why somebody can, or cannot, reach somebody, for all packets, and the smallest changes that would turn the answer.',
    [
      'glacis why network.yaml internet shop/worker tcp 9000',
      'glacis why network.yaml internet shop/web',
      'glacis why network.yaml west/jump1 west/host1 tcp agent',
      'glacis why shop/web storage tcp 7600',
      "glacis why network.yaml vms internet tcp 25 --json | jq '.changes[].edits[].text'",
    ],
  )
    .argument(
      '<WORD...>',
      '[FILE] FROM TO [WHAT]: who sends, who is addressed, and what, as in `expect:` of a file',
    )
    .usage('[FILE] FROM TO [WHAT …] [OPTIONS]')
    .addOption(json)
    .action(async (words) => done((await import('./commands/why.ts')).why(words, terminal)))

  verb(
    'matrix',
    'Show who reaches what, for all packets: groups of machines against everything that the network offers.',
    [
      'glacis matrix network.yaml',
      'glacis matrix network.yaml --tenant contoso',
      'glacis matrix network.yaml --from internet',
      "glacis matrix network.yaml --to 'shop*' --html reach.html",
      'glacis matrix network.yaml --json | jq \'.cells[] | select(.reached == "some")\'',
    ],
  )
    .argument('[FILE]', file)
    .option('--tenant <tenant>', 'only services of this tenant, with the Internet and the infrastructure')
    .option('--from <group>', 'only groups that are called so; * stands for anything')
    .option('--to <offer>', 'only what is offered by those that are called so; * stands for anything')
    .option('--svg <file>', 'write it as a picture')
    .option('--html <file>', 'write it as a page that needs nothing else')
    .addOption(json)
    .action(async (path, options) =>
      done((await import('./commands/matrix.ts')).matrix(path, options, terminal)),
    )

  verb('rules', 'List the enforcement points, or the rules of some in the order in which they are asked.', [
    'glacis rules network.yaml',
    'glacis rules network.yaml west/ar1/external/in',
    "glacis rules network.yaml 'west/host1/vm/*/in' --json",
    'glacis rules network.yaml --unused',
    'glacis rules network.yaml --unused --all',
    'glacis rules network.yaml --shadowed',
  ])
    .argument('[FILE]', file)
    .argument('[POINT]', 'id of a point, the beginning of some (west/ar1), or a pattern with *')
    .option('--unused', 'only rules that have decided about no packet since the network came up', false)
    .option('--all', 'with --unused: rules of templates and of Glacis itself, too', false)
    .option('--shadowed', 'only rules that can never decide: earlier ones take all their packets', false)
    .option('--name <name>', 'which network that is up has the hits; default: that in the file', labName)
    .addOption(json)
    .action(async (path, point, options) =>
      done(await (await import('./commands/rules.ts')).rules(path, point, options, terminal)),
    )

  verb(
    'nodes',
    'List the machines of the network: their kinds, addresses, what listens on them, and which lost rules.',
    [
      'glacis nodes network.yaml',
      'glacis nodes network.yaml west/host1',
      "glacis nodes 'shop-*' --json | jq -r '.nodes[].addresses[0]'",
      'glacis nodes balancer',
    ],
  )
    .argument('[FILE]', file)
    .argument('[NODE]', 'id or kind of a node, the beginning of some (west), or a pattern with *')
    .option('--name <name>', 'which network that is up is asked; default: that in the file', labName)
    .addOption(json)
    .action(async (path, node, options) =>
      done(await (await import('./commands/nodes.ts')).nodes(path, node, options, terminal)),
    )

  verb('watch', 'Show what a network that is up does with packets, as it happens, and by which rule.', [
    'glacis watch',
    'glacis watch --tenant contoso --verdict deny',
    "glacis watch --node west/ar1 --rule 'source/*' --count 10 --json",
    'glacis watch --for 10s --pcap drops.pcapng',
  ])
    .argument('[FILE]', 'network file of the network that is up; default: the only one that is')
    .option('--name <name>', 'which network, if several are up', labName)
    .option('--node <node>', 'only at this node: an id, the beginning of some (west), or a pattern with *')
    .option('--tenant <tenant>', 'only packets to or from VMs and VIPs of this tenant')
    .addOption(new Option('--verdict <verdict>', 'only these').choices(['allow', 'deny']))
    .option('--rule <rule>', 'only by this rule, the beginning of some (flow), or a pattern with *')
    .option('--point <point>', 'only at this point, the beginning of some (west/ar1), or a pattern with *')
    .option('--source <prefix>', 'only from this address or prefix')
    .option('--destination <prefix>', 'only to this address or prefix')
    .option('--all', 'packets of known flows too, and those that points without flows let pass', false)
    .option(
      '--limit <count>',
      'events that each interface of a node tells in a second at most; default: 2000',
      positive,
    )
    .option('--count <count>', 'end after so many events', positive)
    .option('--for <time>', 'end after this time, such as 10s or 2m', duration)
    .option('--pcap <file>', 'write the packets to this file too, with verdict and rule as comments (pcapng)')
    .addOption(new Option('--json', 'print one JSON document a line on stdout, one for each event'))
    .action(async (path, options) =>
      done(await (await import('./commands/watch.ts')).watch(path, options, terminal)),
    )

  verb('emit', 'Write the rules in force at a node in the words of another firewall.', [
    'glacis emit nft network.yaml west/storage1 > storage1.nft && nft -c -f storage1.nft',
    'glacis emit windows west/fc1 > fc1.ps1',
  ])
    .addArgument(
      new Argument('<FIREWALL>', 'nft: a file for nft -f; windows: a PowerShell script').choices([
        'nft',
        'windows',
      ]),
    )
    .argument('<FILE|NODE>', 'network file, - for standard input; or, alone, the node')
    .argument('[NODE]', 'id of a node, such as west/storage1')
    .addOption(json)
    .action(async (firewall, path, node) =>
      done((await import('./commands/emit.ts')).emit(firewall, path, node, terminal)),
    )

  addAccessVerbs(
    verb('access', 'Give staff access to hosts for a limited time, and read the account of it.', [
      "glacis access grant --who alice --to west/host1 --for 30m --reason 'disk errors, ticket 4711'",
      'glacis access grant --help',
      'glacis access list',
      'glacis access revoke 3',
      'glacis access audit',
    ]),
    json,
    { terminal, done },
  )

  verb('shell', 'Open a shell, or run a command, inside a node of a network that is up.', [
    'glacis shell internet',
    'glacis shell internet -- dig +short shop.west.cloudapp.example',
    'glacis shell west/host1 -- tcpdump -ni any',
  ])
    .argument('<NODE>', 'id of a node, such as internet or west/jump1')
    .argument('[COMMAND...]', 'what to run there; default: your shell')
    .option('--name <name>', 'which network, if several are up', labName)
    .addOption(new Option('--json').hideHelp())
    .passThroughOptions()
    .action(async (node, command, options) =>
      done(await (await import('./commands/shell.ts')).shell(node, command, options, terminal)),
    )

  verb('explain', 'Explain a diagnostic, an invariant, or what states a row of the requirements.', [
    'glacis explain GL2001',
    'glacis explain vm-hears',
    'glacis explain R19',
  ])
    .argument('<WORD>', "number of a diagnostic, id of an invariant, or row, as 'glacis check' prints them")
    .addOption(json)
    .action(async (code) => done(await (await import('./commands/explain.ts')).explain(code, terminal)))

  verb('generate', 'Write a network file of any size to stdout, to try things with.', [
    'glacis generate --vms 1000 > big.yaml',
    'glacis generate --vms 200 --sites 2 --hosts 5',
  ])
    .option('--vms <count>', 'virtual machines in all sites together', count, 100)
    .option('--sites <count>', 'sites; default: 1', count)
    .option('--hosts <count>', 'hosts of each site; default: one for 20 VMs', count)
    .option('--tenants <count>', 'tenants; default: one for 10 services', count)
    .option('--instances-per-service <count>', 'VMs of each service; default: 10', count)
    .option('--name <name>', 'name of the network; default: generated', labName)
    .addOption(json)
    .action(async (options) => done((await import('./commands/generate.ts')).generate(options, terminal)))

  addImportVerbs(
    verb(
      'import',
      'Write what another tool describes as a part of a network file to stdout, one format a subcommand.',
      ['glacis import csdef --help', 'glacis import csdef MyService', 'glacis import nsg azuredeploy.json'],
    ),
    json,
    { terminal, done },
  )

  return program
}

const argumentTerm = (argument: Argument): string => {
  const name = `${argument.name()}${argument.variadic ? ' …' : ''}`
  return argument.required ? name : `[${name}]`
}

function printVersion(terminal: Terminal): number {
  const version = packageVersion()
  if (terminal.json) terminal.result({ version })
  else terminal.print(version)
  return 0
}
