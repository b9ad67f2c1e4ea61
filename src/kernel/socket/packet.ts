/** Whole Ethernet frames in and out of one interface (packet(7)). */
import { closeSync } from 'node:fs'
import { errno, KernelError } from '../errno.ts'
import { check, lastErrno, libc } from '../libc.ts'
import { inNamespace, type Namespace } from '../netns.ts'
import { orClose, setOption } from './open.ts'

export interface PacketSocket {
  /** Non-blocking; for a `Poller`. */
  readonly fd: number
  /**
   * Sends a frame that starts at its Ethernet header (at least 14 bytes), as it is. False if the machine dropped it while sending: a
   * program at the interface's egress, or a full queue. Throws `KernelError` for other reasons.
   */
  send(frame: Uint8Array): boolean
  /** The next frame that the interface received; `undefined` if none is waiting. */
  receive(): Uint8Array | undefined
  close(): void
}

const AF_PACKET = 17
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const SOL_PACKET = 263
const PACKET_IGNORE_OUTGOING = 23
const ETH_P_ALL = 3
const largestFrame = 65536 + 18

/** Opens a socket on the interface with this index. Frames that the machine itself sends there are not received. */
export function openPacketSocket(namespace: Namespace, index: number): PacketSocket {
  const fd = inNamespace(namespace, () =>
    // Protocol 0: nothing is received before the socket is bound to its interface.
    check(libc().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'open packet socket'),
  )
  orClose(fd, () => {
    setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    const address = linkAddress(index)
    check(libc().bind(fd, address, address.length), `bind packet socket to interface ${index}`)
  })
  const buffer = new Uint8Array(largestFrame)
  return Object.freeze({
    fd,
    send(frame: Uint8Array): boolean {
      if (libc().send(fd, frame, frame.length, 0) >= 0) return true
      const code = lastErrno()
      if (code === errno.ENOBUFS) return false
      throw new KernelError('send frame', code)
    },
    receive(): Uint8Array | undefined {
      const size = libc().recv(fd, buffer, buffer.length, 0)
      if (size >= 0) return buffer.slice(0, size)
      const code = lastErrno()
      if (code === errno.EAGAIN) return undefined
      throw new KernelError('receive frame', code)
    },
    close: () => closeSync(fd),
  })
}

/** struct sockaddr_ll: family, protocol in network order, interface index. */
function linkAddress(index: number): Uint8Array {
  const bytes = new Uint8Array(20)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, AF_PACKET, true)
  view.setUint16(2, ETH_P_ALL)
  view.setInt32(4, index, true)
  return bytes
}
