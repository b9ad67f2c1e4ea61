/** `glacis import …`: its verbs, one a format, their arguments and their help. */
import { type Command, Option } from 'commander'
import { labName, names } from './argument.ts'
import { addExamples } from './examples.ts'
import type { Terminal } from './terminal.ts'

interface Surroundings {
  readonly terminal: Terminal
  readonly done: (exitCode: number) => void
}

export function addImportVerbs(imports: Command, json: Option, { terminal, done }: Surroundings): void {
  imports.addOption(new Option('--json').hideHelp()).helpCommand(false)
  addExamples(imports.command('csdef'), [
    'glacis import csdef MyService',
    'glacis import csdef MyService --tenant contoso --sites west,east > services.yaml',
    'glacis import csdef MyService --roles',
  ])
    .description('The Azure Cloud Services of a directory, as the services of a network file.')
    .argument('<DIR>', 'directory with *.csdef and *.cscfg files, at any depth')
    .option('--tenant <name>', 'whose they are; default: each its own name', labName)
    .option('--sites <names>', 'sites where they are to be deployed, separated by commas', names, ['west'])
    .option('--roles', 'write roles and endpoints out instead of naming the files', false)
    .addOption(json)
    .action(async (directory, options) =>
      done((await import('./commands/import-csdef.ts')).importCsdefCommand(directory, options, terminal)),
    )
  addExamples(imports.command('nsg'), [
    'az network nsg show -g web -n web-nsg > web-nsg.json && glacis import nsg web-nsg.json',
    'glacis import nsg azuredeploy.json --parameters azuredeploy.parameters.json > rules.yaml',
    'glacis import nsg azuredeploy.json --name web-nsg --as acl',
  ])
    .description('A network security group of Azure, as a file of rules that means the same.')
    .argument('<FILE>', 'ARM template, parameter file, or what `az network nsg show` prints')
    .option('--name <name>', 'which group, if the file holds several')
    .option('--parameters <file>', 'parameter file of the template')
    .addOption(
      new Option('--as <use>', 'where the rules are to stand: in the VMs of a role, or at the access routers')
        .choices(['guest', 'acl'])
        .default('guest'),
    )
    .addOption(json)
    .action(async (path, options) =>
      done((await import('./commands/import-nsg.ts')).importNsgCommand(path, options, terminal)),
    )
}
