/** What a node enforces, loaded: its maps with their contents, its programs on their hooks. */
import type { BpfMap, Engine, LoadedProgram } from '../../bpf/index.ts'
import { type Count, type NodeDeployment, readCounters } from '../../dataplane/index.ts'
import type { PortableNode } from './node.ts'

export class DeployedNode {
  readonly #maps: ReadonlyMap<string, BpfMap>
  readonly #programs: readonly LoadedProgram[]

  /** Throws what the engine throws for maps and programs that it refuses, with the node's name before it. */
  constructor(engine: Engine, deployment: NodeDeployment, node: PortableNode) {
    const maps = new Map<string, BpfMap>()
    for (const [name, spec] of Object.entries(deployment.maps)) maps.set(name, engine.createMap(spec))
    for (const [name, entries] of Object.entries(deployment.contents)) {
      const map = maps.get(name)
      if (!map) throw new Error(`fill map ${name} of ${deployment.node}: it has none (a bug of Glacis)`)
      map.updateBatch(entries)
    }
    const given = Object.fromEntries(maps)
    this.#maps = maps
    this.#programs = deployment.attachments.map(({ point, program: spec, hook, interfaces }) => {
      const program = engine.load(spec, given)
      for (const name of interfaces) node.hooks(name).attach(hook, { point: point.id, program })
      return program
    })
  }

  counters(): readonly Count[] {
    const map = this.#maps.get('counters')
    return map ? readCounters(map) : []
  }

  close(): void {
    for (const program of this.#programs) program.close()
    for (const map of this.#maps.values()) map.close()
  }
}
