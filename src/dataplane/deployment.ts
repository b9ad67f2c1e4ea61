/** What runs where: for each node its maps with their first contents, its programs, and the interfaces they stand on. */
import type { MapSpec, ProgramSpec } from '../bpf/index.ts'
import type { Point } from '../policy/index.ts'

export interface Deployment {
  /** Nodes that enforce something, by id. */
  readonly nodes: ReadonlyMap<string, NodeDeployment>
}

export interface NodeDeployment {
  readonly node: string
  /** By name; programs refer to them by it. */
  readonly maps: Readonly<Record<string, MapSpec>>
  /** Entries to be there before any program is attached, by map name. */
  readonly contents: Readonly<Record<string, ReadonlyArray<readonly [key: Uint8Array, value: Uint8Array]>>>
  /** In the order in which they must be attached: on one hook, the first judges first. */
  readonly attachments: readonly Attachment[]
  /** Slot in the map `counters` of each point's first rule, by point id; further rules follow in `rulesOf` order. */
  readonly firstCounters: ReadonlyMap<string, number>
  /** Number in the node of each stateful filter, by the id of its flow table. */
  readonly filters: ReadonlyMap<string, number>
}

/** A program on the hooks of some interfaces: `xdp` and `tcx-ingress` see what the node receives, `tcx-egress` what it sends. */
export interface Attachment {
  readonly point: Point
  readonly program: ProgramSpec
  readonly hook: 'xdp' | 'tcx-ingress' | 'tcx-egress'
  readonly interfaces: readonly string[]
}

/** Of a node that enforces nothing. */
export const emptyDeployment = (node: string): NodeDeployment => ({
  node,
  maps: {},
  contents: {},
  attachments: [],
  firstCounters: new Map(),
  filters: new Map(),
})
