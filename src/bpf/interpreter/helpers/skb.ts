/** Helpers on the packet of tc programs and socket filters (`net/core/filter.c`). The whole packet is linear here. */
import { ERRNO, SK_BUFF } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import type { HelperTable } from './index.ts'

const MAX_OFFSET = 0x7fff_ffff
const NETWORK_HEADER = 14
/** Room before the packet that `skb_change_head` may take. */
const HEADROOM_LEFT = 16
const STORE_FLAG = { recomputeChecksum: 1, invalidateHash: 2 } as const
const FROM = { mac: 0, network: 1 } as const

export const SKB_HELPERS: HelperTable = {
  skb_store_bytes: (machine) => {
    machine.checkContext(1)
    const offset = machine.low(2)
    const length = machine.low(4)
    const from = machine.bytes(3, length, false).slice()
    const flags = machine.integer(5)
    const { packet } = machine
    if ((flags & ~(STORE_FLAG.recomputeChecksum | STORE_FLAG.invalidateHash)) !== 0) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    packet.invalidate()
    if (offset > MAX_OFFSET || offset + length > packet.length) {
      machine.setResult(-ERRNO.EFAULT)
      return
    }
    packet.bytes.set(from, offset)
    if ((flags & STORE_FLAG.invalidateHash) !== 0) machine.context.set(SK_BUFF.hash, 0)
    machine.setResult(0)
  },

  skb_load_bytes: (machine) => loadBytes(machine, 0),

  skb_load_bytes_relative: (machine) => {
    const start = machine.integer(5)
    if (start === FROM.mac) loadBytes(machine, 0)
    else if (start === FROM.network) loadBytes(machine, NETWORK_HEADER)
    else machine.setResult(-ERRNO.EFAULT)
  },

  skb_pull_data: (machine) => {
    machine.checkContext(1)
    const fits = machine.low(2) <= machine.packet.length
    machine.packet.invalidate()
    machine.setResult(fits ? 0 : -ERRNO.ENOMEM)
  },

  skb_change_tail: (machine) => {
    machine.checkContext(1)
    const { packet } = machine
    const end = packet.data + machine.low(2)
    const refused = machine.integer(3) !== 0 || machine.low(2) < NETWORK_HEADER || end > packet.tailLimit
    if (refused) packet.invalidate()
    else packet.move(packet.meta, packet.data, end)
    machine.setResult(refused ? -ERRNO.EINVAL : 0)
  },

  skb_change_head: (machine) => {
    machine.checkContext(1)
    const { packet } = machine
    const room = machine.low(2)
    const data = packet.data - room
    const refused = machine.integer(3) !== 0 || data < HEADROOM_LEFT
    if (refused) packet.invalidate()
    else {
      packet.move(data, data, packet.end)
      packet.bytes.fill(0, 0, room)
    }
    machine.setResult(refused ? -ERRNO.EINVAL : 0)
  },

  get_hash_recalc: (machine) => {
    machine.checkContext(1)
    if (machine.context.get(SK_BUFF.hash) === 0)
      machine.context.set(SK_BUFF.hash, hashOf(machine.packet.bytes))
    machine.setResult(machine.context.get(SK_BUFF.hash))
  },

  set_hash_invalid: (machine) => {
    machine.checkContext(1)
    machine.context.set(SK_BUFF.hash, 0)
  },

  skb_change_type: (machine) => {
    machine.checkContext(1)
    const wanted = machine.low(2)
    if (wanted > 3 || machine.context.get(SK_BUFF.pkt_type) > 3) machine.setResult(-ERRNO.EINVAL)
    else {
      machine.context.set(SK_BUFF.pkt_type, wanted)
      machine.setResult(0)
    }
  },
}

function loadBytes(machine: Machine, start: number): void {
  machine.checkContext(1)
  const offset = machine.low(2)
  const length = machine.low(4)
  const buffer = machine.bytes(3, length, true)
  const { bytes } = machine.packet
  if (offset > MAX_OFFSET || start + offset + length > bytes.length) {
    buffer.fill(0)
    machine.setResult(-ERRNO.EFAULT)
    return
  }
  buffer.set(bytes.subarray(start + offset, start + offset + length))
  machine.setResult(0)
}

/** The kernel's hash is keyed by a secret; any hash of the addresses and ports does. Never 0, which means none. */
function hashOf(packet: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of packet.subarray(NETWORK_HEADER + 8, NETWORK_HEADER + 44))
    hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0 || 1
}
