/** GL21xx: rules about packets, wherever they are written. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const filterRulesEntries = {
  GL2100: entry(
    'unknown name in a rule',
    'Rules speak of prefixes, addresses, kinds of machines (`name-servers`, `jump-boxes`, …), parts of the network (`internal`, `internet`, …), and the groups and tags of the network file. `docs/guide/rules.md` lists them. Of another site: `west/name-servers`.',
  ),
  GL2101: entry(
    'rule contradicts itself',
    'Ports belong to TCP and UDP, types to ICMP, `established` to TCP. A rule whose conditions exclude one another could never match; if it denies something, that would pass without notice.',
  ),
  GL2102: entry(
    'rule without a verdict, or with two',
    'Each rule says one of `allow: in`, `allow: out`, `deny: in`, `deny: out`: `in` is toward the machine or site that the rules protect, `out` is from it.',
  ),
  GL2103: entry(
    'rule can never match',
    'A packet has two addresses of one family, and `icmp` is the protocol of IPv4, `icmp6` that of IPv6. The rule asks for a packet that cannot be.',
  ),
  GL2104: entry(
    'two rules of one name',
    'Counters, traces and listings call a rule by its name, so it is unique in its file.',
  ),
  GL2105: entry(
    'not a port',
    'Ports are numbers from 0 to 65535, ranges such as `8000-8010`, and the names of the ports of the template: `agent`, `fabric`, `storage`, `activation`, `ssh`, `dns`.',
  ),
  GL2106: entry(
    'group contains itself',
    'A group or tag leads back to itself by its members, so that its addresses are not defined.',
  ),
  GL2107: entry(
    'unknown service tag',
    'A service tag, such as `Storage`, stands for addresses that only Azure knows. What it means in this network is said in the table `tags` of the network file; `VirtualNetwork`, `Internet` and `AzureLoadBalancer` have a meaning without it.',
  ),
  GL2108: entry(
    'name without a meaning here',
    '`this`, `this-host`, `same-service` and `vms-of-this-host` are relative to one machine. Rules of a whole site have no such machine, and a host belongs to no service.',
  ),
  GL2109: entry(
    'name is taken',
    'A group may not have the name of a kind of machines or part of the network: `docs/guide/rules.md` lists them.',
  ),
  GL2110: entry(
    'two lists of rules',
    'The operator has one list at the access routers: a file that `acl` names, or rules under `acl-rules`.',
  ),
  GL2111: entry(
    'VMs pass by a rule',
    'A VM that uses a VIP of its own site comes to the machine behind it with the egress address of a balancer, so that the answer finds its way back. A rule that denies VMs as sources does not hold it there, and another lets it in, such as one that is open to all.',
    "Name `egress` beside the VMs in `from`. Or put an access list on the endpoint: the balancer asks it by the VM's own address.",
  ),
  GL2120: entry(
    'unknown application security group',
    'An application security group stands for the machines that were put into it, which a file of rules does not say. Its name is looked up in the table `groups` of the network file, in lower case and with hyphens; one of the form `service.role` means the VMs of that role.',
  ),
  GL2121: entry(
    'denial that would be lost',
    'At access routers packets bear public addresses. A rule for inside addresses, or for the machines of a role, meets no packet there, though the same machines are reached by their VIPs.',
    'Name the VIPs, or write the rule as a guest rule of a role.',
  ),
  GL2122: entry(
    'guest rules twice, or none',
    'The guest firewall of a role has `rules` in the network file, or a network security group (`nsg`), whose own rules say what becomes of everything else.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
