/** A list of the platform that its owners expect something of, and slips in it: rules left out, in the wrong order, a bit or a port beside. */
import { readFileSync } from 'node:fs'
import {
  type Edit,
  type Files,
  first,
  inRule,
  networkFile,
  removed,
  renamed,
  swapped,
  twice,
  written,
} from './written.ts'
import type { WrittenFault } from './written-faults.ts'

export const platformAcl = 'platform-acl.yaml'

/** The template, and two rules of the site's own: a partner may use file sharing, but for one of its networks. */
const list = readFileSync('templates/platform-acl.yaml', 'utf8').replace(
  '  - { name: smb,',
  `  - { name: lost, deny: in, protocol: tcp, from: 9.9.16.0/24, ports: 445, why: Its owner is not known any more. }
  - { name: partner, allow: in, protocol: tcp, from: 9.8.0.0/15, ports: 445, why: It keeps its files here. }
  - { name: smb,`,
)

/** Something that is public at every port of which the list speaks, and what is expected of it. */
const served = `  old:
    tenant: tenant1
    sites: [site1]
    roles:
      relics:
        kind: worker
        instances: 2
        public:
          chargen-tcp: { protocol: tcp, port: 19, local-port: 10019 }
          chargen-udp: { protocol: udp, port: 19, local-port: 10019 }
          mapper: { protocol: tcp, port: 135, local-port: 10135 }
          names: { protocol: udp, port: 137, local-port: 10137 }
          session: { protocol: tcp, port: 139, local-port: 10139 }
          next: { protocol: tcp, port: 140, local-port: 10140 }
          files: { protocol: tcp, port: 445, local-port: 10445 }
          play: { protocol: udp, port: 1900, local-port: 11900 }
          cache: { protocol: udp, port: 11211 }

expect:
  - { name: chargen, from: internet, to: old.site1, protocol: [tcp, udp], ports: 19, then: deny }
  - { name: netbios, from: internet, to: old.site1, protocol: [tcp, udp], ports: 135-139, then: deny }
  - { name: strangers, from: [9.0.0.0/13, 9.10.0.0/15, 9.12.0.0/14, 192.0.2.0/24, "2001:db8:ffff::/48"], to: old.site1, protocol: tcp, ports: 445, then: deny }
  - { name: lost, from: 9.9.16.0/24, to: old.site1, protocol: tcp, ports: 445, then: deny }
  - { name: partner, from: [9.8.0.0/16, 9.9.0.0/20, 9.9.17.0/24], to: old.site1, protocol: tcp, ports: 445, then: allow }
  - { name: play, from: internet, to: old.site1, protocol: udp, ports: 1900, then: deny }
  - { name: cache, from: internet, to: old.site1, protocol: udp, ports: 11211, then: deny }
  - { name: beside, from: internet, to: old.site1, protocol: tcp, ports: 140, then: allow }
  - { name: worms, from: vms, to: internet, protocol: tcp, ports: 445, then: deny }
  - { name: others, from: vms, to: internet, protocol: tcp, ports: 446, then: allow }
`

export const platform: Files = {
  ...written,
  [networkFile]: `${(written[networkFile] as string)
    .replace('    isps: 2\n', `    isps: 2\n    platform-acl: ${platformAcl}\n`)
    .trimEnd()}\n${served}`,
  [platformAcl]: list,
}

const inList = (rule: string, name: string, from: string | RegExp, to: string): Edit =>
  inRule(platformAcl, rule, name, from, to)

const found = (by: string, ...edits: readonly Edit[]): readonly PlatformFault[] =>
  edits.map((edit) => ({ ...edit, by: [`expect:${by}`] }))

export interface PlatformFault extends Omit<WrittenFault, 'by'> {
  readonly by: readonly string[]
}

