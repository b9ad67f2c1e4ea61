/**
 * Nanoseconds that each program of the data plane takes for a packet. XDP programs stand in the live-frame rig, and what is quoted is
 * the time per frame less that of a device that only drops. tc programs, which rewrite nothing, are run repeatedly on one packet.
 */
import type { BpfMap, ProgramSpec } from '../src/bpf/index.ts'
import { TCX_NEXT, XDP_DROP } from '../src/bpf/index.ts'
import { compileDeployment, type NodeDeployment, readCounters } from '../src/dataplane/index.ts'
import { type KernelProgram, kernelEngine } from '../src/kernel/index.ts'
import { loadNetwork, type Network, neighboursOf, virtualEndpoints } from '../src/model/index.ts'
import { Ip, type Ip as IpAddress } from '../src/net/index.ts'
import { derivePolicy, type LimitKey, type LimitTier, type Policy } from '../src/policy/index.ts'
import { buildFrame } from '../src/wire/index.ts'
import { type Floor, floorKey, floorMaps, floorProgram } from './floors.ts'
import type { Benchmark } from './main.ts'
import type { Measured, Row } from './report.ts'
import { openRig } from './rig/generator.ts'
import { inTurn, type Spread } from './rounds.ts'

export const benchmark: Benchmark = {
  about: 'nanoseconds per packet of each program, beside the floors of the same run',
  async run({ quick, say }) {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new Error('load the example: it has mistakes')
    const rounds = quick ? 5 : 15
    return [...xdpRows(network, rounds, quick, say), ...tcRows(network, rounds, quick, say)]
  },
}

interface Subject {
  readonly name: string
  readonly node: string
  readonly point: string
  readonly frames: readonly Uint8Array[]
  readonly goal?: number
  /** Limits of the router instead of the example's; absent: none. */
  readonly limits?: readonly LimitKind[]
}

type LimitKind = keyof typeof limitKinds

/** Limits that no measured packet is over: each takes from a bucket, and that is what it costs. */
const limitKinds = {
  'per source': { kind: 'prefix', end: 'source', length: { 4: 32, 6: 64 } },
  'per source /24': { kind: 'prefix', end: 'source', length: { 4: 24, 6: 56 } },
  'per VIP': { kind: 'address', end: 'destination', addresses: [] },
} as const satisfies Record<string, LimitKey>

const generous = { units: 1e9, burst: 1e9 }

/** The policy with the limits of a subject in place of those of the network file. */
function withLimits(policy: Policy, { point, limits = [] }: Subject): Policy {
  const tier: LimitTier = {
    kind: 'limit',
    name: 'rate-limits',
    limits: limits.map((name) => ({
      rule: {
        id: `limit/${name}`,
        action: 'deny',
        match: {},
        origin: { kind: 'built-in', name: 'bench' },
        why: 'To be measured.',
      },
      key: limitKinds[name],
      packets: generous,
      bytes: { units: 1e12, burst: 1e12 },
    })),
  }
  return {
    points: policy.points.map((at) => {
      const others = at.tiers.filter(({ kind }) => kind !== 'limit')
      if (at.id !== point || limits.length === 0) return { ...at, tiers: others }
      return { ...at, tiers: [...others.slice(0, -1), tier, ...others.slice(-1)] }
    }),
  }
}

const client = (index: number): IpAddress => Ip(4, (192n << 24n) + (2n << 8n) + 1n + BigInt(index & 0x7f))

/** Ever other addresses of the Internet. */
const anyone = (index: number): IpAddress => Ip(4, (8n << 24n) + BigInt(index))

