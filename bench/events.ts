/**
 * What it costs a packet that programs can tell of it: compiled without, with it off, with everything told and read, and with all
 * kept back by the limit. Programs that rewrite nothing, run repeatedly on one packet; what is compared is measured in turn.
 */
import type { BpfMap, ProgramSpec } from '../src/bpf/index.ts'
import {
  compileDeployment,
  eventMaps,
  type NodeDeployment,
  watchMode,
  watchValue,
} from '../src/dataplane/index.ts'
import { type KernelMap, type KernelProgram, kernelEngine, openRing } from '../src/kernel/index.ts'
import { loadNetwork, type Network, virtualEndpoints } from '../src/model/index.ts'
import { Ip } from '../src/net/index.ts'
import { derivePolicy } from '../src/policy/index.ts'
import { buildFrame } from '../src/wire/index.ts'
import type { Benchmark } from './main.ts'
import type { Row } from './report.ts'
import { inTurn } from './rounds.ts'

export const benchmark: Benchmark = {
  about: 'nanoseconds that telling of packets adds to one',
  async run({ quick, say }) {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new Error('load the example: it has mistakes')
    const rounds = quick ? 7 : 25
    const repeat = quick ? 200_000 : 500_000
    return subjects(network).flatMap((subject) => rowsOf(network, subject, rounds, repeat, say))
  },
}

interface Subject {
  readonly name: string
  readonly node: string
  readonly point: string
  readonly frame: Uint8Array
}

const client = Ip(4, (192n << 24n) + (2n << 8n) + 1n)

function subjects(network: Network): readonly Subject[] {
  const endpoint = virtualEndpoints(network).find(
    ({ vip, protocol, owner }) => vip.family === 4 && protocol === 6 && owner.kind === 'service',
  )
  const vm = network.nodes.find(({ vm }) => vm?.role === 'web')
  const [address] = vm?.addresses ?? []
  if (!endpoint || !vm?.vm || !address) throw new Error('choose packets: the example has no web role')
  const router = `${endpoint.site}/ar1`
  const to = (destination: Ip, port: number) =>
    buildFrame({
      ip: { source: client, destination },
      tcp: { sourcePort: 40_000, destinationPort: port, flags: 0x10 },
    })
  return [
    {
      name: 'access router, allowed',
      node: router,
      point: `${router}/external/in`,
      frame: to(endpoint.vip, endpoint.port),
    },
    {
      name: 'VM filter, denied',
      node: vm.vm.host,
      point: `${vm.vm.host}/vm/${vm.name}/in`,
      frame: to(address, 9),
    },
  ]
}

interface Loaded {
  readonly maps: Readonly<Record<string, BpfMap>>
  readonly program: KernelProgram
}

function load(network: Network, { node, point }: Subject, events: boolean): Loaded {
  const deployment = compileDeployment(network, derivePolicy(network), { events, interfaces: new Map() })
  const deployed = deployment.nodes.get(node) as NodeDeployment
  const maps = Object.fromEntries(
    Object.entries(deployed.maps).map(([name, spec]) => [name, kernelEngine.createMap(spec)]),
  )
  for (const [name, entries] of Object.entries(deployed.contents)) maps[name]?.updateBatch(entries)
  const spec = deployed.attachments.find((a) => a.point.id === point)?.program as ProgramSpec
  return { maps, program: kernelEngine.load(spec, maps) }
}

/** Packets between two readings of the ring: fewer than it holds. */
const chunk = 1000

function rowsOf(
  network: Network,
  subject: Subject,
  rounds: number,
  repeat: number,
  say: (line: string) => void,
): readonly Row[] {
  const [without, able] = [load(network, subject, false), load(network, subject, true)]
  const ring = openRing(able.maps[eventMaps.ring.name] as KernelMap)
  const set = (mode: number, limit: number): void =>
    able.maps[eventMaps.watch.name]?.update(new Uint8Array(4), watchValue(mode, limit))
  const run = ({ program }: Loaded, times: number): number =>
    program.test({ packet: subject.frame, repeat: times }).nanoseconds
  const spreads = inTurn(
    {
      without: () => run(without, repeat),
      off: () => {
        set(watchMode.off, 0)
        return run(able, repeat)
      },
      told: () => {
        set(watchMode.all, 0xffff_ffff)
        let sum = 0
        for (let i = 0; i < 100; i++) {
          sum += run(able, chunk)
          ring.read(() => {})
        }
        return sum / 100
      },
      suppressed: () => {
        set(watchMode.all, 0)
        return run(able, repeat)
      },
    },
    rounds,
  )
  ring.close()
  for (const { maps, program } of [without, able]) {
    program.close()
    for (const map of Object.values(maps)) map.close()
  }
  const base = { name: 'compiled without', value: spreads.without.median, unit: 'ns' }
  return (['off', 'suppressed', 'told'] as const).map((variant): Row => {
    const { median, min, max } = spreads[variant]
    const above = median - spreads.without.median
    say(
      `${subject.name}, ${variant}: ${above.toFixed(1)} ns more (fastest ${(min - spreads.without.min).toFixed(1)})`,
    )
    return {
      name: `${subject.name}, ${variant}`,
      value: above,
      min: min - spreads.without.min,
      max: max - spreads.without.max,
      rounds,
      unit: 'ns',
      better: 'lower',
      ...(variant === 'off' ? { goal: 2 } : {}),
      base,
    }
  })
}
