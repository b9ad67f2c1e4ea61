/** The reference table of grants: who may open what until when. See `GrantsTier` for the meaning. */
import { formatIp, type Ip } from '../net/index.ts'
import type { IpHeaders } from '../wire/index.ts'

/** What a grant opens: a port of one machine, to another. */
export interface GrantedPath {
  readonly source: Ip
  readonly destination: Ip
  /** IP protocol number. */
  readonly protocol: number
  /** Destination port. */
  readonly port: number
}

/** A grant for one path. Times are nanoseconds of the clock by which packets are judged. */
export interface GrantEntry {
  /** It is in force before this time. */
  readonly until: bigint
  /** Number of the grant, for people and logs. */
  readonly number: number
}

/** The grants of one node. There is one for a path at a time, so that each use is of one grant. */
export class GrantTable {
  readonly #entries = new Map<string, GrantEntry & { uses: bigint }>()

  /** Takes the place of an earlier grant for the path. */
  put(path: GrantedPath, { until, number }: GrantEntry): void {
    this.#entries.set(keyOf(path), { until, number, uses: 0n })
  }

  remove(path: GrantedPath): void {
    this.#entries.delete(keyOf(path))
  }

  /** When the grant ends under which a packet may open a flow now, which counts as a use; `undefined` if there is none. */
  use(packet: IpHeaders, now: bigint): bigint | undefined {
    const entry = this.#inForce(packet, now)
    if (entry) entry.uses++
    return entry?.until
  }

  /** As `use`, of a flow that is open already: it is no use of the grant. */
  endOf(packet: IpHeaders, now: bigint): bigint | undefined {
    return this.#inForce(packet, now)?.until
  }

  /** How often the grant for a path was used; 0 if there is none. */
  uses(path: GrantedPath): bigint {
    return this.#entries.get(keyOf(path))?.uses ?? 0n
  }

  #inForce(packet: IpHeaders, now: bigint): (GrantEntry & { uses: bigint }) | undefined {
    const entry = this.#entries.get(keyOf({ ...packet, port: packet.destinationPort }))
    return entry && now < entry.until ? entry : undefined
  }
}

const keyOf = ({ source, destination, protocol, port }: GrantedPath): string =>
  `${formatIp(source)} ${formatIp(destination)} ${protocol} ${port}`
