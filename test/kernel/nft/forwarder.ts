/**
 * A machine that forwards between two cables, with a loaded ruleset: the filter stands at `vm0`, behind which is the machine that it
 * guards; `up0` leads to everybody else. What the machine itself would answer is dropped before connection tracking sees it.
 */
import { spawnSync } from 'node:child_process'
import { conntrackSysctls, type NftCount, nftTable, readNftCounters } from '../../../src/firewall/index.ts'
import {
  closeNamespace,
  createNamespace,
  inNamespace,
  type Namespace,
  openPacketSocket,
  type PacketSocket,
  tableRules,
  writeSysctls,
} from '../../../src/kernel/index.ts'
import type { Point } from '../../../src/policy/index.ts'

const macs = {
  vm0: '02:00:00:00:00:01',
  up0: '02:00:00:00:00:02',
  vm: '02:00:00:00:01:01',
  up: '02:00:00:00:01:02',
}

/** The destination of frames on each cable: the forwarder's own end. */
export const entrance = { 'from-local': [2, 0, 0, 0, 0, 1], 'to-local': [2, 0, 0, 0, 0, 2] } as const

const sysctls = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.accept_local': 1,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  'net.ipv6.conf.default.accept_ra': 0,
  'net.ipv6.conf.default.accept_dad': 0,
  'net.ipv6.conf.default.addr_gen_mode': 1,
}

const silence = `table inet silence {
  chain output { type filter hook output priority -500; policy drop; }
}
`

export class Forwarder {
  readonly #machine: Namespace = createNamespace()
  readonly #wire: Namespace = createNamespace()
  readonly #sockets: Readonly<Record<'from-local' | 'to-local', PacketSocket>>
  readonly #points: readonly Point[]

  /** Throws with nft's own words if it refuses the ruleset. */
  constructor(points: readonly Point[], ruleset: string) {
    this.#points = points
    writeSysctls(this.#machine, sysctls)
    writeSysctls(this.#wire, { 'net.ipv6.conf.default.addr_gen_mode': 1 })
    const wire = `/proc/${process.pid}/fd/${this.#wire.fd}`
    const batch = (lines: readonly string[], words: readonly string[] = [], at = this.#machine) =>
      this.#run('ip', [...words, '-batch', '-'], lines, at)
    batch([
      `link add vm0 address ${macs.vm0} type veth peer name near address ${macs.vm} netns ${wire}`,
      `link add up0 address ${macs.up0} type veth peer name far address ${macs.up} netns ${wire}`,
      'link set vm0 up',
      'link set up0 up',
      'addr add fe80::9c1:a01/64 dev vm0',
      'addr add fe80::9c1:a02/64 dev up0',
      `neigh add fe80::9c1:a11 lladdr ${macs.vm} dev vm0 nud permanent`,
      `neigh add fe80::9c1:a12 lladdr ${macs.up} dev up0 nud permanent`,
    ])
    batch(['link set near up', 'link set far up'], [], this.#wire)
    const rules = ['rule add iif vm0 lookup 100', 'rule add iif up0 lookup 101']
    batch(
      [
        ...rules,
        'route add default via inet6 fe80::9c1:a12 dev up0 onlink table 100',
        'route add default via inet6 fe80::9c1:a11 dev vm0 onlink table 101',
      ],
      ['-4'],
    )
    batch(
      [
        ...rules,
        'route add default via fe80::9c1:a12 dev up0 table 100',
        'route add default via fe80::9c1:a11 dev vm0 table 101',
      ],
      ['-6'],
    )
    const stateful = points.some(({ flow }) => flow)
    this.#run('nft', ['-f', '-'], [silence, ruleset])
    if (stateful) writeSysctls(this.#machine, conntrackSysctls)
    const ends = JSON.parse(this.#run('ip', ['-j', 'link'], [], this.#wire)) as {
      ifname: string
      ifindex: number
    }[]
    const open = (name: string) =>
      openPacketSocket(this.#wire, ends.find(({ ifname }) => ifname === name)?.ifindex as number)
    this.#sockets = { 'from-local': open('near'), 'to-local': open('far') }
  }

  /** Sends a frame on the cable whose far side it comes from. */
  send(heading: 'from-local' | 'to-local', frame: Uint8Array): void {
    this.#sockets[heading].send(frame)
  }

  /** A frame that the machine has forwarded on in that direction, if one is there. */
  receive(heading: 'from-local' | 'to-local'): Uint8Array | undefined {
    return this.#sockets[heading === 'from-local' ? 'to-local' : 'from-local'].receive()
  }

  counters(): ReadonlyMap<string, readonly NftCount[]> {
    return readNftCounters(this.#points, tableRules(this.#machine, nftTable(this.#points))?.rules ?? [])
  }

  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close()
    closeNamespace(this.#machine)
    closeNamespace(this.#wire)
  }

  #run(command: string, words: readonly string[], lines: readonly string[], at = this.#machine): string {
    return inNamespace(at, () => run(command, words, lines.join('\n')))
  }
}

export function run(command: string, words: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { input, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`run ${command} ${words.join(' ')}: ${error?.message ?? stderr}\n${input}`)
}
