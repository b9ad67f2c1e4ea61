/** A balancer of two VMs, for tests of what it lends: compiled, loaded into an engine, and driven by packets of TCP. */
import { type BpfMap, type Engine, type LoadedProgram, XDP_PASS } from '../../bpf/index.ts'
import { type Family, type Ip, ip, PortRange } from '../../net/index.ts'
import { type Lending, type Point, rulesOf } from '../../policy/index.ts'
import { point, rule } from '../../policy/testing/sample.ts'
import { buildFrame, readHeaders } from '../../wire/index.ts'
import { compileNode } from '../compile.ts'
import { readCounters } from '../counter-map.ts'
import type { NodeDeployment } from '../deployment.ts'
import { FilterCompilerCache } from '../filter-template.ts'
import { inheritedMaps } from '../succession.ts'

export const families = [4, 6] as const
export const flags = { syn: 0x02, synAck: 0x12, ack: 0x10, push: 0x18, fin: 0x11 } as const

export const egress = { 4: ip('198.51.100.9'), 6: ip('2001:db8::9') }
export const vms = {
  one: { 4: ip('10.0.0.1'), 6: ip('fd00::1') },
  two: { 4: ip('10.0.0.2'), 6: ip('fd00::2') },
} as const
export type Vm = keyof typeof vms

/** A connection of a VM to a port of the one remote machine. */
export interface Connection {
  readonly vm: Vm
  readonly family: Family
  readonly port: number
  readonly remotePort: number
}

export const remote = { 4: ip('192.0.2.1'), 6: ip('2001:db8:f::1') }

function points(quota: number, ports: PortRange, more: number): readonly [Point, Point] {
  const lending = (family: Family): Lending => ({
    address: egress[family],
    ports,
    borrowers: [...newVms(family, more), vms.one[family], vms.two[family]],
    quota,
    full,
  })
  const full = rule('egress/full', 'deny')
  return [
    point(
      [
        {
          kind: 'translation',
          name: 'egress',
          translations: families.map((family) => ({
            kind: 'egress-out',
            rule: rule(`egress-out/v${family}`, 'allow'),
            ...lending(family),
          })),
        },
      ],
      { kind: 'balancer', id: 'node/internal/in' },
    ),
    point(
      [
        {
          kind: 'translation',
          name: 'replies',
          translations: families.map((family) => ({
            kind: 'egress-in',
            rule: rule(`egress-in/v${family}`, 'allow'),
            address: egress[family],
            ports,
          })),
        },
      ],
      { kind: 'balancer', id: 'node/external/in' },
    ),
  ]
}

/** VMs that stand before the two in the site. */
const newVms = (family: Family, count: number): Ip[] =>
  Array.from({ length: count }, (_, n) => ip(family === 4 ? `10.0.1.${n + 1}` : `fd00::1:${n + 1}`))

export interface LendingBalancer {
  readonly node: NodeDeployment
  readonly maps: Readonly<Record<string, BpfMap>>
  /** A frame from inside or from outside: what became of it, or `undefined` if it was dropped. */
  pass(from: 'inside' | 'outside', frame: Uint8Array): Uint8Array | undefined
  /** Sends a packet of a connection outward: the port that it left by, or `undefined` if it did not. */
  send(connection: Connection, flags: number): number | undefined
  /** A packet of the remote end to a port lent: the VM's address and port that it went to, or `undefined`. */
  answer(connection: Connection, lent: number, flags: number): { address: Ip; port: number } | undefined
  /** SYN, SYN and ACK, ACK: the port, if all went well. */
  establish(connection: Connection): number | undefined
  /** Packets by rule, at both points. */
  counted(): Readonly<Record<string, bigint>>
  close(): void
}

export interface LendingOptions {
  readonly quota?: number
  readonly ports?: PortRange
  /** VMs that the site has before the two; none are sent from. */
  readonly more?: number
  /** The generation of rules before, whose maps are taken over. */
  readonly before?: LendingBalancer
}

export function lendingBalancer(
  engine: Engine,
  { quota = 64, ports = PortRange(1024, 65535), more = 0, before }: LendingOptions = {},
): LendingBalancer {
  const both = points(quota, ports, more)
  const node = compileNode(both, Object.values(egress), new FilterCompilerCache())
  const inherited = before ? inheritedMaps(before.node, node) : new Set()
  const maps = Object.fromEntries(
    Object.entries(node.maps).map(([name, spec]) => {
      const old = inherited.has(name) ? before?.maps[name] : undefined
      return [name, old ?? engine.createMap(spec)] as const
    }),
  )
  for (const [name, entries] of Object.entries(node.contents)) maps[name]?.updateBatch(entries)
  const programs = node.attachments.map(({ program }) => engine.load(program, maps)) as [
    LoadedProgram,
    LoadedProgram,
  ]
  const pass: LendingBalancer['pass'] = (from, frame) => {
    const { verdict, packet } = programs[from === 'inside' ? 0 : 1].run(frame)
    return verdict === XDP_PASS ? packet : undefined
  }
  const headersOf = (frame: Uint8Array | undefined) => {
    const headers = frame && readHeaders(frame)
    return headers?.kind === 'ip' ? headers : undefined
  }
  const balancer: LendingBalancer = {
    node,
    maps,
    pass,
    send: ({ vm, family, port, remotePort }, tcpFlags) =>
      headersOf(
        pass(
          'inside',
          buildFrame({
            ip: { source: vms[vm][family], destination: remote[family] },
            tcp: { sourcePort: port, destinationPort: remotePort, flags: tcpFlags, acknowledgement: 1 },
          }),
        ),
      )?.sourcePort,
    answer({ family, remotePort }, lent, tcpFlags) {
      const headers = headersOf(
        pass(
          'outside',
          buildFrame({
            ip: { source: remote[family], destination: egress[family] },
            tcp: { sourcePort: remotePort, destinationPort: lent, flags: tcpFlags, acknowledgement: 1 },
          }),
        ),
      )
      return headers && { address: headers.destination, port: headers.destinationPort }
    },
    establish(connection) {
      const port = balancer.send(connection, flags.syn)
      if (port === undefined || !balancer.answer(connection, port, flags.synAck)) return undefined
      const same = balancer.send(connection, flags.ack)
      return balancer.answer(connection, port, flags.ack) ? same : undefined
    },
    counted() {
      const counts = readCounters(maps.counters as BpfMap)
      return Object.fromEntries(
        both.flatMap((at) => {
          const first = node.firstCounters.get(at.id) as number
          return rulesOf(at).map(({ rule: { id } }, index) => [id, counts[first + index]?.packets ?? 0n])
        }),
      )
    },
    close() {
      for (const object of [...programs, ...Object.values(maps)]) object.close()
    },
  }
  return balancer
}

/** The end of a connection behind the balancer. */
export const endOf = ({ vm, family, port }: Connection): { address: Ip; port: number } => ({
  address: vms[vm][family],
  port,
})
