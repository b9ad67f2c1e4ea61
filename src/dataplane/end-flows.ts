/** Ending flows from outside: what was allowed and is no longer. */
import type { BpfMap } from '../bpf/index.ts'
import { ipBytes } from '../net/index.ts'
import type { GrantedPath } from '../policy/index.ts'
import { flowKey } from './flow-map.ts'

/**
 * Forgets the flows that were opened on a path to the machine behind the filter; returns how many. A packet that is judged meanwhile
 * may bring one back: once the rules deny it, do it again a moment later.
 * @param flows the node's flow map of the path's family
 */
export function endFlows(flows: BpfMap, { source, destination, protocol, port }: GrantedPath): number {
  const layout = flowKey[source.family]
  const [local, remote] = [ipBytes(destination), ipBytes(source)]
  const holds = (key: Uint8Array, at: number, bytes: Uint8Array): boolean =>
    bytes.every((byte, index) => key[at + index] === byte)
  const localPort = Uint8Array.of(port >>> 8, port & 255)
  const ended = flows
    .lookupBatch()
    .map(([key]) => key)
    .filter(
      (key) =>
        holds(key, layout.local, local) &&
        holds(key, layout.remote, remote) &&
        holds(key, layout.ports, localPort) &&
        key[layout.owner + 3] === protocol,
    )
  for (const key of ended) flows.delete(key)
  return ended.length
}