function xdpSubjects(network: Network): readonly Subject[] {
  const site = network.sites[0]?.name as string
  const endpoint = virtualEndpoints(network).find(
    ({ site: of, vip, protocol, owner }) =>
      of === site && vip.family === 4 && protocol === 6 && owner.kind === 'service',
  )
  const backend = endpoint?.backends[0]
  if (!endpoint || !backend) throw new Error('choose a flow: the example has no TCP endpoint')
  const inward = (flow: number, source = client(flow >> 10)): Uint8Array =>
    buildFrame({
      ip: { source, destination: endpoint.vip },
      tcp: { sourcePort: 1024 + ((flow & 0xffff) % 60_000), destinationPort: endpoint.port, flags: 0x10 },
    })
  const outward = (flow: number): Uint8Array =>
    buildFrame({
      ip: { source: backend.address, destination: client(flow >> 10) },
      tcp: { sourcePort: backend.port, destinationPort: 1024 + ((flow & 0xffff) % 60_000), flags: 0x10 },
    })
  const many = (flows: number, frame: (flow: number) => Uint8Array) =>
    Array.from({ length: flows }, (_, i) => frame(i))
  const [router, balancer] = [`${site}/ar1`, `${site}/lb1`]
  const at = (name: string, node: string, side: string, frames: readonly Uint8Array[]): Subject => ({
    name,
    node,
    point: `${node}/${side}/in`,
    frames,
  })
  return [
    at('access router, from outside, allowed', router, 'external', many(1, inward)),
    at('access router, from outside, 64k flows', router, 'external', many(65_536, inward)),
    ...(
      [['per source'], ['per source /24'], ['per VIP'], ['per source', 'per source /24', 'per VIP']] as const
    ).map((limits) => ({
      ...at(`the same, 1 source, limits ${limits.join(', ')}`, router, 'external', many(1, inward)),
      limits,
    })),
    {
      ...at(
        'the same, 8k sources, limit per source',
        router,
        'external',
        many(8192, (i) => inward(i, anyone(i))),
      ),
      limits: ['per source'],
    },
    {
      ...at(
        'the same, 64k sources, limit per source',
        router,
        'external',
        many(65_536, (i) => inward(i, anyone(i))),
      ),
      limits: ['per source'],
    },
    at(
      'access router, from inside, allowed',
      router,
      'internal',
      many(1, (i) => vipFrame(endpoint.vip, endpoint.port, i)),
    ),
    { ...at('balancer, VIP to DIP, 1 flow', balancer, 'external', many(1, inward)), goal: 22 },
    { ...at('balancer, VIP to DIP, 4k flows', balancer, 'external', many(4096, inward)) },
    { ...at('balancer, VIP to DIP, 64k flows', balancer, 'external', many(65_536, inward)), goal: 23 },
    at('balancer, reply to VIP, 1 flow', balancer, 'internal', many(1, outward)),
    at('balancer, reply to VIP, 64k flows', balancer, 'internal', many(65_536, outward)),
    at('balancer, from a VM outward, 1 flow', balancer, 'internal', many(1, lentFrame(backend.address))),
    at('the same, 500 flows of one VM', balancer, 'internal', many(500, lentFrame(backend.address))),
    at(
      'the same, 64k flows of one VM: each is opened',
      balancer,
      'internal',
      many(65_536, lentFrame(backend.address)),
    ),
  ]
}

/** A datagram of a VM to one of many machines outside. */
const lentFrame =
  (vm: IpAddress) =>
  (flow: number): Uint8Array =>
    buildFrame({
      ip: { source: vm, destination: client(flow) },
      udp: { sourcePort: 1024 + (flow % 60_000), destinationPort: 7000 },
    })

const vipFrame = (vip: IpAddress, port: number, flow: number): Uint8Array =>
  buildFrame({
    ip: { source: vip, destination: client(flow) },
    tcp: { sourcePort: port, destinationPort: 40_000, flags: 0x10 },
  })

