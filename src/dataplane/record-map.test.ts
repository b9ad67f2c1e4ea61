/** Points of a node that differ only in what is their own are served by one program, which tells them apart by the interface. */
import { describe, expect, it } from 'vitest'
import { type BpfMap, InterpreterEngine, TCX_DROP, TCX_NEXT, XDP_DROP } from '../bpf/index.ts'
import { interfaceNumbers, loadNetwork, type Network } from '../model/index.ts'
import { hostPrefix, ip } from '../net/index.ts'
import { derivePolicy, type Point } from '../policy/index.ts'
import { point, rule, ruleTier } from '../policy/testing/sample.ts'
import { buildFrame } from '../wire/index.ts'
import { type CompileOptions, compileDeployment, compileNode } from './compile.ts'
import { readCounters } from './counter-map.ts'
import type { NodeDeployment } from './deployment.ts'
import { FilterCompilerCache } from './filter-template.ts'
import { isRecordMap } from './record-map.ts'

const frameTo = (address: string): Uint8Array =>
  buildFrame({
    ip: { source: ip('10.9.9.9'), destination: ip(address) },
    udp: { sourcePort: 7, destinationPort: 7 },
  })

const compile = (points: readonly Point[], options: CompileOptions) =>
  compileNode(points, [], new FilterCompilerCache(), options)

/** Lets in what is for the machine behind it. */
const guard = (index: number, more: Partial<Point> = {}): Point => {
  const own = ip(`10.0.0.${index}`)
  return point([ruleTier('t', rule('r', 'allow', { destination: [hostPrefix(own)] }))], {
    id: `host1/vm/vm${index}/in`,
    kind: 'hypervisor',
    node: 'host1',
    interfaces: [`vm${index}`],
    behind: [own],
    ...more,
  })
}
const numbers = (...names: string[]) =>
  new Map([['host1', new Map(names.map((name, index) => [name, index + 2]))]])
const three = [1, 2, 3].map((index) => guard(index))
const interfaces = numbers('vm1', 'vm2', 'vm3')

function load({ maps, contents, attachments }: NodeDeployment) {
  const engine = new InterpreterEngine()
  const made: Record<string, BpfMap> = {}
  for (const [name, spec] of Object.entries(maps)) made[name] = engine.createMap(spec)
  for (const [name, entries] of Object.entries(contents)) made[name]?.updateBatch(entries)
  const [first] = attachments
  if (!first) throw new Error('the node has no program')
  return { maps: made, program: engine.load(first.program, made) }
}
const programsOf = ({ attachments }: NodeDeployment) => new Set(attachments.map(({ program }) => program))
const recordMaps = ({ maps }: NodeDeployment) => Object.keys(maps).filter(isRecordMap)

describe('points that differ only in what is their own', () => {
  it('share one program, which judges and counts for each by its own', () => {
    const deployment = compile(three, { interfaces })
    expect(programsOf(deployment).size).toBe(1)
    const { maps, program } = load(deployment)
    for (const [index, mine] of [1, 2, 3].entries())
      for (const other of [1, 2, 3]) {
        const frame = frameTo(`10.0.0.${other}`)
        const { verdict } = program.run(frame, { ifindex: index + 2 })
        expect(verdict).toBe(mine === other ? TCX_NEXT : TCX_DROP)
      }
    const counts = readCounters(maps.counters as BpfMap)
    for (const { id } of three) {
      const first = deployment.firstCounters.get(id) as number
      const last = Math.min(...[counts.length, ...deployment.firstCounters.values()].filter((n) => n > first))
      const packets = counts.slice(first, last).map((count) => Number(count.packets))
      expect([packets.reduce((a, b) => a + b), Math.max(...packets)]).toEqual([3, 2])
    }
  })

  it('let nothing pass on an interface that has no record', () => {
    const frame = frameTo('10.0.0.1')
    const { program } = load(compile(three, { interfaces }))
    expect(program.run(frame, { ifindex: 99 }).verdict).toBe(TCX_DROP)
    const router = three.map((at) => ({ ...at, kind: 'distribution-router' as const }))
    expect(load(compile(router, { interfaces })).program.run(frame, { ifindex: 99 }).verdict).toBe(XDP_DROP)
  })

  it.each<[string, readonly Point[], CompileOptions, number]>([
    ['where interfaces have no numbers', three, {}, 3],
    ['where one of them is not known', three, { interfaces: numbers('vm1', 'vm2') }, 2],
    ['on one interface', [guard(1), guard(2, { interfaces: ['vm1'] })], { interfaces }, 2],
    ['in two directions', [guard(1), guard(2, { direction: 'out' })], { interfaces }, 2],
    ['with another quota', [guard(1), guard(2)], { interfaces, flowsPerFilter: 7 }, 1],
  ])('%s: programs', (_, points, options, count) => {
    const deployment = compile(points, options)
    expect(programsOf(deployment).size).toBe(count)
    expect(deployment.attachments.map(({ point: { id } }) => id)).toEqual(points.map(({ id }) => id))
  })

  it('have a program each where they stand alone, with nothing to look up', () => {
    const deployment = compile([guard(1)], { interfaces })
    expect(recordMaps(deployment)).toEqual([])
    expect(recordMaps(compile([guard(1)], { interfaces, alwaysRecords: true }))).toEqual(['filters0'])
  })
})

describe('in the example network', () => {
  const network = loadNetwork('examples/two-sites/network.yaml').network as Network
  const policy = derivePolicy(network)
  const { nodes } = compileDeployment(network, policy)

  it('VMs of one role on a host share their two programs, and every interface has its record', () => {
    for (const [id, deployment] of nodes) {
      const known = interfaceNumbers(network, id)
      for (const program of programsOf(deployment)) {
        const group = deployment.attachments.filter((one) => one.program === program)
        if (group.length === 1) continue
        const maps = new Set(program.instructions.map(({ map }) => map))
        const [map] = Object.keys(deployment.maps).filter((name) => isRecordMap(name) && maps.has(name))
        const keys = (deployment.contents[map as string] ?? []).map(([key]) => key[0])
        const expected = group.flatMap((one) => one.interfaces.map((name) => known.get(name)))
        expect(keys).toEqual(expected)
      }
    }
  })

  it('neighbours of a distribution router that are of one kind share a program', () => {
    const filters = [...nodes.values()].flatMap(({ attachments }) =>
      attachments.filter(({ point }) => point.kind === 'distribution-router'),
    )
    expect(new Set(filters.map(({ program }) => program)).size).toBeLessThan(0.5 * filters.length)
  })
})
