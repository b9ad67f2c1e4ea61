import { describe, expect, it } from 'vitest'
import { assemble, InterpreterEngine } from '../bpf/index.ts'
import { loadNetwork, type Network } from '../model/index.ts'
import { PortRange } from '../net/index.ts'
import { derivePolicy, flowTier, rulesOf } from '../policy/index.ts'
import { flow, packet, point, rule, ruleTier } from '../policy/testing/sample.ts'
import { frameOf } from '../wire/index.ts'
import { compileDeployment, compileNode, runsOnXdp } from './compile.ts'
import { noCount, readCounters } from './counter-map.ts'
import { FilterCompilerCache } from './filter-template.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const policy = derivePolicy(network)
const deployment = compileDeployment(network, policy)

describe('a deployment', () => {
  it('has each point once, at its node and its interfaces', () => {
    const attached = [...deployment.nodes.values()].flatMap(({ attachments }) => attachments)
    expect(attached.map(({ point: at }) => at.id).sort()).toEqual(policy.points.map(({ id }) => id).sort())
    for (const { point: at, hook, interfaces } of attached) {
      expect(interfaces).toEqual(at.interfaces)
      const outer = runsOnXdp(at.kind)
      expect(hook).toBe(outer ? 'xdp' : at.direction === 'in' ? 'tcx-ingress' : 'tcx-egress')
    }
  })

  it('gives every rule a counter of its own', () => {
    for (const { maps, attachments, firstCounters } of deployment.nodes.values()) {
      const slots = attachments.flatMap(({ point: at }) => {
        const first = firstCounters.get(at.id) as number
        return rulesOf(at).map((_, index) => first + index)
      })
      expect(slots.toSorted((x, y) => x - y)).toEqual(slots.map((_, index) => index))
      expect(maps.counters?.maxEntries).toBe(slots.length)
    }
  })

  it('has the maps that its programs use', () => {
    for (const { maps, attachments, contents } of deployment.nodes.values()) {
      for (const [name, { name: own }] of Object.entries(maps)) expect(own).toBe(name)
      const instructions = attachments.flatMap(({ program }) => program.instructions)
      expect(instructions.filter(({ parameter }) => parameter !== undefined)).toEqual([])
      const used = new Set(instructions.flatMap(({ map }) => (map === undefined ? [] : [map])))
      for (const name of used) expect(Object.keys(maps)).toContain(name)
      for (const [name, entries] of Object.entries(contents)) {
        const { keySize, valueSize, maxEntries } = maps[name] as NonNullable<(typeof maps)[string]>
        expect(entries.length).toBeLessThanOrEqual(maxEntries)
        for (const [key, value] of entries) expect([key.length, value.length]).toEqual([keySize, valueSize])
      }
    }
  })

  it('is the same, byte for byte, each time', () => {
    const bytes = (given: typeof deployment) =>
      [...given.nodes.values()].map(({ attachments, contents }) => [
        attachments.map(({ program }) => Buffer.from(assemble(program).bytes).toString('hex')),
        contents,
      ])
    expect(bytes(compileDeployment(network, derivePolicy(network)))).toEqual(bytes(deployment))
  })
})

describe('one generation after another', () => {
  const [first] = [...deployment.nodes.values()].filter(({ filters }) => filters.size > 2)
  const before = first as NonNullable<typeof first>
  const points = before.attachments.map(({ point: at }) => at)
  const tables = [...before.filters.keys()]
  const without = (table: string | undefined) => points.filter(({ flow: use }) => use?.table !== table)
  const filters = new Map([[before.node, before.filters]])

  it('filters that stay keep their numbers, so that they find their flows', () => {
    const next = compileNode(without(tables[0]), [], new FilterCompilerCache(), { filters, epoch: 1 })
    for (const [table, number] of next.filters) expect(number).toBe(before.filters.get(table))
    expect(next.filters.size).toBe(before.filters.size - 1)
    expect(next.maps.flows4).toEqual(before.maps.flows4)
  })

  it('new ones take the lowest that are free', () => {
    const renamed = points.map((at) =>
      at.flow && at.flow.table === tables[1] ? { ...at, flow: { ...at.flow, table: 'new' } } : at,
    )
    const next = compileNode(renamed, [], new FilterCompilerCache(), { filters })
    expect(next.filters.get('new')).toBe(before.filters.get(tables[1] as string))
    expect(new Set(next.filters.values()).size).toBe(before.filters.size)
  })

  it('an epoch changes numbers in programs, not their code', () => {
    const cache = new FilterCompilerCache()
    const [one, two] = [0, 7].map((epoch) => compileNode(points, [], cache, { epoch }))
    const { templates } = cache
    compileNode(points, [], cache, { epoch: 8 })
    expect(cache.templates).toBe(templates)
    const shapes = (node: typeof one) =>
      node?.attachments.map(({ program }) => program.instructions.map(({ opcode }) => opcode))
    expect(shapes(one)).toEqual(shapes(two))
  })

  it('each filter has slots of its own, as many as its quota', () => {
    const next = compileNode(points, [], new FilterCompilerCache(), { flowsPerFilter: 64 })
    expect(next.maps.flow_slots6?.maxEntries).toBe(64 * before.filters.size)
    expect(next.maps.flow_cursors?.maxEntries).toBe(before.filters.size)
  })
})

it('rules that make no sense are refused by name', () => {
  const at = point([ruleTier('t', rule('no-protocol', 'allow', { destinationPorts: [PortRange(80)] }))])
  expect(() => compileNode([at], [], new FilterCompilerCache())).toThrow(
    'compile rule no-protocol of node/filter/in: ports need the protocol tcp or udp',
  )
  expect(() => compileNode([point([flowTier])], [], new FilterCompilerCache())).toThrow('a flow tier needs')
  expect(() => compileNode([point([], { tiers: [] })], [], new FilterCompilerCache())).toThrow('shape tier')
})

it('counters are summed over processors', () => {
  let now = 0n
  const engine = new InterpreterEngine({ cpus: 3, clock: () => now })
  const at = point([ruleTier('t', rule('all', 'allow'))])
  const { maps, attachments } = compileNode([at], [], new FilterCompilerCache(), { events: false })
  const counters = engine.createMap(maps.counters as NonNullable<typeof maps.counters>)
  const program = engine.load(attachments[0]?.program as NonNullable<(typeof attachments)[0]>['program'], {
    counters,
  })
  const frame = frameOf(packet(flow('tcp', '10.0.0.1 1', '10.0.0.2 2')))
  for (const cpu of [0, 2, 2, 1]) {
    now += 1_000_000_000n
    engine.environment.cpu = cpu
    program.run(frame)
  }
  // A tick of the interpreter is 4 ms.
  const all = { packets: 4n, bytes: BigInt(4 * frame.length), lastHit: 1000n }
  expect(readCounters(counters)).toEqual([...new Array(7).fill(noCount), all, noCount])
})
