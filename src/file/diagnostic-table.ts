/**
 * Every diagnostic number: a title, and the long form that `glacis explain CODE` prints. GL10xx: the network file.
 * GL102x: files that it imports. GL2xxx: what names and addresses mean together.
 * GL7xxx: what is asked of a running network.
 */
export interface DiagnosticEntry {
  readonly title: string
  /** Paragraphs are separated by an empty line. */
  readonly text: string
}

const entry = (title: string, ...paragraphs: string[]): DiagnosticEntry => ({
  title,
  text: paragraphs.join('\n\n'),
})

export const diagnosticTable = {
  GL1001: entry(
    'file cannot be read',
    'The network file, or a file that it imports, does not exist, is a directory, or may not be read.',
    'Paths on the command line are taken from the current directory. Paths in a network file are taken from the directory of that file.',
  ),
  GL1002: entry(
    'file too large',
    'Files of more than 16 MiB are refused before they are parsed. A network of 100,000 VMs needs 2.5 to 5 MB.',
  ),
  GL1003: entry(
    'not a text file',
    'Network files and service definitions are UTF-8 text. The file has bytes that are not, or control characters.',
    'Convert it, for instance with `iconv -f UTF-16 -t UTF-8`.',
  ),
  GL1004: entry(
    'YAML syntax',
    'The file is not YAML 1.2. Nothing else is checked before this is right.',
    'Most often: a bracket or quote that is not closed, a tab in the indentation, a missing space after a colon, or text with `: ` or ` #` in it that needs quotes.',
  ),
  GL1005: entry(
    'nested too deeply',
    'A network file has at most eight levels. Text that nests far deeper is refused before it is parsed, since parsing it could take very long.',
  ),
  GL1006: entry(
    'too many values',
    'The file holds more values than any network needs, so that reading it could take very long.',
    'YAML aliases (`*name`) repeat what an anchor (`&name`) marks. Expanded, they may hold a million values at most.',
  ),
  GL1007: entry(
    'key given twice',
    'A mapping has the same key twice. YAML readers differ in which one they take, so neither is taken.',
  ),
  GL1008: entry(
    'unknown key',
    'The key has no meaning at this place. It is not passed over, because a setting that is not read is worse than none.',
    'Editors that know `schema/network.schema.json` complete the keys; begin the file with `# yaml-language-server: $schema=` and its path.',
  ),
  GL1009: entry('missing key', 'The mapping lacks a key that has no standard value.'),
  GL1010: entry(
    'wrong type',
    'The value is not of the type that is wanted here: text, a whole number, a list, or a mapping.',
    "YAML takes `42` and `true` for a number and a truth value; in quotes they are text. `'443'` in quotes is text and not a port.",
  ),
  GL1011: entry('value out of range', 'The value is of the right type, but too small, too large, or empty.'),
  GL1012: entry(
    'malformed value',
    'The text does not have the form that is wanted here.',
    'Names are DNS labels in lower case: a letter, then letters, digits and hyphens, at most 63. Prefixes are an address and a length, with no bit set after the length. Addresses stand alone.',
  ),
  GL1013: entry('too many mistakes', 'The file has very many mistakes, of which only the first are shown.'),
  GL1020: entry(
    'XML syntax',
    'A service definition or configuration is not well-formed XML. Document types and entities are not read at all.',
  ),
  GL1021: entry(
    'unexpected XML document',
    'The root element is not the one that is wanted. `definition` names the `.csdef` file, `configuration` the `.cscfg` file.',
  ),
  GL1022: entry(
    'XML attribute missing',
    'An element lacks an attribute that it needs, or the attribute is no fit name.',
  ),
  GL1023: entry(
    'instance count missing',
    'The definition has a role of which the configuration does not say how many instances there are.',
  ),
  GL1024: entry(
    'XML element not supported',
    'The element or attribute may bear on what the network allows, and has no meaning in Glacis. It would have to be obeyed, so it is not passed over.',
    '`docs/guide/cloud-services.md` lists what of the published schemas means what.',
  ),
  GL1025: entry(
    'unknown protocol',
    'Endpoints speak http, https, tcp or udp, internal ones also any; probes speak http or tcp.',
  ),
  GL1026: entry(
    'role without a definition',
    'The configuration has a role that the definition has not. It is left out.',
  ),
  GL1027: entry(
    'XML attribute out of range',
    'A port, port range or instance count is no number or out of range.',
  ),
  GL1028: entry(
    'module not expanded',
    'Azure’s tools expand a module to endpoints of the role. What this one would open is not known, or its setting does not say whether it is enabled, so it stays closed. RemoteAccess, RemoteForwarder and Diagnostics are known.',
  ),
  GL1029: entry(
    'local port reassigned',
    'Two endpoints at the VIP name the same port of the VMs. Balancers keep no state for them, and could not tell by which of the two VIP ports a reply is to leave. One endpoint keeps the port; the other leads to a port that was assigned, as if its `localPort` were `*`. Nothing more opens that way.',
  ),
  GL1030: entry(
    'not taken over',
    'What the file says here has no meaning in this network: where Azure takes addresses from, and how it asks for health. Leaving it out opens nothing. This is only a warning.',
  ),
  GL1031: entry(
    'XML element incomplete',
    'An element lacks a part without which it is not clear what it allows, or has it twice.',
  ),
  GL1032: entry(
    'internal endpoint closed',
    'A definition with `<NetworkTrafficRules>` opens only what these allow: an internal endpoint that no `<OnlyAllowTrafficTo>` names is closed to all roles. This is only a warning.',
  ),
  GL1040: entry(
    'JSON syntax',
    'The file is not JSON. Comments, a byte-order mark and text over several lines are read, as Azure’s tools read them; nothing else beside RFC 8259.',
  ),
  GL1041: entry(
    'no network security group',
    'The file holds no network security group that can be read: it is no template or parameter file of Azure and no output of `az network nsg show` or `list`, or there is none in it.',
    'docs/guide/network-security-groups.md lists the forms.',
  ),
  GL1042: entry(
    'which network security group',
    'The file holds several network security groups, and none is named, or none has the name that is asked for.',
  ),
  GL1043: entry(
    'expression without a value',
    'Expressions of templates are evaluated as far as the file says everything that they need: parameters with a value, variables, and functions of these. What is known only when a template is deployed has no value here, and what a rule says is never guessed.',
    'Give parameters a `defaultValue`, or name a parameter file.',
  ),
  GL1044: entry(
    'security rule of a wrong form',
    'A security rule, or what holds it, lacks something, or has a value that Azure’s schema does not allow, or a key that it does not know. Nothing of such a group is used, since what is left would be another group.',
  ),
  GL1045: entry(
    'security rule without a meaning here',
    'The rule has the form of a security rule, but what it says cannot be said here without loss: several meanings are possible, or packets of that kind have no such field.',
  ),
  GL1046: entry(
    'order of security rules',
    'Security rules are asked by priority, from 100 to 4096. Two rules of one direction with the same priority, or two of one name, have no order.',
  ),
  GL1047: entry(
    'part of a network security group is elsewhere',
    'A template that is linked, or a group to which the file adds rules, is not in the file. Rules that are there are not known here. This is only a warning.',
  ),
  GL2001: entry(
    'reference to nothing',
    'A name refers to a template, site or endpoint that is not in the file.',
    'Names are case-sensitive.',
  ),
  GL2002: entry(
    'pool exhausted',
    'An address pool has fewer addresses than its machines need. Every address that is not written out is assigned from the pool of its kind, in order.',
    'Of a prefix, the first address is not used, and in IPv4 not the last one either, unless it has only one or two. `vips` also holds the VIP of the name service and an egress address for each balancer.',
  ),
  GL2003: entry(
    'no host for the virtual machines',
    'A service is deployed in a site whose template has no hosts.',
  ),
  GL2004: entry(
    'VIP outside its pool',
    'Access routers let in traffic to the VIP pool of their site and to nothing else; a VIP outside it could never be reached.',
  ),
  GL2005: entry(
    'given twice',
    'A VIP, a site in a list, an endpoint of a role, or a role of a definition is given twice.',
  ),
  GL2010: entry(
    'address family missing',
    "The families of the network's `internal` prefixes are those of the network. Each pool needs a prefix of each of them, so that every machine has an address of each, and no other.",
  ),
  GL2011: entry(
    'pool outside the internal prefixes',
    "Internal pools lie within the network's `internal` prefixes: these are what is kept from showing itself outside. A pool elsewhere would not be protected.",
  ),
  GL2012: entry(
    'public prefix inside the internal prefixes',
    'Traffic to the `internal` prefixes is dropped at the perimeter, so nothing public can lie within them.',
  ),
  GL2013: entry(
    'overlapping prefixes',
    'Two pools hold the same addresses, so that a packet could belong to either. All pools of all sites, and `internet`, are disjoint.',
  ),
  GL2014: entry(
    'addresses that machines cannot have',
    'Loopback, link-local, multicast and reserved addresses (RFC 6890, RFC 4291) cannot be those of a machine.',
  ),
  GL2015: entry(
    'network too large',
    'The network would have more machines or links than Glacis handles on one machine: 300,000 machines, 1,500,000 links between fixed ones.',
  ),
  GL2020: entry(
    'port of a VIP taken',
    'All roles of a service share its VIP, so that a protocol and port of it can belong to one endpoint only. TCP and UDP are apart.',
  ),
  GL2021: entry(
    'port of a VM taken',
    'Two endpoints of one role use the same protocol and port of its VMs. A public endpoint can keep its port at the VIP and have another `local-port`.',
  ),
  GL2022: entry(
    'reserved port',
    'VMs get their addresses by DHCP and DHCPv6, which use the UDP ports 67, 68, 546 and 547.',
  ),
  GL2023: entry(
    'restriction of the wrong kind',
    'Which roles may use an endpoint can be said of internal endpoints; which outside sources may use it, of those at the VIP. The role rules are asked at the VM, access lists at the balancer.',
  ),
  GL2024: entry(
    'too few ports for the instances',
    'Each instance of a role has its own port of the VIP for such an endpoint. The range has fewer ports than there are instances.',
  ),
  GL2025: entry(
    'endpoint contradicts itself',
    'Two keys of an endpoint do not fit together: a port beside the protocol `any`, a range that ends before it begins, an entry of an access list that both allows and denies.',
  ),
  GL2026: entry(
    'too many access rules',
    'Balancers ask access lists rule by rule, and their programs have a bound. In a site, all rules of all lists, each counted for every endpoint that the list is put on, are 1,500 at most; Azure allows 25 endpoints with 50 rules each in a service.',
  ),
  GL2030: entry(
    'name too long',
    'VMs are named `<service>-<role>-<number>`; as this is a DNS label, it has at most 63 characters (RFC 1035).',
  ),
  GL2031: entry(
    'machines of the same name',
    'Two roles lead to the same VM names: service `a` with role `b-c`, and service `a-b` with role `c`.',
  ),
  GL2032: entry(
    'name of a machine',
    'The service would have the DNS name of one of the machines of a site, such as `ns1.west`.',
  ),
  GL2040: entry(
    'service without roles, or with two sets',
    'A service has its roles either in the network file, under `roles`, or in a service definition, under `service` or `import`.',
  ),
  GL2041: entry(
    'VIP without a public endpoint',
    'VIPs are given to a service of which nothing is public: nothing would answer there.',
  ),
  GL2042: entry('two addresses of one family', 'A service has one VIP of each family in each site.'),
  GL2043: entry('template not used', 'No site is built from the template. This is only a warning.'),
  GL2050: entry(
    'unknown tier',
    '`audit` of a template lists tiers as `KIND/TIER`: the kind of an enforcement point and one of its tiers of rules, or `default` for what no tier decided.',
    '`glacis rules FILE` lists the points with their kind, `glacis rules FILE POINT` the tiers of one.',
  ),
  GL2051: entry(
    'tier in audit mode',
    'The tier counts and reports what it would deny, and lets it pass. This is only a warning: it is what the file says, but it is meant to pass by.',
  ),
  GL2060: entry(
    'infrastructure service without category',
    'Every infrastructure service that a template has machines for states the category of its firewall: 1, exposed behind the balancers; 2, a limited set of addresses with mutually authenticated connections; 3, enumerated internal addresses only. There is no standard value: who may reach a service is to be decided, not inherited.',
    'Name servers (`dns`) are of category 1. For the others, `category: 2` with `clients:` is the usual choice.',
  ),
  GL2061: entry(
    'category does not fit',
    'Only the name service stands behind the balancers, at the VIPs of the site, so only `dns` can be, and must be, of category 1: no other infrastructure has a VIP.',
  ),
  GL2062: entry(
    'clients do not fit the category',
    'A service of category 2 or 3 says who may connect: `clients:` names kinds of machines of the same site, `dips:` machines or internal addresses one by one. A service of category 1 is open to all and names nobody. Clients of category 2 authenticate themselves by a certificate of the platform, so that they must be machines of the infrastructure: VMs and bare addresses have none.',
  ),
  GL2063: entry(
    'enumerated client is not there',
    'An entry of `dips:` is an address outside the internal prefixes of the network, or the name of a machine that no site has. Names without a slash are of the same site: `fc1` in `west` is `west/fc1`.',
  ),
  GL2070: entry(
    'rate limit without a rate',
    'A limit says how many packets a second pass, how many bytes, or both; then a packet must be within both.',
  ),
  GL2071: entry(
    'rate limit through which nothing passes',
    'A bucket holds what the rate gives in the time of its burst. One that is smaller than a frame of full size (1,514 bytes) would never let such a frame pass, however long it waits.',
  ),
  GL2072: entry(
    'prefix of a limit by VIP',
    'By `per: vip` every VIP of the site has a bucket of its own that never gives way, and all other addresses of the pool share one. Prefixes are for limits by source or destination.',
  ),
  GL2073: entry(
    'two limits of one kind',
    'Two limits of one direction with the same `per` and the same prefixes would be the stricter of both: that is one limit, with `packets` and `bytes`.',
  ),
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
  GL2120: entry(
    'unknown application security group',
    'An application security group stands for the machines that were put into it, which a file of rules does not say. Its name is looked up in the table `groups` of the network file, in lower case and with hyphens; one of the form `service.role` means the VMs of that role.',
  ),
  GL2121: entry(
    'denial that would be lost',
    'At access routers packets bear public addresses. A denial for inside addresses, or for the machines of a role, meets no packet there, though the same machines are reached by their VIPs.',
    'Deny the VIPs, or use the group as the guest rules of a role.',
  ),
  GL2122: entry(
    'guest rules twice, or none',
    'The guest firewall of a role has `rules` in the network file, or a network security group (`nsg`), whose own rules say what becomes of everything else.',
  ),
  GL7001: entry(
    'request that cannot be read',
    'What came over the control socket of a running network is no request: not one JSON object a line, without number or method, or too long. The connection is closed, since what follows may be anything.',
    'docs/guide/watching.md says how requests look. The commands of Glacis send none that cannot be read.',
  ),
  GL7002: entry(
    'another version of the control protocol',
    'The running network was brought up by a Glacis that speaks another version of the control protocol than the one that asks.',
    'Use the same installation for both, or take the network down and bring it up again.',
  ),
  GL7003: entry('unknown control method', 'The running network has no method of that name.'),
  GL7004: entry(
    'wrong parameters of a control method',
    'A parameter is missing, of the wrong type, or names something that the running network does not have.',
  ),
  GL7005: entry(
    'running network could not answer',
    'The request was understood, and something failed while it was carried out; the message says what. The network itself runs on.',
  ),
  GL7006: entry(
    'running network has gone',
    'The network was taken down, or its process ended, before it had answered.',
  ),
  GL7007: entry(
    'rules that cannot be applied',
    'The file has mistakes, or says that there are other machines, addresses or cables than those of the network that is up. Nothing has changed: the rules before are in force.',
    'Rules, endpoints, VIPs within their pools, and ports may change while a network is up. For anything else: glacis down, then glacis up.',
  ),
  GL7010: entry(
    'access cannot be granted as asked',
    'A grant of support access names who gets it, from which jump box to which host and port, for how long, and why. The message says which of these is missing, unknown, or not allowed.',
    'Hosts are reached from jump boxes of their own site, on the port of the agent. `support.longest` in the network file is the longest time.',
  ),
  GL7011: entry(
    'access is granted already',
    'One person at a time has access from a jump box to a host, so that each connection is known to be of one grant.',
    'Wait for the end of that grant, revoke it, or use another jump box.',
  ),
  GL7012: entry('no such grant', 'No grant of that number is in force: it has ended, or there was none.'),
  GL7013: entry(
    'audit log cannot be written',
    'Nothing is granted that cannot be written down first. The log is a file that one process at a time appends to.',
    'Look at the space and rights of its folder; GLACIS_AUDIT_LOG names another file when the network is brought up.',
  ),
} as const satisfies Record<string, DiagnosticEntry>

export type DiagnosticCode = keyof typeof diagnosticTable

/** The entry of a code in any case, such as `gl2013`; `undefined` if there is none. */
export function explainDiagnostic(
  code: string,
): (DiagnosticEntry & { readonly code: DiagnosticCode }) | undefined {
  const upper = code.toUpperCase()
  if (!Object.hasOwn(diagnosticTable, upper)) return undefined
  return { code: upper as DiagnosticCode, ...diagnosticTable[upper as DiagnosticCode] }
}
