/**
 * A forwarding machine under test: what a generator on one side sends goes through its stack and is counted and dropped by a
 * sink on the other. Rules stand on the interface `a`, as programs or as an nftables ruleset; without any, the same way is the base. All of it runs
 * on the generator's core, so that the time per frame is the sum, and a difference is what rules cost.
 */
import { spawnSync } from 'node:child_process'
import {
  type BpfMap,
  type MapSpec,
  ProgramBuilder,
  type ProgramSpec,
  XDP_DROP,
  XDP_PASS,
} from '../../src/bpf/index.ts'
import { conntrackSysctls } from '../../src/firewall/index.ts'
import {
  addFilterHooks,
  addNeighbour,
  addProgramFilter,
  addRoute,
  attachXdp,
  changeLink,
  closeNamespace,
  createNamespace,
  createVeth,
  deleteProgramFilter,
  disableOffloads,
  flushConnections,
  inNamespace,
  type KernelMap,
  type KernelProgram,
  kernelEngine,
  type Namespace,
  openNetlink,
  type ProgramLink,
  writeSysctls,
} from '../../src/kernel/index.ts'
import { hostPrefix, type Ip, ip, type Mac, type Prefix, prefix } from '../../src/net/index.ts'
import { cursorMap, frameSize, generatorProgram, padded, traceMap, u32 } from './generator.ts'

/** Indexes of the machine's interfaces: `a`, where the rules stand, and `b`. */
export const sides = { a: 2, b: 3 } as const
export type Side = keyof typeof sides

export interface Installation {
  /** Programs on `a`. */
  readonly ingress?: KernelProgram
  readonly egress?: KernelProgram
  readonly xdp?: KernelProgram
  /** A file for nft(8). */
  readonly nft?: string
}

export interface Forwarder {
  /** In place of what stood there before. */
  install(what: Installation): void
  /**
   * Sends frames of a trace, in turn, from one side; returns nanoseconds per frame. All of them came out at the other side: where a busy
   * machine let a queue run over, all are sent once more. Throws if it is in vain.
   * @param again to be done before that
   */
  send(from: Side, trace: Trace, count: number, again?: () => void): number
  trace(frames: readonly Uint8Array[]): Trace
  /** No connection is known to netfilter any more. */
  flush(): void
  close(): void
}

export interface Trace {
  readonly frames: number
  close(): void
}

interface LoadedTrace extends Trace {
  readonly programs: Readonly<Record<Side, KernelProgram>>
}

const mac = '02:00:00:00:00:02' as Mac
const beyond = '02:00:00:00:00:01' as Mac
const gateway = ip('fe80::1')

const sysctls = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
}

