/** `glacis import nsg FILE`: a network security group of Azure as a file of rules. */
import { formatDiagnostics } from '../../file/index.ts'
import { readSecurityGroupFile, type SecurityGroup, securityGroupYaml } from '../../model/index.ts'
import { exitCodes } from '../exit-code.ts'
import { outcomeOf } from '../mistakes.ts'
import { diagnosticJson } from '../network-argument.ts'
import type { Terminal } from '../terminal.ts'

export interface ImportNsgOptions {
  readonly name?: string
  readonly parameters?: string
  readonly as: 'guest' | 'acl'
}

export function importNsgCommand(
  file: string,
  { name, parameters, as }: ImportNsgOptions,
  terminal: Terminal,
): number {
  const options = { ...(name !== undefined && { name }), ...(parameters !== undefined && { parameters }) }
  const { group, diagnostics } = readSecurityGroupFile(file, options)
  const text = group && securityGroupYaml(group, as)
  if (diagnostics.length > 0)
    terminal.say(`${formatDiagnostics(diagnostics, { color: terminal.err.isColorSupported })}\n`)
  terminal.result({
    ok: group !== undefined,
    rules: text ?? null,
    group: group ? groupJson(group) : null,
    diagnostics: diagnostics.map(diagnosticJson),
  })
  if (text !== undefined) {
    if (!terminal.json) terminal.print(text.trimEnd())
    return exitCodes.ok
  }
  const named = parameters === undefined ? [file] : [file, parameters]
  terminal.say(`glacis: import nsg ${file}: ${outcomeOf(diagnostics, named, 'the group is refused')}`)
  return exitCodes.usage
}

const groupJson = ({ name, rules }: SecurityGroup) => ({
  name,
  securityRules: rules.map((rule) => ({
    name: rule.name,
    direction: rule.direction,
    access: rule.access,
    priority: rule.priority,
    protocol: rule.protocol ?? null,
    source: endJson(rule.source),
    destination: endJson(rule.destination),
    default: rule.isDefault,
    file: rule.at.file,
    line: rule.at.line,
  })),
})

/** Empty lists stand for everything. */
const endJson = ({ addresses, ports }: SecurityGroup['rules'][number]['source']) => ({
  addresses: addresses.map(({ kind, name }) => ({ kind, name })),
  ports: ports.map(({ range }) => range),
})
