/** tc programs of a VM's port, which rewrite nothing: run repeatedly on one packet, or for new flows once on each of many. */
import { type ProgramSpec, TCX_NEXT } from '../../src/bpf/index.ts'
import { compileDeployment, type NodeDeployment } from '../../src/dataplane/index.ts'
import { type KernelProgram, kernelEngine } from '../../src/kernel/index.ts'
import { type Network, neighboursOf } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { buildFrame } from '../../src/wire/index.ts'
import type { Row } from '../report.ts'
import { besideFloors, loadFloors, rowOf } from './beside-floors.ts'
import { loadMaps } from './node-maps.ts'
import { client } from './subjects.ts'

/** tc programs of a VM's port, for an established flow: what most packets meet. */
export function tcRows(
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
      tcp: { sourcePort, destinationPort: port, flags, acknowledgement: 1 },
    })
  const fromVm = (flags: number) =>
    buildFrame({
      ethernet: { source: cable.near.mac },
      ip: { source: address, destination: client(1) },
      tcp: { sourcePort: port, destinationPort: 40_000, flags, acknowledgement: 1 },
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