/** @param machine addresses that are on the side of `a`; all others are on that of `b` */
export function openForwarder(machine: readonly Ip[]): Forwarder {
  const device = createNamespace()
  writeSysctls(device, sysctls)
  const netlink = openNetlink(device)
  const count = kernelEngine.createMap(sinkMap)
  const sink = kernelEngine.load(sinkProgram(), { sink: count })
  const pass = kernelEngine.load(passProgram(), {})
  const ends = {} as Record<Side, { namespace: Namespace; index: number; link: ProgramLink }>
  const xdp = {} as Record<Side, ProgramLink>
  for (const side of ['a', 'b'] as const) {
    const namespace = createNamespace()
    const outside = openNetlink(namespace)
    netlink.batch([
      createVeth({ name: side, mac, index: sides[side] }, { name: 'peer', mac: beyond, index: 2 }, namespace),
    ])
    disableOffloads(netlink, side)
    outside.batch([changeLink(2, { up: true })])
    netlink.batch([changeLink(sides[side], { up: true }), addFilterHooks(sides[side])])
    ends[side] = { namespace, index: 2, link: attachXdp(namespace, 2, sink) }
    xdp[side] = attachXdp(device, sides[side], pass)
    outside.close()
  }
  for (const side of ['a', 'b'] as const)
    netlink.batch([addNeighbour({ index: sides[side], address: gateway, mac: beyond })])
  const route = (to: Prefix, side: Side) =>
    addRoute({ prefix: to, nextHops: [{ index: sides[side], via: gateway }] })
  netlink.batch([
    ...['0.0.0.0/0', '::/0'].map((all) => route(prefix(all), 'b')),
    ...machine.map((address) => route(hostPrefix(address), 'a')),
  ])
  let filters: ('ingress' | 'egress')[] = []
  let ruleset = false
  const clear = (): void => {
    for (const direction of filters)
      netlink.batch([deleteProgramFilter({ index: sides.a, direction, priority: 1 })])
    filters = []
    if (ruleset) nft(device, 'flush ruleset')
    ruleset = false
  }
  return {
    install({ ingress, egress, xdp: first, nft: rules }) {
      clear()
      xdp.a.replace(first ?? pass)
      for (const [direction, program] of [
        ['ingress', ingress],
        ['egress', egress],
      ] as const) {
        if (!program) continue
        netlink.batch([addProgramFilter({ index: sides.a, direction, priority: 1, program })])
        filters.push(direction)
      }
      if (!rules) return
      nft(device, rules)
      ruleset = true
      writeSysctls(device, conntrackSysctls)
    },
    trace(frames): LoadedTrace {
      const trace = kernelEngine.createMap(traceMap(frames.length))
      const cursor = kernelEngine.createMap(cursorMap)
      trace.updateBatch(frames.map((frame, index) => [u32(index), padded(frame)]))
      const load = (): KernelProgram =>
        kernelEngine.load(generatorProgram(frames.length, 2), { trace, cursor })
      const programs = { a: load(), b: load() }
      const all = [programs.a, programs.b, trace, cursor]
      return { frames: frames.length, programs, close: () => closeAll(all) }
    },
    send(from, trace, repeat, again) {
      const { namespace, index } = ends[from]
      const { programs } = trace as LoadedTrace
      const frame = new Uint8Array(frameSize)
      let delivered = 0
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) again?.()
        const before = total(count)
        const time = inNamespace(namespace, () =>
          programs[from].sendLiveFrames({ frame, ifindex: index, repeat, batch }),
        )
        delivered = total(count) - before
        if (delivered === repeat) return time
      }
      throw new Error(
        `send ${repeat} frames from ${from}: ${delivered} came out; see that the rules allow them, and that the machine has time`,
      )
    },
    flush: () => flushConnections(device),
    close() {
      for (const side of ['a', 'b'] as const) {
        xdp[side].close()
        ends[side].link.close()
        closeNamespace(ends[side].namespace)
      }
      for (const object of [sink, pass, count]) object.close()
      netlink.close()
      closeNamespace(device)
    },
  }
}

/** Frames handed over at a time: fewer than the queue of a veth holds (256), some times over. */
const batch = 32
const attempts = 12

function closeAll(objects: readonly { close(): void }[]): void {
  for (const object of objects) object.close()
}

function nft(namespace: Namespace, input: string): void {
  const { status, stderr, error } = inNamespace(namespace, () =>
    spawnSync('nft', ['-f', '-'], { input, encoding: 'utf8' }),
  )
  if (status !== 0) throw new Error(`load a ruleset: ${error?.message ?? stderr}`)
}

const sinkMap: MapSpec = { name: 'sink', type: 'percpu_array', keySize: 4, valueSize: 8, maxEntries: 1 }

function total(map: KernelMap): number {
  const values = (map as BpfMap).lookup(new Uint8Array(4)) as Uint8Array
  const view = new DataView(values.buffer, values.byteOffset, values.length)
  let sum = 0
  for (let at = 0; at < values.length; at += 8) sum += Number(view.getBigUint64(at, true))
  return sum
}

/** Counts IP packets and drops all. */
function sinkProgram(): ProgramSpec {
  const b = new ProgramBuilder({ name: 'sink', type: 'xdp', license: 'GPL' })
  const other = b.label('other')
  const { data, end } = b.packet()
  b.requireBytes({ data, end }, 34, other)
  const key = b.stack(4, 4)
  b.store(4, key, 0, 0)
  // Of the traces alone: what the kernel itself sends is neither TCP nor UDP.
  const protocol = b.load(1, data, 23)
  b.if(b.any(b.eq(protocol, 6), b.eq(protocol, 17)), () => {
    const counter = b.mapLookup(sinkMap, key)
    b.jumpIf(b.eq(counter, 0), other)
    b.store(8, counter, 0, b.add(b.load(8, counter, 0), 1))
  })
  b.place(other)
  b.exit(XDP_DROP)
  return b.build()
}

function passProgram(): ProgramSpec {
  const b = new ProgramBuilder({ name: 'pass', type: 'xdp', license: 'GPL' })
  b.exit(XDP_PASS)
  return b.build()
}
