/** The maps of a node, as a deployment fills them. */
import type { BpfMap } from '../../src/bpf/index.ts'
import { type NodeDeployment, readCounters } from '../../src/dataplane/index.ts'
import { kernelEngine } from '../../src/kernel/index.ts'

export function loadMaps(node: NodeDeployment): Record<string, BpfMap> {
  const maps = Object.fromEntries(
    Object.entries(node.maps).map(([name, spec]) => [name, kernelEngine.createMap(spec)]),
  )
  for (const [name, entries] of Object.entries(node.contents)) maps[name]?.updateBatch(entries)
  return maps
}

/** Packets that any rule has decided. */
export const counted = (maps: Readonly<Record<string, BpfMap>>): number =>
  readCounters(maps.counters as BpfMap).reduce((sum, { packets }) => sum + Number(packets), 0)
