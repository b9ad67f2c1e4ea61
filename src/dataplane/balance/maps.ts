/**
 * A balancer's maps. Addresses (4 or 16 bytes) and ports (2 bytes) are in network order as on the wire, numbers in native order.
 * `A` below is the size of an address.
 *
 * Connections that VMs open outward (`policy/egress-table.ts` is their meaning) are in two maps: `egress` says which port a flow was
 * lent, `owners` whose port that is and how far the connection has come. It lives only while both say the same: a port is a flow's
 * only while `owners` says so too. `slots` bounds them: each VM has a run of slots, as many as its quota; a slot names a flow, whose
 * entry in `egress` bears the slot's number. `borrowers` says which run, and which ports, are a VM's. Who opens a connection has claimed its
 * port, and given a slot, before it stands in `egress`.
 *
 * What two CPUs may do to one another (a program runs to its end on one):
 * - A port is claimed by one that finds it unused (`noexist`), or put in the place of a connection that gives way: of two who do
 *   that at once the later has it, and the connection of the other is over with its next packet, by the comparison above.
 * - Both open the same flow: one comes first into `egress`; the other takes that port, and gives back its own if it is another.
 * - A slot is written by one at a time: who finds its lock taken tries the next. None waits. A slot that names a flow whose entry bears
 *   another slot is free.
 * - A connection may be forgotten in the moment in which another CPU confirms it, and a new one refused because others hold
 *   the locks of all slots tried, or the kernel has no memory at hand. All of it denies; nothing allows.
 * - The kernel may give the memory of a deleted entry to a new one, under the hand of a CPU that has just looked it up. A time and a state
 *   written then can make another connection live longer, or give way later: to the end of one lifetime. An end read then
 *   can be another VM's: its own filter judges the packet.
 */
import { MAP_FLAG, type MapSpec } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'

export const addressSize = { 4: 4, 6: 16 } as const

/** An address, a port and a protocol: the key of `vips` and `replies`. A, 2, 1, and one byte 0. */
export const endKey = (family: Family) => {
  const a = addressSize[family]
  return { address: 0, port: a, protocol: a + 2, size: a + 4 } as const
}

/** Value of `vips`: the endpoint's run in the ring, and its rule numbers at the two points of the balancer. */
export const vipValue = { ringFirst: 0, ringSize: 4, rule: 8, hairpinRule: 12, size: 16 } as const

/** Value of `backends`, and the VM's end at the start of `owners`: A, 2, and two bytes 0. */
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
 * protocol (4).
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

/** Value of `egress`: the port lent (2), two bytes 0, and the number of its slot (4). */
export const lentValue = { port: 0, slot: 4, size: 8 } as const

/**
 * Value of `owners`: the VM's end as {@link endValue}, padded to 8; deadline (8, nanoseconds of the coarse monotonic clock); state (1, index in
 * `flowStates`), whether the last word was a reset (1), and two bytes 0, which in a flow's value say that `local` opened it; of TCP the initial
 * sequence numbers of VM and remote end, in network order (4 each); 4 unused.
 */
export const connectionValue = (family: Family) => {
  const deadline = family === 4 ? 8 : 24
  return {
    ...endValue(family),
    deadline,
    state: deadline + 8,
    reset: deadline + 9,
    openerIss: deadline + 12,
    otherIss: deadline + 16,
    size: deadline + 24,
  } as const
}

/** Slot: lock (4), 4 unused, flow. */
export const lentSlot = { lock: 0, flow: 8 } as const

/** Value of `borrowers`, by address: first slot, quota, first port, number of ports, cursor among the slots; 4 each. */
export const borrowerValue = {
  firstSlot: 0,
  quota: 4,
  firstPort: 8,
  ports: 12,
  cursor: 16,
  size: 20,
} as const

export interface BalancerMaps {
  /** VIP, port, protocol → endpoint. */
  readonly vips: MapSpec
  /** Slots of all endpoints' Maglev tables, one after the other → index into `backends`. */
  readonly ring: MapSpec
  readonly backends: MapSpec
  /** A backend's address, port, protocol → VIP and port. */
  readonly replies: MapSpec
  /** Address of a VM → what it may borrow. */
  readonly borrowers: MapSpec
  /** Flow of a VM → port lent. */
  readonly egress: MapSpec
  /** Remote end and port lent → the VM's end, and how far the connection has come. */
  readonly owners: MapSpec
  readonly slots: MapSpec
}

/** How many entries each map must hold. */
export interface BalancerSizes {
  readonly vips: number
  readonly ring: number
  readonly backends: number
  readonly replies: number
  readonly borrowers: number
  /** Connections at a time. */
  readonly connections: number
}

/**
 * Runs of slots for so many VMs: 64, or four times that, and so on, so that the maps of a growing site keep their form, and with it
 * their contents, over most changes.
 */
export const runsFor = (vms: number): number => 64 * 4 ** Math.max(0, Math.ceil(Math.log2(vms / 64) / 2))

export function balancerMaps(family: Family, sizes: BalancerSizes): BalancerMaps {
  const map = (
    name: string,
    type: MapSpec['type'],
    keySize: number,
    valueSize: number,
    entries: number,
    flags?: number,
  ): MapSpec =>
    Object.freeze({
      name: `${name}${family}`,
      type,
      keySize,
      valueSize,
      maxEntries: Math.max(1, entries),
      ...(flags !== undefined && { flags }),
    })
  const end = endKey(family).size
  const flow = tupleKey(family).size
  const { connections } = sizes
  // Memory for connections that there are, not for all that there may be.
  const sparse = (name: string, keySize: number, valueSize: number, entries: number) =>
    map(name, 'hash', keySize, valueSize, entries, MAP_FLAG.noPrealloc)
  return {
    vips: map('vips', 'hash', end, vipValue.size, sizes.vips),
    ring: map('ring', 'array', 4, 4, sizes.ring),
    backends: map('backends', 'array', 4, endValue(family).size, sizes.backends),
    replies: map('replies', 'hash', end, replyValue(family).size, sizes.replies),
    borrowers: map('borrowers', 'hash', addressSize[family], borrowerValue.size, sizes.borrowers),
    egress: sparse('egress', flow, lentValue.size, connections),
    owners: sparse('owners', ownerKey(family).size, connectionValue(family).size, connections),
    slots: map('egress_slots', 'array', 4, lentSlot.flow + flow, connections),
  }
}
