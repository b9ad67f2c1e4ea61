/** Rules written so that they open what must be closed: in the machine configuration and in the host configuration. */
import type { InvariantId } from '../../../src/model/index.ts'
import { type Edit, first, hostConfig, inRule, machineConfig, removed, swapped, together } from './written.ts'

export interface WrittenFault extends Edit {
  /** Of which invariants one finds it. */
  readonly by: readonly InvariantId[]
}

const found = (by: readonly InvariantId[], edits: readonly Edit[]): readonly WrittenFault[] =>
  edits.map((edit) => ({ ...edit, by }))

const inMachine = (rule: string, name: string, from: string | RegExp, to: string): Edit =>
  inRule(machineConfig, rule, name, from, to)
const inHost = (rule: string, name: string, from: string | RegExp, to: string): Edit =>
  inRule(hostConfig, rule, name, from, to)

export const writtenFaults: readonly WrittenFault[] = [
  ...found(
    ['vm-destinations'],
    [
      inMachine('activation', 'the next port', 'ports: activation', 'ports: 1689'),
      inMachine('activation', 'one port more', 'ports: activation', 'ports: 1688-1689'),
      inMachine('activation', 'UDP for TCP', 'protocol: tcp', 'protocol: udp'),
      inMachine('activation', 'any port', ' ports: activation,', ''),
      inMachine('activation', 'any infrastructure', 'to: activation-servers', 'to: infrastructure'),
      inMachine('dns-udp', 'the next port', 'ports: dns', 'ports: 54'),
      inMachine('dns-udp', 'any port', ' ports: dns,', ''),
      inMachine('dns-udp', 'anywhere inside', 'to: name-servers', 'to: internal'),
      inMachine('dns-tcp', 'one port more', 'ports: dns', 'ports: 52-53'),
      inMachine('dns-tcp', 'any infrastructure', 'to: name-servers', 'to: infrastructure'),
      inMachine('wire-server', 'one port more', '32526', '32526-32527'),
      inMachine('wire-server', 'the port before', '[80,', '[79,'),
      inMachine('wire-server', 'UDP for TCP', 'protocol: tcp', 'protocol: udp'),
      inMachine('metadata-server', 'the next port', 'ports: 80', 'ports: 81'),
      inMachine('metadata-server', 'any port', ' ports: 80,', ''),
      inMachine('host-services', 'turned', 'deny: out', 'allow: out'),
      inMachine('cluster', 'hosts too', 'to: vms', 'to: [vms, hosts]'),
      inMachine('cluster', 'routers too', 'to: vms', 'to: [vms, routers]'),
      inMachine('cluster', 'infrastructure too', 'to: vms', 'to: [vms, infrastructure]'),
      inMachine('cluster', 'all that is inside', 'to: vms', 'to: internal'),
      inMachine('cluster', 'anywhere', ' to: vms,', ''),
      inMachine('cluster', 'a prefix wider by a bit', 'to: vms', 'to: [vms, "10.4.0.0/14"]'),
      inMachine('routers', 'turned', 'deny: out', 'allow: out'),
      inMachine('internal', 'turned', 'deny: out', 'allow: out'),
      // What nobody has in the Internet is refused too, and the inside is of that.
      together(removed(machineConfig, 'internal'), removed(machineConfig, 'bogon')),
      together(
        removed(machineConfig, 'bogon'),
        inMachine('internal', 'half of it', 'to: internal', 'to: 10.128.0.0/9'),
      ),
      together(
        removed(machineConfig, 'bogon'),
        inMachine('internal', 'TCP alone', 'deny: out', 'deny: out, protocol: tcp'),
      ),
      swapped(machineConfig, 'internal', 'internet'),
      swapped(machineConfig, 'routers', 'internet'),
      first(machineConfig, 'allow: out, to: 10.4.16.2/32'),
      first(machineConfig, 'allow: out, protocol: tcp, to: hosts, ports: agent'),
      first(machineConfig, 'allow: out, protocol: tcp, to: jump-boxes, ports: ssh'),
    ],
  ),
  ...found(
    ['host-hears'],
    [
      inHost('agent', 'the next port', 'ports: agent', 'ports: 7444'),
      inHost('agent', 'any port', /\n {4}ports: agent/, ''),
      inHost('agent', 'UDP for TCP', 'protocol: tcp', 'protocol: udp'),
      inHost('agent', 'VMs too', 'from: fabric-controllers', 'from: [fabric-controllers, vms]'),
      inHost('agent', 'any infrastructure', 'from: fabric-controllers', 'from: infrastructure'),
      inHost('agent', 'from anywhere', /\n {4}from: fabric-controllers/, ''),
      inHost('dhcp-reply', 'the next port', 'ports: 68', 'ports: 69'),
      inHost('dhcp-reply', 'from the port before', 'source-ports: 67', 'source-ports: 66'),
      inHost('dhcp-reply', 'VMs too', 'from: infrastructure', 'from: [infrastructure, vms]'),
      inHost('dhcp6-reply', 'VMs too', 'from: [infrastructure,', 'from: [infrastructure, vms,'),
      inHost('dhcp6-reply', 'any port', /\n {4}ports: 546/, ''),
      inHost('wire-server', 'all VMs', 'from: vms-of-this-host', 'from: vms'),
      inHost('wire-server', 'hosts', 'from: vms-of-this-host', 'from: [vms-of-this-host, hosts]'),
      inHost('wire-server', 'one port more', '32526', '32526-32527'),
      inHost('metadata-server', 'the next port', 'ports: 80', 'ports: 81'),
      inHost('metadata-server', 'all VMs', 'from: vms-of-this-host', 'from: vms'),
      first(hostConfig, 'allow: in, protocol: tcp, from: jump-boxes, ports: ssh'),
      first(hostConfig, 'allow: in, protocol: icmp, from: vms'),
    ],
  ),
]
