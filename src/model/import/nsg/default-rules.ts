/**
 * The rules that every network security group has after those that people write, and that nobody can change: the virtual network and
 * Azure's balancers come in, the virtual network and the Internet are reached, all else is denied.
 * Source: "Network security groups", Microsoft, section "Default security rules".
 */
import type { SourceRange } from '../../../file/index.ts'
import type { Report, RuleEnd, SecurityRule } from './security-rule.ts'

type Default = readonly [
  name: string,
  direction: SecurityRule['direction'],
  priority: number,
  access: SecurityRule['access'],
  source: string,
  destination: string,
]

const table: readonly Default[] = [
  ['AllowVnetInBound', 'in', 65_000, 'allow', 'VirtualNetwork', 'VirtualNetwork'],
  ['AllowAzureLoadBalancerInBound', 'in', 65_001, 'allow', 'AzureLoadBalancer', '*'],
  ['DenyAllInBound', 'in', 65_500, 'deny', '*', '*'],
  ['AllowVnetOutBound', 'out', 65_000, 'allow', 'VirtualNetwork', 'VirtualNetwork'],
  ['AllowInternetOutBound', 'out', 65_001, 'allow', '*', 'Internet'],
  ['DenyAllOutBound', 'out', 65_500, 'deny', '*', '*'],
]

/** All six: those that the file lists, as `az` does, with their places, the others at the name of the group. */
export function defaultRules(
  { at }: { readonly at: SourceRange },
  listed: readonly SecurityRule[],
  report: Report,
): readonly SecurityRule[] {
  const standard = table.map((row) => made(row, at))
  const found = new Map<SecurityRule, SecurityRule>()
  for (const rule of listed) {
    const fit = standard.find((one) => one.direction === rule.direction && one.priority === rule.priority)
    if (fit && saysSame(fit, rule)) found.set(fit, rule)
    else
      report(
        'GL1045',
        rule.at,
        `'${rule.name}' is not one of Azure's default rules`,
        "they cannot be changed: write it among 'securityRules', or remove it",
      )
  }
  return standard.map((rule) => found.get(rule) ?? rule)
}

function made(
  [name, direction, priority, access, source, destination]: Default,
  at: SourceRange,
): SecurityRule {
  const end = (tag: string): RuleEnd => ({
    addresses: tag === '*' ? [] : [{ kind: 'tag', name: tag, at }],
    ports: [],
  })
  return Object.freeze({
    name,
    direction,
    access,
    priority,
    source: end(source),
    destination: end(destination),
    at,
    protocolAt: at,
    isDefault: true,
  })
}

function saysSame(a: SecurityRule, b: SecurityRule): boolean {
  const text = ({ access, protocol, source, destination }: SecurityRule) =>
    JSON.stringify([
      access,
      protocol ?? '*',
      ...[source, destination].map(({ addresses, ports }) => [
        addresses.map(({ kind, name }) => [kind, name.toLowerCase()]),
        ports.length,
      ]),
    ])
  return text(a) === text(b)
}
