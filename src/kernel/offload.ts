/** Offloads of a network device (ethtool(8) -K), by SIOCETHTOOL. */
import { check, libc } from './libc.ts'
import { allocate, setPointer } from './memory.ts'
import type { NetlinkSocket } from './netlink/index.ts'

/** Values of ETHTOOL_S… in linux/ethtool.h. Checksums last: they are needed by segmentation. */
const commands = {
  segmentation: 0x1f,
  'generic segmentation': 0x24,
  'generic receive': 0x2c,
  'receive checksum': 0x15,
  'transmit checksum': 0x17,
} as const
const SIOCETHTOOL = 0x8946

/**
 * Turns checksum and segmentation offload off, both ways, so that every packet on the link has its final form: no
 * checksums left open, no frames above the MTU. `socket` must be of the namespace that has the device.
 */
export function disableOffloads(socket: NetlinkSocket, device: string): void {
  const request = allocate(48)
  const value = allocate(8)
  request.bytes.set(new TextEncoder().encode(device).subarray(0, 15))
  setPointer(request.view, 16, value.address)
  for (const [name, command] of Object.entries(commands)) {
    value.view.setUint32(0, command, true)
    value.view.setUint32(4, 0, true)
    check(libc().ioctl(socket.fd, SIOCETHTOOL, request.address), `turn ${name} offload of '${device}' off`)
  }
}
