/** A flood of SYNs to one VM, in the kernel: no flow that is established ends, of that VM or of its neighbours. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BpfMap } from '../../src/bpf/index.ts'
import { FilterCompilerCache } from '../../src/dataplane/filter-template.ts'
import { compileNode, readCounters } from '../../src/dataplane/index.ts'
import { type KernelProgram, kernelEngine } from '../../src/kernel/index.ts'
import { type Family, Ip, ip } from '../../src/net/index.ts'
import { flowTier, linkFlows, type Point, rulesOf } from '../../src/policy/index.ts'
import { point, rule, ruleTier } from '../../src/policy/testing/sample.ts'
import { buildFrame } from '../../src/wire/index.ts'
import { describeKernel } from './requirements.ts'

const quota = 1024
const living = 400
const [syn, synAck, ack, pushAck] = [0x02, 0x12, 0x10, 0x18] as const
const own = {
  flooded: { 4: ip('10.0.0.1'), 6: ip('fd00::1') },
  neighbour: { 4: ip('10.0.0.2'), 6: ip('fd00::2') },
}
type Vm = keyof typeof own
const families = [4, 6] as const

const client = (family: Family, number: number): Ip =>
  family === 4
    ? Ip(4, (198n << 24n) | (18n << 16n) | BigInt(number >> 8))
    : Ip(6, (0x2001_0db8n << 96n) | BigInt(number >> 8))

/** A packet between a client, by its number, and a VM. */
function frame(
  vm: Vm,
  family: Family,
  number: number,
  flags: number,
  heading: 'in' | 'out',
  acknowledgement = 1,
): Uint8Array {
  const [remote, local] = [client(family, number), own[vm][family]]
  const [far, near] = [1024 + (number & 0xff), 443]
  return heading === 'in'
    ? buildFrame({
        ip: { source: remote, destination: local },
        tcp: { sourcePort: far, destinationPort: near, flags, acknowledgement },
      })
    : buildFrame({
        ip: { source: local, destination: remote },
        tcp: { sourcePort: near, destinationPort: far, flags, acknowledgement },
      })
}

describeKernel('a SYN flood of ten times the table', () => {
  const points: readonly Point[] = linkFlows(
    (['flooded', 'neighbour'] as const).flatMap((vm): Point[] => {
      const common = { kind: 'hypervisor' as const, behind: Object.values(own[vm]) }
      return [
        point([flowTier, ruleTier('role', rule('web', 'allow', { protocol: 6 }))], {
          ...common,
          id: `node/${vm}/in`,
          direction: 'out',
          flow: { table: vm, heading: 'to-local', quota },
        }),
        point([flowTier], {
          ...common,
          id: `node/${vm}/out`,
          flow: { table: vm, heading: 'from-local', quota },
        }),
      ]
    }),
  )
  const node = compileNode(points, [], new FilterCompilerCache())
  let maps: Record<string, BpfMap>
  const programs = new Map<string, KernelProgram>()

  beforeAll(() => {
    maps = Object.fromEntries(
      Object.entries(node.maps).map(([name, spec]) => [name, kernelEngine.createMap(spec)]),
    )
    for (const { point: at, program } of node.attachments)
      programs.set(at.id, kernelEngine.load(program, maps))
  })
  afterAll(() => {
    for (const program of programs.values()) program.close()
    for (const map of Object.values(maps ?? {})) map.close()
  })

  const passes = (...said: Parameters<typeof frame>): boolean => {
    const [vm, , , , heading] = said
    const program = programs.get(`node/${vm}/${heading}`) as KernelProgram
    return program.test({ packet: frame(...said) }).verdict === -1
  }

  const counted = (id: string): Record<string, bigint> => {
    const at = points.find((candidate) => candidate.id === id) as Point
    const first = node.firstCounters.get(id) as number
    const counts = readCounters(maps.counters as BpfMap)
    return Object.fromEntries(
      rulesOf(at).map(({ rule: { id: name } }, index) => [name, counts[first + index]?.packets ?? 0n]),
    )
  }

  it('ends no established flow, and counts what it refuses', () => {
    for (const vm of ['flooded', 'neighbour'] as const)
      for (const family of families)
        for (let number = 0; number < living; number++) {
          expect(passes(vm, family, number, syn, 'in')).toBe(true)
          expect(passes(vm, family, number, synAck, 'out')).toBe(true)
          expect(passes(vm, family, number, ack, 'in')).toBe(true)
          expect(passes(vm, family, number, pushAck, 'out')).toBe(true)
        }
    // Half open, at the neighbour's: not even these give way to another filter's.
    for (const family of families) expect(passes('neighbour', family, living, syn, 'in')).toBe(true)

    const flood = 10 * quota
    let passed = 0
    for (const family of families)
      for (let number = 1000; number < 1000 + flood; number++)
        if (passes('flooded', family, number, syn, 'in')) passed++

    for (const vm of ['flooded', 'neighbour'] as const)
      for (const family of families)
        for (let number = 0; number < living; number++) {
          expect(passes(vm, family, number, pushAck, 'out')).toBe(true)
          expect(passes(vm, family, number, pushAck, 'in')).toBe(true)
        }
    for (const family of families) expect(passes('neighbour', family, living, synAck, 'out')).toBe(true)

    const counts = counted('node/flooded/in')
    expect(counts.web).toBe(BigInt(2 * living + passed))
    expect(counts['flow/full']).toBe(BigInt(2 * flood - passed))
    expect(counts['flow/none']).toBe(0n)
    for (const family of families) {
      const flows = [...(maps[`flows${family}`] as BpfMap).entries()]
      expect(flows.length).toBeLessThanOrEqual(quota + living + 1)
      expect(flows.length).toBeGreaterThan(2 * living)
    }
  })

  it('of whole handshakes, by a sender who does not hear the answers, leaves no established flow', () => {
    const blind = 100_000
    for (const family of families) {
      for (let number = blind; number < blind + 2 * quota; number++) {
        // The VM answers; what is forged after that would reach it with a number that it did not say.
        if (!passes('flooded', family, number, syn, 'in')) continue
        passes('flooded', family, number, synAck, 'out')
        passes('flooded', family, number, ack, 'in', 0xdead_beef)
        passes('flooded', family, number, pushAck, 'out')
      }
      for (let number = 0; number < living; number++)
        expect(passes('flooded', family, number, pushAck, 'in')).toBe(true)
      // Whoever hears the VM still gets in.
      let room = 0
      for (let number = blind - quota; number < blind - quota / 2; number++)
        if (passes('flooded', family, number, syn, 'in')) room++
      expect(room).toBeGreaterThan(quota / 4)
    }
  })

  it('leaves no room where all flows are established, and says so', () => {
    for (const family of families) {
      let refused = 0
      for (let number = 20_000; number < 20_000 + 2 * quota; number++) {
        if (!passes('flooded', family, number, syn, 'in')) {
          refused++
          continue
        }
        expect(passes('flooded', family, number, synAck, 'out')).toBe(true)
        expect(passes('flooded', family, number, ack, 'in')).toBe(true)
        expect(passes('flooded', family, number, pushAck, 'out')).toBe(true)
      }
      expect(refused).toBeGreaterThan(quota / 2)
      const mine = [...(maps[`flows${family}`] as BpfMap).entries()].length
      expect(mine).toBeLessThanOrEqual(quota + living + 1)
    }
    expect(counted('node/flooded/in')['flow/full']).toBeGreaterThan(BigInt(quota))
    for (const family of families) expect(passes('neighbour', family, 9999, syn, 'in')).toBe(true)
  })
})
