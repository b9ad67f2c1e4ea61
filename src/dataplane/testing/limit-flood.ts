/** A flood from ever new sources against a limit by source and one by VIP, in an engine: how much of it passes. */
import type { BpfMap } from '../../bpf/index.ts'
import { type Family, Ip } from '../../net/index.ts'
import type { Limit, Point } from '../../policy/index.ts'
import { packet, point, rule, ruleTier } from '../../policy/testing/sample.ts'
import { frameOf } from '../../wire/index.ts'
import { compileNode } from '../compile.ts'
import { FilterCompilerCache } from '../filter-template.ts'
import { Draw } from './draw.ts'
import type { EngineUnderTest } from './point-runner.ts'

export interface Flood {
  readonly family: Family
  readonly packets: number
  /** Nanoseconds between packets, where the clock can be set. */
  readonly apart: bigint
  /** Of one address; absent: ever new ones. */
  readonly sources?: readonly Ip[]
  readonly destinations: readonly Ip[]
  /** Buckets that the table of sources holds. */
  readonly buckets: number
}

/** A point that lets through what is within the limits. */
export const limited = (...limits: readonly Limit[]): Point =>
  point([{ kind: 'limit', name: 'rate-limits', limits }, ruleTier('all', rule('any', 'allow'))])

/** Packets that passed, and buckets that there are of each limit. */
export function flood(
  at: Point,
  { family, packets, apart, sources, destinations, buckets }: Flood,
  { engine, setClock }: EngineUnderTest,
): { readonly passed: number; readonly held: readonly number[] } {
  const { maps, contents, attachments } = compileNode([at], [], new FilterCompilerCache(), { buckets })
  const created: Record<string, BpfMap> = {}
  for (const [name, spec] of Object.entries(maps)) created[name] = engine.createMap(spec)
  for (const [name, entries] of Object.entries(contents)) created[name]?.updateBatch(entries)
  const spec = attachments[0]?.program
  if (!spec) throw new TypeError('flood: the point has no program')
  const program = engine.load(spec, created)
  const d = new Draw(1)
  let passed = 0
  for (let n = 0; n < packets; n++) {
    setClock?.(1_000_000_000n + BigInt(n) * apart)
    const source = sources ? d.pick(sources) : Ip(family, d.bits(family === 4 ? 32 : 128))
    const ends = {
      source,
      destination: d.pick(destinations),
      protocol: 17,
      sourcePort: 1,
      destinationPort: 2,
    }
    if (program.run(frameOf(packet(ends))).verdict === 2) passed++
  }
  const held = Object.entries(created)
    .filter(([name]) => name.endsWith(`_${family}`) && name.startsWith('limit'))
    .map(([, map]) => [...map.lookupBatch()].length)
  for (const object of [program, ...Object.values(created)]) object.close()
  return { passed, held }
}
