/** A balancer of two VMs, for tests of what it lends: compiled, loaded into an engine, and driven by packets of TCP. */
import type { BpfMap, Engine, LoadedProgram } from '../../bpf/index.ts'
import { type Family, type Ip, ip, PortRange } from '../../net/index.ts'
import { type Lending, type Point, rulesOf } from '../../policy/index.ts'
import { point, rule } from '../../policy/testing/sample.ts'
import { buildFrame, readHeaders } from '../../wire/index.ts'
import { compileNode } from '../compile.ts'
import { readCounters } from '../counter-map.ts'
import { FilterCompilerCache } from '../filter-template.ts'

export const families = [4, 6] as const
export const flags = { syn: 0x02, synAck: 0x12, ack: 0x10, push: 0x18, fin: 0x11 } as const

const egress = { 4: ip('198.51.100.9'), 6: ip('2001:db8::9') }
const vms = {
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

const remote = { 4: ip('192.0.2.1'), 6: ip('2001:db8:f::1') }

function points(quota: number, ports: PortRange): readonly [Point, Point] {
  const lending = (family: Family): Lending => ({
    address: egress[family],
    ports,
    borrowers: [vms.one[family], vms.two[family]],
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

export interface LendingBalancer {
  readonly maps: Readonly<Record<string, BpfMap>>
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

/** @param run runs a program on a frame, as the engine is asked to */
export function lendingBalancer(
  engine: Engine,
  { quota = 64, ports = PortRange(1024, 65535) }: { quota?: number; ports?: PortRange } = {},
): LendingBalancer {
  const both = points(quota, ports)
  const node = compileNode(both, Object.values(egress), new FilterCompilerCache())
  const maps = Object.fromEntries(
    Object.entries(node.maps).map(([name, spec]) => [name, engine.createMap(spec)] as const),
  )
  for (const [name, entries] of Object.entries(node.contents)) maps[name]?.updateBatch(entries)
  const programs = node.attachments.map(({ program }) => engine.load(program, maps)) as [
    LoadedProgram,
    LoadedProgram,
  ]
  const through = (program: LoadedProgram, frame: Uint8Array) => {
    const { verdict, packet } = program.run(frame)
    const headers = readHeaders(packet)
    return verdict === 2 && headers.kind === 'ip' ? headers : undefined
  }
  const balancer: LendingBalancer = {
    maps,
    send: ({ vm, family, port, remotePort }, tcpFlags) =>
      through(
        programs[0],
        buildFrame({
          ip: { source: vms[vm][family], destination: remote[family] },
          tcp: { sourcePort: port, destinationPort: remotePort, flags: tcpFlags },
        }),
      )?.sourcePort,
    answer({ family, remotePort }, lent, tcpFlags) {
      const headers = through(
        programs[1],
        buildFrame({
          ip: { source: remote[family], destination: egress[family] },
          tcp: { sourcePort: remotePort, destinationPort: lent, flags: tcpFlags },
        }),
      )
      return headers && { address: headers.destination, port: headers.destinationPort }
    },
    establish(connection) {
      const port = balancer.send(connection, flags.syn)
      if (port === undefined || !balancer.answer(connection, port, flags.synAck)) return undefined
      return balancer.send(connection, flags.ack)
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
