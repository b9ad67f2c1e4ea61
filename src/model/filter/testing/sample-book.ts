/** A small network of names, and rules resolved in it, for tests. */
import { DiagnosticLog, decodeSource, readFilterFile } from '../../../file/index.ts'
import { formatPrefix, ip, prefix } from '../../../net/index.ts'
import type { Node } from '../../network.ts'
import { AddressBook, type NamedNetwork } from '../address-book.ts'
import { type Filter, type RuleEnds, relativeMachines } from '../filter-rule.ts'
import { resolveRules } from '../resolve-rules.ts'

const at = { file: 'network.yaml', line: 1, column: 1, length: 1 }

const machine = (id: string, kind: Node['kind'], ...addresses: string[]): Node => ({
  id,
  kind,
  site: id.split('/')[0] as string,
  name: id.split('/')[1] as string,
  at,
  addresses: addresses.map(ip),
  publicAddresses: [],
  listeners: [],
})

const site = (name: string, number: number) => ({
  name,
  pools: {
    routers: [prefix(`10.${number}.0.0/24`)],
    infrastructure: [prefix(`10.${number}.1.0/24`)],
    hosts: [prefix(`10.${number}.2.0/24`)],
    vms: [prefix(`10.${number}.64.0/18`), prefix(`fd00:${number}::/64`)],
  },
  public: { vips: [prefix(`203.0.113.${number}/32`)], routers: [prefix(`203.0.114.${number}/32`)] },
})

export const sampleNetwork: NamedNetwork = {
  internal: [prefix('10.0.0.0/8'), prefix('fd00::/16')],
  bogons: [prefix('127.0.0.0/8')],
  sites: [site('west', 16), site('east', 32)],
  nodes: [
    machine('west/ns1', 'name-server', '10.16.1.1', 'fd00:16:1::1'),
    machine('west/ns2', 'name-server', '10.16.1.2', 'fd00:16:1::2'),
    machine('east/ns1', 'name-server', '10.32.1.1'),
  ],
  ownPublic: [prefix('203.0.113.16/32'), prefix('203.0.113.32/32')],
  groups: { partners: ['192.0.2.0/24', 'friends'], friends: ['2001:db8::/32', 'same-service'] },
  tags: { Storage: ['10.16.1.128/25'] },
}

/** Resolves the text of a file of rules at site `west`. */
export function resolveSample(text: string): { filter: Filter | undefined; mistakes: readonly string[] } {
  const log = DiagnosticLog()
  const source = decodeSource('rules.yaml', new TextEncoder().encode(text), log)
  const written = source && readFilterFile(source, log)
  const filter =
    written &&
    resolveRules('sample', written, {
      book: AddressBook(sampleNetwork, 'west'),
      ports: { dns: 53, agent: 7443 },
      relative: relativeMachines,
      log,
    })
  return {
    filter,
    mistakes: log.entries.map((d) => `${d.at.line}:${d.at.column} ${d.code} ${d.message}`),
  }
}

export const endsText = (ends: RuleEnds | undefined): string =>
  ends ? [...ends.prefixes.map(formatPrefix), ...ends.relative].join(' ') : 'any'
