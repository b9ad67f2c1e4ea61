/** Edits that break no promise: other words, another order of rules that do not meet, rules that say nothing new, rules that narrow. */
import {
  type Edit,
  first,
  hostConfig,
  inRule,
  machineConfig,
  networkFile,
  removed,
  renamed,
  swapped,
  twice,
} from './written.ts'

const inNetwork = (name: string, from: string | RegExp, to: string): Edit => ({
  name,
  file: networkFile,
  change: (text) => text.replace(from, to),
})

const both = (
  rules: readonly string[],
  more: readonly string[],
  edit: (file: string, rule: string) => Edit,
) => [...rules.map((rule) => edit(machineConfig, rule)), ...more.map((rule) => edit(hostConfig, rule))]

/** Those of a group can be made together. */
export const harmlessEdits: Readonly<Record<string, readonly Edit[]>> = {
  renames: [
    ...both(
      ['dhcp6', 'dns-udp', 'activation', 'metadata-server', 'cluster', 'internal', 'internet'],
      ['agent', 'dhcp-reply', 'wire-server', 'icmp-3', 'fabric', 'dns-tcp'],
      renamed,
    ),
    inNetwork('the network renamed', 'network: generated', 'network: other'),
    inNetwork('the template renamed', /datacenter/g, 'plant'),
    inNetwork('a site renamed', /\bsite2\b/g, 'north'),
    inNetwork('a tenant renamed', 'tenant: tenant2', 'tenant: litware'),
    inNetwork('a service renamed', /^ {2}s2:/m, '  shop:'),
    inNetwork('an endpoint renamed', 'work: {', 'jobs: {'),
  ],
  orders: [
    swapped(machineConfig, 'dhcp', 'dhcp6'),
    swapped(machineConfig, 'dns-udp', 'dns-tcp'),
    swapped(machineConfig, 'activation', 'wire-server'),
    swapped(machineConfig, 'host-services', 'cluster'),
    swapped(machineConfig, 'routers', 'internal'),
    swapped(hostConfig, 'agent', 'dhcp-reply'),
    swapped(hostConfig, 'wire-server', 'metadata-server'),
    swapped(hostConfig, 'icmp-3', 'icmp6-3'),
    swapped(hostConfig, 'fabric', 'dns-udp'),
    inNetwork('clients the other way round', '[hosts, fabric-controllers]', '[fabric-controllers, hosts]'),
  ],
  'rules twice': both(
    ['dhcp', 'dns-tcp', 'wire-server', 'cluster', 'bogon', 'internet'],
    ['dhcp-reply', 'metadata-server', 'icmp-11', 'dhcp'],
    twice,
  ),
  words: [
    inRule(machineConfig, 'internet', 'another reason', 'To the public Internet', 'Out'),
    inRule(machineConfig, 'wire-server', 'ports the other way round', '[80, 32526]', '[32526, 80]'),
    inRule(machineConfig, 'dhcp', 'an address as a prefix', '255.255.255.255', '255.255.255.255/32'),
    inRule(
      machineConfig,
      'internal',
      'a prefix in two',
      'to: internal',
      'to: [10.0.0.0/9, 10.128.0.0/9, "fd67:6c61::/32"]',
    ),
    inRule(machineConfig, 'activation', 'a port by its number', 'ports: activation', 'ports: 1688'),
    inRule(machineConfig, 'dns-tcp', 'UDP once more', 'protocol: tcp', 'protocol: [tcp, udp]'),
    inRule(hostConfig, 'metadata-server', 'another reason', 'for the VMs of this host only', 'for its VMs'),
    removed(machineConfig, 'routers'),
    { name: 'a comment', file: machineConfig, change: (text) => `# Of the platform.\n${text}` },
    { name: 'blank lines', file: hostConfig, change: (text) => text.replace('rules:\n', 'rules:\n\n\n') },
    inNetwork('the inside in two prefixes', '10.0.0.0/8', '10.0.0.0/9, 10.128.0.0/9'),
    inNetwork('the Internet in two prefixes', '192.0.2.0/24', '192.0.2.0/25, 192.0.2.128/25'),
    inNetwork('quotes', 'zone: cloudapp.example', 'zone: "cloudapp.example"'),
  ],
  'less, and more of the same': [
    first(machineConfig, 'deny: out, to: 192.0.2.0/25'),
    first(hostConfig, 'deny: in, protocol: udp, ports: 69'),
    removed(machineConfig, 'activation'),
    removed(machineConfig, 'internal'),
    inNetwork('a host more', 'hosts: 2', 'hosts: 3'),
    inNetwork('a VM more', 'instances: 5', 'instances: 6'),
    inNetwork('a jump box more', 'jump-boxes: 1', 'jump-boxes: 2'),
    inNetwork('another port of a role', 'port: 9000', 'port: 9001'),
  ],
  // Who refuses errors loses them: people may write so.
  errors: [
    removed(hostConfig, 'icmp-3'),
    removed(hostConfig, 'icmp6-2'),
    inNetwork(
      'errors refused at the edge',
      '    isps: 2\n',
      '    isps: 2\n    acl-rules: [{ name: errors, deny: in, protocol: icmp, icmp-type: 3, why: To try. }]\n',
    ),
  ],
  // Jump boxes are clients of the agent, and a rule may say so: they still need a grant, so that nothing opens.
  grants: [
    inRule(
      hostConfig,
      'agent',
      'jump boxes too',
      'from: fabric-controllers',
      'from: [fabric-controllers, jump-boxes]',
    ),
  ],
}
