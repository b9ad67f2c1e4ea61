/** What a node enforces, loaded: its maps with their contents, its programs on their hooks. */
import { type BpfMap, type Engine, type LoadedProgram, RingBuffer } from '../../bpf/index.ts'
import {
  type Count,
  CounterHistory,
  eventMaps,
  inheritedMaps,
  type NodeDeployment,
  readCounters,
  readUntold,
  type Untold,
  watchValue,
} from '../../dataplane/index.ts'
import type { PortableNode } from './node.ts'

/** Maps and programs of one revision of a node's rules. */
interface Generation {
  readonly deployment: NodeDeployment
  readonly maps: ReadonlyMap<string, BpfMap>
  readonly programs: readonly LoadedProgram[]
}

export class DeployedNode {
  readonly #engine: Engine
  readonly #node: PortableNode
  readonly #history = new CounterHistory()
  #current: Generation

  /** Throws what the engine throws for maps and programs that it refuses. */
  constructor(engine: Engine, deployment: NodeDeployment, node: PortableNode) {
    this.#engine = engine
    this.#node = node
    this.#current = load(engine, deployment)
    this.#attach()
  }

  counters(): readonly Count[] {
    return this.#history.total(countsOf(this.#current))
  }

  get deployment(): NodeDeployment {
    return this.#current.deployment
  }

  /** What programs tell, and how often; see `event-map.ts`. */
  setWatch(mode: number, limit: number): void {
    this.#current.maps.get(eventMaps.watch.name)?.update(theOnly, watchValue(mode, limit))
  }

  /** Takes out the records that are there. */
  takeRecords(handle: (record: Uint8Array) => void): void {
    const ring = this.#current.maps.get(eventMaps.ring.name)
    if (ring instanceof RingBuffer) ring.consume(handle)
  }

  untold(): Untold {
    const tally = this.#current.maps.get(eventMaps.tally.name)
    return tally ? readUntold(tally) : { suppressed: 0n, lost: 0n }
  }

  /** Of the rules in force. */
  map(name: string): BpfMap | undefined {
    return this.#current.maps.get(name)
  }

  /** Loads a revision; what it returns puts it in force. Throws what the engine throws; then nothing has changed. */
  prepare(deployment: NodeDeployment): () => void {
    const before = this.#current
    const inherited = inheritedMaps(before.deployment, deployment)
    const next = load(this.#engine, deployment, (name) =>
      inherited.has(name) ? before.maps.get(name) : undefined,
    )
    return () => {
      this.#history.succeed(before.deployment, countsOf(before), deployment)
      this.#current = next
      for (const { interfaces } of before.deployment.attachments)
        for (const name of interfaces) this.#node.hooks(name).clear()
      this.#attach()
      for (const program of before.programs) program.close()
      for (const [name, map] of before.maps) if (!inherited.has(name)) map.close()
    }
  }

  close(): void {
    for (const program of this.#current.programs) program.close()
    for (const map of this.#current.maps.values()) map.close()
  }

  #attach(): void {
    const { deployment, programs } = this.#current
    for (const [index, { point, hook, interfaces }] of deployment.attachments.entries())
      for (const name of interfaces)
        this.#node.hooks(name).attach(hook, { point: point.id, program: programs[index] as LoadedProgram })
  }
}

const theOnly = new Uint8Array(4)

function load(
  engine: Engine,
  deployment: NodeDeployment,
  given: (name: string) => BpfMap | undefined = () => undefined,
): Generation {
  const maps = new Map<string, BpfMap>()
  for (const [name, spec] of Object.entries(deployment.maps))
    maps.set(name, given(name) ?? engine.createMap(spec))
  for (const [name, entries] of Object.entries(deployment.contents)) {
    const map = maps.get(name)
    if (!map) throw new Error(`fill map ${name} of ${deployment.node}: it has none (a bug of Glacis)`)
    map.updateBatch(entries)
  }
  const byName = Object.fromEntries(maps)
  const programs = deployment.attachments.map(({ program }) => engine.load(program, byName))
  return { deployment, maps, programs }
}

function countsOf({ maps }: Generation): readonly Count[] {
  const counters = maps.get('counters')
  return counters ? readCounters(counters) : []
}