function xdpRows(
  network: Network,
  rounds: number,
  quick: boolean,
  say: (line: string) => void,
): readonly Row[] {
  const rig = openRig()
  const count = quick ? 100_000 : 400_000
  const rows: Row[] = []
  const policy = derivePolicy(network)
  try {
    for (const subject of xdpSubjects(network)) {
      const { nodes } = compileDeployment(network, withLimits(policy, subject), { allow: XDP_DROP })
      const node = nodes.get(subject.node) as NodeDeployment
      const maps = loadMaps(node)
      const attachment = node.attachments.find(({ point }) => point.id === subject.point)
      if (!attachment) throw new Error(`find the program of ${subject.point}: it has none`)
      const program = kernelEngine.load(attachment.program, maps)
      const floors = loadFloors('xdp', subject.frames)
      rig.trace(subject.frames)
      const measure = (device: KernelProgram) => () => {
        rig.load(device)
        return rig.send(count)
      }
      const before = counted(maps)
      const spreads = besideFloors(floors, program, measure, rounds)
      const delivered = counted(maps) - before
      if (delivered !== count * (rounds + 1))
        throw new Error(
          `measure ${subject.name}: ${delivered} of ${count * (rounds + 1)} frames were counted`,
        )
      rows.push(rowOf(subject, spreads, program))
      say(`${subject.name}: ${(spreads.program.median - spreads.nothing.median).toFixed(1)} ns`)
      for (const loaded of [program, ...Object.values(floors)]) loaded.close()
      for (const map of Object.values(maps)) map.close()
    }
  } finally {
    rig.close()
  }
  return rows
}

/** tc programs of a VM's port, for an established flow: what most packets meet. */
function tcRows(
  network: Network,
  rounds: number,
  quick: boolean,
  say: (line: string) => void,
): readonly Row[] {
  // By itself: a test run is on no interface of the network, by which a shared program would know whom it serves.
  const deployment = compileDeployment(network, derivePolicy(network), { interfaces: new Map() })
  const vm = network.nodes.find(({ vm }) => vm?.role === 'web')
  const [address] = vm?.addresses ?? []
  if (!vm?.vm || !address) throw new Error('choose a VM: the example has no web role')
  const node = deployment.nodes.get(vm.vm.host) as NodeDeployment
  const maps = loadMaps(node)
  const port = vm.listeners[0]?.port as number
  const [cable] = neighboursOf(network, vm.id)
  if (!cable) throw new Error(`choose a VM: ${vm.id} has no link`)
  const toVm = (flags: number, sourcePort = 40_000) =>
    buildFrame({
      ip: { source: client(1), destination: address },
      tcp: { sourcePort, destinationPort: port, flags },
    })
  const fromVm = (flags: number) =>
    buildFrame({
      ethernet: { source: cable.near.mac },
      ip: { source: address, destination: client(1) },
      tcp: { sourcePort: port, destinationPort: 40_000, flags },
    })
  const load = (id: string): KernelProgram => {
    const spec = node.attachments.find(({ point }) => point.id === id)?.program as ProgramSpec
    return kernelEngine.load(spec, maps)
  }
  const filter = `${vm.vm.host}/vm/${vm.name}`
  const programs = { in: load(`${filter}/in`), out: load(`${filter}/out`) }
  const pass = (program: KernelProgram, packet: Uint8Array): void => {
    const { verdict } = program.test({ packet })
    if (verdict !== TCX_NEXT) throw new Error(`send a packet through ${program.spec.name}: it was denied`)
  }
  const [syn, synAck, ack] = [0x02, 0x12, 0x10]
  pass(programs.in, toVm(syn))
  pass(programs.out, fromVm(synAck))
  pass(programs.in, toVm(ack))
  pass(programs.out, fromVm(ack))
  const repeat = quick ? 200_000 : 1_000_000
  const rows = (
    [
      ['VM filter, to the VM, established', programs.in, toVm(ack)],
      ['VM filter, from the VM, established', programs.out, fromVm(ack)],
    ] as const
  ).map(([name, program, frame]) => {
    const floors = loadFloors('sched_cls', [frame])
    const measure = (device: KernelProgram) => () => device.test({ packet: frame, repeat }).nanoseconds
    const spreads = besideFloors(floors, program, measure, rounds)
    for (const floor of Object.values(floors)) floor.close()
    say(`${name}: ${(spreads.program.median - spreads.nothing.median).toFixed(1)} ns`)
    return rowOf({ name }, spreads, program)
  })
  const opening = newFlowRow(programs.in, (flow) => toVm(syn, 1024 + (flow % 30_000)), rounds, say)
  for (const program of Object.values(programs)) program.close()
  for (const map of Object.values(maps)) map.close()
  return [...rows, opening]
}

