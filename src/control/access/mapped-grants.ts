/** The grants of hosts, as their data plane has them. */
import type { BpfMap } from '../../bpf/index.ts'
import {
  decodeGrant,
  encodeGrant,
  encodeGrantKey,
  endFlows,
  type MappedGrant,
} from '../../dataplane/index.ts'
import type { GrantedPath } from '../../policy/index.ts'

/** Maps of the programs in force, by node and name; they may be others after a change of rules. */
export type MapsOfNodes = (node: string, name: string) => BpfMap | undefined

const families = [4, 6] as const

export class MappedGrants {
  readonly #maps: MapsOfNodes

  constructor(maps: MapsOfNodes) {
    this.#maps = maps
  }

  /** From now on a grant is in force. Throws `BpfError` if the host's map is full, `Error` if it has none. */
  put(host: string, path: GrantedPath, until: bigint, number: number): void {
    const map = this.#grants(host, path)
    if (!map) throw new Error(`grant access to ${host}: its programs know no grants (a bug of Glacis)`)
    map.update(encodeGrantKey(path), encodeGrant(until, number))
  }

  /** From now on the path is closed to new connections. */
  remove(host: string, path: GrantedPath): void {
    this.#grants(host, path)?.delete(encodeGrantKey(path))
  }

  /** Ends the connections that are open on a path; returns how many. */
  endFlows(host: string, path: GrantedPath): number {
    const flows = this.#maps(host, `flows${path.source.family}`)
    return flows ? endFlows(flows, path) : 0
  }

  read(host: string, path: GrantedPath): MappedGrant | undefined {
    const key = encodeGrantKey(path)
    const value = this.#grants(host, path)?.lookup(key)
    return value && decodeGrant(key, value)
  }

  /** All grants that a host's data plane knows. */
  all(host: string): readonly MappedGrant[] {
    return families.flatMap((family) => {
      const map = this.#maps(host, `grants${family}`)
      return map ? map.lookupBatch().map(([key, value]) => decodeGrant(key, value)) : []
    })
  }

  #grants(host: string, { source }: GrantedPath): BpfMap | undefined {
    return this.#maps(host, `grants${source.family}`)
  }
}
