/** Which grants a running network has in force, as its data plane has them: they are part of what is to become of a packet. */
import { decodeGrant } from '../dataplane/index.ts'
import type { GrantedPath } from '../policy/index.ts'
import type { RunningNetwork } from './running-network.ts'

export interface GrantInForce extends GrantedPath {
  /** Id of the host to which it opens the way. */
  readonly node: string
}

export function grantsInForce({ fabric, inForce: { network } }: RunningNetwork): readonly GrantInForce[] {
  const now = fabric.clock.monotonic()
  return network.nodes.flatMap(({ id, kind }) =>
    kind !== 'host'
      ? []
      : ([4, 6] as const).flatMap((family) =>
          (fabric.map(id, `grants${family}`)?.lookupBatch() ?? [])
            .map(([key, value]) => decodeGrant(key, value))
            .filter(({ until }) => now < until)
            .map(({ path }) => ({ ...path, node: id })),
        ),
  )
}

export function grantsByNode(grants: readonly GrantInForce[]): ReadonlyMap<string, readonly GrantedPath[]> {
  const byNode = new Map<string, GrantedPath[]>()
  for (const { node, ...path } of grants) byNode.set(node, [...(byNode.get(node) ?? []), path])
  return byNode
}