/** A packet that opens a flow can be run once only: each run has another, and what a run of nothing takes is subtracted. */
function newFlowRow(
  program: KernelProgram,
  frameOf: (flow: number) => Uint8Array,
  rounds: number,
  say: (line: string) => void,
): Row {
  const floors = loadFloors('sched_cls', [frameOf(0)])
  const count = 500
  let flow = 0
  const measure = (device: KernelProgram) => () => {
    let sum = 0
    for (let run = 0; run < count; run++) sum += device.test({ packet: frameOf(flow++) }).nanoseconds
    return sum / count
  }
  const spreads = besideFloors(floors, program, measure, rounds)
  for (const floor of Object.values(floors)) floor.close()
  const name = 'VM filter, to the VM, new flow, caches cold'
  say(`${name}: ${(spreads.program.median - spreads.nothing.median).toFixed(1)} ns`)
  return rowOf({ name }, spreads, program)
}

/** Measures a program and the floors in turn. */
const besideFloors = (
  floors: Readonly<Record<Floor, KernelProgram>>,
  program: KernelProgram,
  measure: (device: KernelProgram) => () => number,
  rounds: number,
) =>
  inTurn(
    {
      nothing: measure(floors.nothing),
      parse: measure(floors.parse),
      'hash-miss': measure(floors['hash-miss']),
      'lru-hit': measure(floors['lru-hit']),
      program: measure(program),
    },
    rounds,
  )

function loadMaps(node: NodeDeployment): Record<string, BpfMap> {
  const maps = Object.fromEntries(
    Object.entries(node.maps).map(([name, spec]) => [name, kernelEngine.createMap(spec)]),
  )
  for (const [name, entries] of Object.entries(node.contents)) maps[name]?.updateBatch(entries)
  return maps
}

const counted = (maps: Readonly<Record<string, BpfMap>>): number =>
  readCounters(maps.counters as BpfMap).reduce((sum, { packets }) => sum + Number(packets), 0)

function loadFloors(type: 'xdp' | 'sched_cls', frames: readonly Uint8Array[]): Record<Floor, KernelProgram> {
  const hash = kernelEngine.createMap(floorMaps.hash)
  const lru = kernelEngine.createMap(floorMaps.lru)
  const value = new Uint8Array(16).fill(1)
  for (const frame of frames) lru.update(floorKey(frame), value)
  const maps = { floor_hash: hash, floor_lru: lru }
  const load = (floor: Floor) => kernelEngine.load(floorProgram(floor, type), maps)
  const floors = {
    nothing: load('nothing'),
    parse: load('parse'),
    'hash-miss': load('hash-miss'),
    'lru-hit': load('lru-hit'),
  }
  hash.close()
  lru.close()
  return floors
}

function rowOf(
  { name, goal }: Pick<Subject, 'name' | 'goal'>,
  spreads: Readonly<Record<Floor | 'program', Spread>>,
  program: KernelProgram,
): Row {
  const base = spreads.nothing.median
  const above = (spread: Spread): number => spread.median - base
  const peers: Measured[] = [
    { name: 'parse', value: above(spreads.parse), unit: 'ns' },
    { name: 'and hash miss', value: above(spreads['hash-miss']), unit: 'ns' },
    { name: 'and LRU hit', value: above(spreads['lru-hit']), unit: 'ns' },
    { name: 'instructions', value: program.spec.instructions.length, unit: '' },
  ]
  return {
    name,
    value: above(spreads.program),
    min: spreads.program.min - base,
    max: spreads.program.max - base,
    rounds: spreads.program.rounds,
    unit: 'ns',
    better: 'lower',
    ...(goal === undefined ? {} : { goal }),
    base: { name: 'program that does nothing', value: base, unit: 'ns' },
    peers,
  }
}
