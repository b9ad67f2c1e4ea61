/**
 * Rules by name alone, as Microsoft's template building blocks have them (`"securityRules": [{ "name": "RDP" }]`): each stands for rules
 * that allow well-known ports inward. Building blocks number rules by their place in the list.
 * Source: `namedSecurityRules` of mspnp/template-building-blocks, `src/core/networkSecurityGroupSettings.js`.
 */
import type { Located, LocatedEntry } from '../../../file/index.ts'
import { map, memberOf, NoValue, scalar, textOf } from '../arm/value.ts'

type Ports = readonly [protocol: 'Tcp' | 'Udp' | '*', ports: string, name?: string]

const named: Readonly<Record<string, readonly Ports[]>> = {
  ActiveDirectory: [
    ['*', '389', 'AllowADReplication'],
    ['*', '636', 'AllowADReplicationSSL'],
    ['Tcp', '3268', 'AllowADGCReplication'],
    ['Tcp', '3269', 'AllowADGCReplicationSSL'],
    ['*', '53', 'AllowDNS'],
    ['*', '88', 'AllowKerberosAuthentication'],
    ['*', '445', 'AllowADReplicationTrust'],
    ['Tcp', '25', 'AllowSMTPReplication'],
    ['Tcp', '135', 'AllowRPCReplication'],
    ['Tcp', '5722', 'AllowFileReplication'],
    ['Udp', '123', 'AllowWindowsTime'],
    ['*', '464', 'AllowPasswordChangeKerberes'],
    ['Udp', '138', 'AllowDFSGroupPolicy'],
    ['Tcp', '9389', 'AllowADDSWebServices'],
    ['Udp', '137', 'AllowNETBIOSAuthentication'],
    ['Tcp', '139', 'AllowNETBIOSReplication'],
  ],
  Cassandra: [['Tcp', '9042']],
  'Cassandra-JMX': [['Tcp', '7199']],
  'Cassandra-Thrift': [['Tcp', '9160']],
  CouchDB: [['Tcp', '5984']],
  'CouchDB-HTTPS': [['Tcp', '6984']],
  'DNS-TCP': [['Tcp', '53']],
  'DNS-UDP': [['Udp', '53']],
  DynamicPorts: [['Tcp', '49152-65535']],
  ElasticSearch: [['Tcp', '9200-9300']],
  FTP: [['Tcp', '21']],
  HTTP: [['Tcp', '80']],
  HTTPS: [['Tcp', '443']],
  IMAP: [['Tcp', '143']],
  IMAPS: [['Tcp', '993']],
  Kestrel: [['Tcp', '22133']],
  LDAP: [['Tcp', '389']],
  MongoDB: [['Tcp', '27017']],
  Memcached: [['Tcp', '11211']],
  MSSQL: [['Tcp', '1433']],
  MySQL: [['Tcp', '3306']],
  Neo4J: [['Tcp', '7474']],
  POP3: [['Tcp', '110']],
  POP3S: [['Tcp', '995']],
  PostgreSQL: [['Tcp', '5432']],
  RabbitMQ: [['Tcp', '5672']],
  RDP: [['Tcp', '3389']],
  Redis: [['Tcp', '6379']],
  Riak: [['Tcp', '8093']],
  'Riak-JMX': [['Tcp', '8985']],
  SMTP: [['Tcp', '25']],
  SMTPS: [['Tcp', '465']],
  SSH: [['Tcp', '22']],
  WinRM: [['Tcp', '5986']],
}

/** What a rule that is meant by its name may say otherwise. */
const own = ['sourcePortRange', 'sourceAddressPrefix', 'destinationAddressPrefix'] as const
const besides = new Set(['name', 'priority', 'description', ...own].map((key) => key.toLowerCase()))

/** All rules written out, and numbered by place; an order of priorities that contradicts it is a {@link NoValue}. */
export function expandNamedRules(rules: readonly Located[]): readonly Located[] {
  const priorities = { inbound: 0, outbound: 0 }
  for (const rule of rules) {
    const direction =
      textOf(memberOf(rule, 'direction'))?.toLowerCase() === 'outbound' ? 'outbound' : 'inbound'
    const written = memberOf(rule, 'priority')
    if (written?.kind !== 'scalar') continue
    const priority = Number(written.value)
    if (!(priority > priorities[direction]))
      throw new NoValue(
        written.at,
        'building blocks number rules by their place, and this priority says another order',
        'put the rules in the order of their priorities',
      )
    priorities[direction] = priority
  }
  const expanded = rules.flatMap(expand)
  return expanded.map((rule, index) => withEntries(rule, { priority: 100 + 10 * index }))
}

function expand(rule: Located): readonly Located[] {
  const name = textOf(memberOf(rule, 'name')) ?? ''
  const meant = Object.hasOwn(named, name) ? named[name] : undefined
  if (!meant || rule.kind !== 'map') return [rule]
  for (const [key, entry] of rule.entries)
    if (!besides.has(key.toLowerCase()))
      throw new NoValue(
        entry.key,
        `'${name}' is a rule of the building blocks by that name, which passes over '${key}'`,
        'give the rule another name, or leave that out',
      )
  return meant.map(([protocol, ports, ownName = name]) => {
    const values = Object.fromEntries(own.map((key) => [key, memberOf(rule, key) ?? '*']))
    const written = new Map([...rule.entries].filter(([key]) => key.toLowerCase() === 'description'))
    return withEntries(map(rule.at, written), {
      ...values,
      name: scalar((memberOf(rule, 'name') ?? rule).at, ownName),
      protocol,
      destinationPortRange: ports,
      access: 'Allow',
      direction: 'Inbound',
    })
  })
}

/** A rule with some entries set, whatever they were. */
function withEntries(rule: Located, values: Readonly<Record<string, Located | string | number>>): Located {
  if (rule.kind !== 'map') return rule
  const set = new Set(Object.keys(values).map((key) => key.toLowerCase()))
  const entries = new Map<string, LocatedEntry>(
    [...rule.entries].filter(([key]) => !set.has(key.toLowerCase())),
  )
  for (const [key, value] of Object.entries(values))
    entries.set(key, {
      key: rule.at,
      value: typeof value === 'object' ? value : scalar(rule.at, value),
    })
  return map(rule.at, entries)
}
