/** Helpers on the packet of XDP programs (`net/core/filter.c`). */
import { ERRNO } from '../../kernel-abi.ts'
import type { Machine } from '../machine.ts'
import type { HelperTable } from './index.ts'

const ETHERNET_HEADER = 14
/** `struct xdp_frame` stands at the start of the headroom. */
const FRAME_HEADER = 40
const MAX_METADATA = 252

export const XDP_HELPERS: HelperTable = {
  xdp_adjust_head: (machine) => {
    machine.checkContext(1)
    const { packet } = machine
    const delta = machine.registers.lo[2]!
    const meta = packet.meta + delta
    const data = packet.data + delta
    if (meta < FRAME_HEADER || data > packet.end - ETHERNET_HEADER) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    packet.shift(meta, data)
    machine.setResult(0)
  },

  xdp_adjust_tail: (machine) => {
    machine.checkContext(1)
    const { packet } = machine
    const end = packet.end + machine.registers.lo[2]!
    if (end > packet.tailLimit || end < packet.data + ETHERNET_HEADER) {
      machine.setResult(-ERRNO.EINVAL)
      return
    }
    packet.move(packet.meta, packet.data, end)
    machine.setResult(0)
  },

  xdp_adjust_meta: (machine) => {
    machine.checkContext(1)
    const { packet } = machine
    const meta = packet.meta + machine.registers.lo[2]!
    const length = packet.data - meta
    if (meta < FRAME_HEADER || length < 0) machine.setResult(-ERRNO.EINVAL)
    else if (length % 4 !== 0 || length > MAX_METADATA) machine.setResult(-ERRNO.EACCES)
    else {
      packet.move(meta, packet.data, packet.end)
      machine.setResult(0)
    }
  },

  xdp_get_buff_len: (machine) => {
    machine.checkContext(1)
    machine.setResult(machine.packet.length)
  },
  xdp_load_bytes: (machine) => copy(machine, 'load'),
  xdp_store_bytes: (machine) => copy(machine, 'store'),
}

function copy(machine: Machine, way: 'load' | 'store'): void {
  machine.checkContext(1)
  const offset = machine.low(2)
  const length = machine.low(4)
  const buffer = machine.bytes(3, length, way === 'load')
  const { bytes } = machine.packet
  if (offset + length > bytes.length) {
    machine.setResult(-ERRNO.EINVAL)
    return
  }
  if (way === 'load') buffer.set(bytes.subarray(offset, offset + length))
  else bytes.set(buffer, offset)
  machine.setResult(0)
}
