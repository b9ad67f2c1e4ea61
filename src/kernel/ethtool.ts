/** Properties of network devices that only ethtool has (linux/ethtool.h), by SIOCETHTOOL. */
import { check, libc } from './libc.ts'
import { allocate, lazily, setPointer } from './memory.ts'
import type { NetlinkSocket } from './netlink/index.ts'

/** Numbers of the command that reads and the one that writes. Transmit checksums come first: segmentation goes with them. */
const offloads = {
  'transmit checksum': [0x16, 0x17],
  segmentation: [0x1e, 0x1f],
  'generic segmentation': [0x23, 0x24],
  'receive checksum': [0x14, 0x15],
  'generic receive': [0x2b, 0x2c],
} as const
export type Offload = keyof typeof offloads

const ETHTOOL_GLINK = 0x0a
const SIOCETHTOOL = 0x8946
/** struct ifreq, in which the device is named, and struct ethtool_value: command and value. */
const request = lazily(() => allocate(48))
const argument = lazily(() => allocate(8))

/**
 * Turns checksum and segmentation offload off, both ways, so that every packet on the link has its final form: no
 * checksums left open, no frames above the MTU. `socket` must be of the namespace that has the device.
 */
export function disableOffloads(socket: NetlinkSocket, device: string): void {
  for (const name of names)
    if (isEnabled(socket, device, name))
      command(socket, device, offloads[name][1], 0, `turn ${name} offload off`)
}

/** Which offloads of the device are on. */
export const enabledOffloads = (socket: NetlinkSocket, device: string): Offload[] =>
  names.filter((name) => isEnabled(socket, device, name))

/**
 * Finishes what bringing a link up has started, and returns whether it carries packets. Without it a kernel thread does so some time
 * later, and until then the link drops what it shall send without a word. Call it once both ends are up.
 */
export const settleLink = (socket: NetlinkSocket, device: string): boolean =>
  command(socket, device, ETHTOOL_GLINK, 0, 'read link state') !== 0

const isEnabled = (socket: NetlinkSocket, device: string, name: Offload): boolean =>
  command(socket, device, offloads[name][0], 0, `read ${name} offload`) !== 0

const names = Object.keys(offloads) as Offload[]

function command(socket: NetlinkSocket, device: string, number: number, value: number, what: string): number {
  const { bytes, view } = request()
  const { view: data, address } = argument()
  bytes.fill(0)
  bytes.set(new TextEncoder().encode(device).subarray(0, 15))
  setPointer(view, 16, address)
  data.setUint32(0, number, true)
  data.setUint32(4, value, true)
  check(libc().ioctl(socket.fd, SIOCETHTOOL, request().address), () => `${what} on '${device}'`)
  return data.getUint32(4, true)
}
