/**
 * A balancer's maps. Addresses (4 or 16 bytes) and ports (2 bytes) are in network order as on the wire, numbers in native order.
 * `A` below is the size of an address.
 */
import type { MapSpec } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'

export const addressSize = { 4: 4, 6: 16 } as const

/** An address, a port and a protocol: the key of `vips` and `replies`. A, 2, 1, and one byte 0. */
export const endKey = (family: Family) => {
  const a = addressSize[family]
  return { address: 0, port: a, protocol: a + 2, size: a + 4 } as const
}

/** Value of `vips`: the endpoint's run in the ring, and its rule numbers at the two points of the balancer. */
export const vipValue = { ringFirst: 0, ringSize: 4, rule: 8, hairpinRule: 12, size: 16 } as const

/** Value of `backends`, and of `owners`: A, 2, and two bytes 0. */
export const endValue = (family: Family) => {
  const a = addressSize[family]
  return { address: 0, port: a, size: a + 4 } as const
}

/** Value of `replies`: the VIP, its port, and the rule number at the inner point. */
export const replyValue = (family: Family) => {
  const a = addressSize[family]
  return { address: 0, port: a, rule: a + 4, size: a + 8 } as const
}

/**
 * A flow as it is hashed, and the key of `egress`: source, destination (A each), source port and destination port (2 each),
 * protocol (4). Value: the port lent (2), and two bytes 0.
 */
export const tupleKey = (family: Family) => {
  const a = addressSize[family]
  return { source: 0, destination: a, ports: 2 * a, protocol: 2 * a + 4, size: 2 * a + 8 } as const
}

/** Key of `owners`: remote address (A), remote port (2), egress port (2), protocol (4). */
export const ownerKey = (family: Family) => {
  const a = addressSize[family]
  return { remote: 0, ports: a, protocol: a + 4, size: a + 8 } as const
}

export interface BalancerMaps {
  /** VIP, port, protocol → endpoint. */
  readonly vips: MapSpec
  /** Slots of all endpoints' Maglev tables, one after the other → index into `backends`. */
  readonly ring: MapSpec
  readonly backends: MapSpec
  /** A backend's address, port, protocol → VIP and port. */
  readonly replies: MapSpec
  /** Flow of a VM → port lent. */
  readonly egress: MapSpec
  /** Remote end and port lent → the VM's address and port. */
  readonly owners: MapSpec
}

/** How many entries each map must hold. */
export interface BalancerSizes {
  readonly vips: number
  readonly ring: number
  readonly backends: number
  readonly replies: number
  /** Connections translated outward at a time; the least recently used give way. */
  readonly egress: number
}

export function balancerMaps(family: Family, sizes: BalancerSizes): BalancerMaps {
  const map = (
    name: string,
    type: MapSpec['type'],
    keySize: number,
    valueSize: number,
    entries: number,
  ): MapSpec =>
    Object.freeze({ name: `${name}${family}`, type, keySize, valueSize, maxEntries: Math.max(1, entries) })
  const end = endKey(family).size
  return {
    vips: map('vips', 'hash', end, vipValue.size, sizes.vips),
    ring: map('ring', 'array', 4, 4, sizes.ring),
    backends: map('backends', 'array', 4, endValue(family).size, sizes.backends),
    replies: map('replies', 'hash', end, replyValue(family).size, sizes.replies),
    egress: map('egress', 'lru_hash', tupleKey(family).size, 4, sizes.egress),
    owners: map('owners', 'lru_hash', ownerKey(family).size, endValue(family).size, sizes.egress),
  }
}