export const platformFaults: readonly PlatformFault[] = [
  ...found(
    'chargen',
    removed(platformAcl, 'chargen'),
    inList('chargen', 'the next port', 'ports: 19', 'ports: 20'),
    inList('chargen', 'the port before', 'ports: 19', 'ports: 18'),
    inList('chargen', 'TCP alone', 'protocol: [tcp, udp]', 'protocol: tcp'),
    inList('chargen', 'UDP alone', 'protocol: [tcp, udp]', 'protocol: udp'),
    inList('chargen', 'the other way', 'deny: in', 'deny: out'),
    inList('chargen', 'half of the world', 'deny: in,', 'deny: in, from: 0.0.0.0/1,'),
    inList('chargen', 'one family', 'deny: in,', 'deny: in, from: 0.0.0.0/0,'),
    first(platformAcl, 'allow: in, protocol: udp, ports: 0-19'),
  ),
  ...found(
    'netbios',
    removed(platformAcl, 'netbios'),
    inList('netbios', 'without its last port', '135-139', '135-138'),
    inList('netbios', 'without its first port', '135-139', '136-139'),
    inList('netbios', 'with a hole', '135-139', '[135-136, 138-139]'),
    inList('netbios', 'UDP alone', 'protocol: [tcp, udp]', 'protocol: udp'),
  ),
  ...found(
    'strangers',
    removed(platformAcl, 'smb'),
    inList('smb', 'the next port', 'ports: 445', 'ports: 446'),
    inList('smb', 'UDP for TCP', 'protocol: tcp', 'protocol: udp'),
    inList('smb', 'turned', 'deny: in', 'allow: in'),
    inList('partner', 'a prefix wider by a bit', '9.8.0.0/15', '9.8.0.0/14'),
    inList('partner', 'from anywhere', ' from: 9.8.0.0/15,', ''),
    inList('partner', 'the prefix beside', '9.8.0.0/15', '[9.8.0.0/15, 9.10.0.0/15]'),
  ),
  ...found(
    'lost',
    removed(platformAcl, 'lost'),
    swapped(platformAcl, 'lost', 'partner'),
    inList('lost', 'a prefix longer by a bit', '9.9.16.0/24', '9.9.16.0/25'),
    inList('lost', 'the port before', 'ports: 445', 'ports: 444'),
  ),
  ...found(
    'partner',
    removed(platformAcl, 'partner'),
    swapped(platformAcl, 'partner', 'smb'),
    inList('lost', 'a prefix wider by a bit', '9.9.16.0/24', '9.9.16.0/23'),
    inList('partner', 'a prefix longer by a bit', '9.8.0.0/15', '9.8.0.0/16'),
  ),
  ...found(
    'play',
    removed(platformAcl, 'ssdp'),
    inList('ssdp', 'the next port', 'ports: 1900', 'ports: 1901'),
    inList('ssdp', 'TCP for UDP', 'protocol: udp', 'protocol: tcp'),
  ),
  ...found(
    'cache',
    removed(platformAcl, 'memcached'),
    inList('memcached', 'the port before', 'ports: 11211', 'ports: 11210'),
  ),
  // These open something, and stop something else.
  {
    ...inList('netbios', 'a port beside', '135-139', '136-140'),
    by: ['expect:netbios', 'expect:beside'],
  },
  {
    ...inList('lost', 'the prefix beside', '9.9.16.0/24', '9.9.17.0/24'),
    by: ['expect:lost', 'expect:partner'],
  },
  {
    ...inList('memcached', 'the other way', 'deny: in', 'deny: out'),
    by: ['answers-return', 'expect:cache'],
  },
  ...found('beside', inList('netbios', 'one port more', '135-139', '135-140')),
  ...found(
    'worms',
    removed(platformAcl, 'smb-out'),
    inList('smb-out', 'the port before', 'ports: 445', 'ports: 444'),
    inList('smb-out', 'the other way', 'deny: out', 'deny: in'),
    first(platformAcl, 'allow: out, protocol: tcp, ports: 445'),
  ),
  ...found('others', inList('smb-out', 'one port more', 'ports: 445', 'ports: 445-446')),
]

/** Slips that open nothing, and stop nothing that is expected. */
export const platformHarmless: readonly Edit[] = [
  swapped(platformAcl, 'chargen', 'netbios'),
  swapped(platformAcl, 'smb', 'smb-out'),
  swapped(platformAcl, 'ssdp', 'memcached'),
  swapped(platformAcl, 'netbios', 'lost'),
  twice(platformAcl, 'smb'),
  twice(platformAcl, 'chargen'),
  renamed(platformAcl, 'memcached'),
  inList('chargen', 'a port more that nobody serves', 'ports: 19', 'ports: 19-20'),
  inList('ssdp', 'TCP too', 'protocol: udp', 'protocol: [tcp, udp]'),
  inList('lost', 'both protocols', 'protocol: tcp', 'protocol: [tcp, udp]'),
  first(platformAcl, 'deny: in, protocol: tcp, from: 9.9.16.0/25, ports: 445'),
]
