/** Links (linux/if_link.h, struct ifinfomsg): veth pairs, their properties, and what the kernel counts on them. */
import { formatMac, type Mac, macBytes } from '../../net/index.ts'
import type { Namespace } from '../netns.ts'
import {
  attribute,
  concatenate,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  readAttributes,
  readText,
  text,
  u8,
  u32,
  viewOf,
} from './message.ts'

/** One end of a veth pair. */
export interface VethEnd {
  /** At most 15 bytes. */
  readonly name: string
  /** Interface index of one's own choosing, unique in the namespace, above 1; absent: the kernel chooses. */
  readonly index?: number
  /** Absent: random. */
  readonly mac?: Mac
  /** Bytes above the Ethernet header; absent: 1500. */
  readonly mtu?: number
  /**
   * Queues of each direction; absent: 1. The kernel's own default, one for each processor, doubles the time to make a pair on two
   * processors and gains nothing unless several of them send into it at once.
   */
  readonly queues?: number
}

/** What can be changed on a link; absent: left as it is. A link must be down to be renamed. */
export interface LinkChange {
  readonly up?: boolean
  readonly name?: string
  readonly mac?: Mac
  readonly mtu?: number
  /**
   * False: the link makes no IPv6 link-local address of its own (RFC 4862 section 5.3). In a request of its own, before the one that
   * brings the link up. Cheaper than the parameter net.ipv6.conf.default.addr_gen_mode.
   */
  readonly automaticLinkLocal?: boolean
  /** Moves the link there, down and without its addresses. */
  readonly namespace?: Namespace
}

/** A link as the kernel describes it. */
export interface LinkState {
  readonly index: number
  readonly name: string
  /** Absent on links without an Ethernet address. */
  readonly mac?: Mac
  readonly mtu: number
  /** Administratively up. */
  readonly up: boolean
  /** Able to carry packets: up, and so is the other end. */
  readonly running: boolean
  /** Index of the other end of a veth, in its own namespace. */
  readonly peer?: number
  readonly stats: LinkStats
}

/** Since the link was made. `dropped` counts packets that the driver or the queue discarded. */
export interface LinkStats {
  readonly received: { readonly packets: bigint; readonly bytes: bigint; readonly dropped: bigint }
  readonly sent: { readonly packets: bigint; readonly bytes: bigint; readonly dropped: bigint }
}

const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_LINK = 5
const IFLA_LINKINFO = 18
const IFLA_STATS64 = 23
const IFLA_AF_SPEC = 26
const IFLA_NET_NS_FD = 28
const IFLA_NUM_TX_QUEUES = 31
const IFLA_NUM_RX_QUEUES = 32
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const VETH_INFO_PEER = 1
const IFLA_INET6_ADDR_GEN_MODE = 8
const AF_INET6 = 10
/** Derived from the hardware address, none. */
const IN6_ADDR_GEN_MODE = { eui64: 0, none: 1 } as const
const IFF_UP = 0x1
const IFF_RUNNING = 0x40

/**
 * A veth pair: one end in the namespace of the socket that sends this, the other in `peerNamespace`. Both are down: the kernel
 * cannot bring the peer up while it makes the pair (veth_open has no peer yet: `ENOTCONN`), so each end follows with
 * `changeLink(index, { up: true })` in its own namespace. With many pairs, bring all ends of one side up first and then the
 * others in one batch: each pair that becomes complete wakes a kernel thread which competes for the same lock.
 */
export function createVeth(end: VethEnd, peer: VethEnd, peerNamespace?: Namespace): NetlinkRequest {
  const peerInfo = endParts(peer)
  if (peerNamespace) peerInfo.push(attribute(IFLA_NET_NS_FD, u32(peerNamespace.fd)))
  const kind = [
    attribute(IFLA_INFO_KIND, text('veth')),
    attribute(IFLA_INFO_DATA, [attribute(VETH_INFO_PEER, concatenate(peerInfo))]),
  ]
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: concatenate([...endParts(end), attribute(IFLA_LINKINFO, kind)]),
    what: `create veth pair '${end.name}' and '${peer.name}'`,
  }
}

/** Changes a link named by its index or its name. */
export function changeLink(link: number | string, change: LinkChange): NetlinkRequest {
  const parts =
    typeof link === 'number'
      ? [ifinfomsg(link, change.up), ...linkAttributes(change)]
      : [
          ifinfomsg(0, change.up),
          attribute(IFLA_IFNAME, text(link)),
          ...linkAttributes(withoutName(link, change)),
        ]
  if (change.automaticLinkLocal !== undefined) {
    const mode = change.automaticLinkLocal ? IN6_ADDR_GEN_MODE.eui64 : IN6_ADDR_GEN_MODE.none
    const inet6 = attribute(AF_INET6, [attribute(IFLA_INET6_ADDR_GEN_MODE, u8(mode))])
    parts.push(attribute(IFLA_AF_SPEC, [inet6]))
  }
  if (change.namespace) parts.push(attribute(IFLA_NET_NS_FD, u32(change.namespace.fd)))
  return { type: RTM_NEWLINK, flags: 0, payload: concatenate(parts), what: `change link '${link}'` }
}

/**
 * Deletes a link; the other end of a veth goes with it. Takes tens of milliseconds each, since the kernel waits until no processor looks
 * at the link any more; a thousand links go within a second when their namespaces are closed instead.
 */
export function deleteLink(link: number | string): NetlinkRequest {
  const payload =
    typeof link === 'number'
      ? ifinfomsg(link)
      : concatenate([ifinfomsg(0), attribute(IFLA_IFNAME, text(link))])
  return { type: RTM_DELLINK, flags: 0, payload, what: `delete link '${link}'` }
}

/** Asks for all links; `readLink` reads each answer. */
export const dumpLinks: NetlinkRequest = {
  type: RTM_GETLINK,
  flags: NLM_F_DUMP,
  payload: ifinfomsg(0),
  what: 'list links',
}

export function readLink({ payload }: NetlinkMessage): LinkState {
  const view = viewOf(payload)
  const flags = view.getUint32(8, true)
  const attributes = readAttributes(payload.subarray(16))
  const mac = attributes.get(IFLA_ADDRESS)
  const mtu = attributes.get(IFLA_MTU)
  const peer = attributes.get(IFLA_LINK)
  return {
    index: view.getInt32(4, true),
    name: readText(attributes.get(IFLA_IFNAME) ?? new Uint8Array()),
    ...(mac?.length === 6 && { mac: formatMac(mac) }),
    mtu: mtu ? viewOf(mtu).getUint32(0, true) : 0,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    ...(peer && { peer: viewOf(peer).getUint32(0, true) }),
    stats: readStats(attributes.get(IFLA_STATS64)),
  }
}

/** struct rtnl_link_stats64: rx_packets, tx_packets, rx_bytes, tx_bytes, 2 errors, rx_dropped, tx_dropped. */
function readStats(bytes: Uint8Array | undefined): LinkStats {
  const view = viewOf(bytes !== undefined && bytes.length >= 64 ? bytes : new Uint8Array(64))
  const at = (index: number) => view.getBigUint64(index * 8, true)
  return {
    received: { packets: at(0), bytes: at(2), dropped: at(6) },
    sent: { packets: at(1), bytes: at(3), dropped: at(7) },
  }
}

const endParts = (end: VethEnd): Uint8Array[] => [
  ifinfomsg(end.index ?? 0),
  ...linkAttributes(end),
  attribute(IFLA_NUM_TX_QUEUES, u32(end.queues ?? 1)),
  attribute(IFLA_NUM_RX_QUEUES, u32(end.queues ?? 1)),
]

function linkAttributes({ name, mac, mtu }: Pick<LinkChange, 'name' | 'mac' | 'mtu'>): Uint8Array[] {
  const parts: Uint8Array[] = []
  if (name !== undefined) parts.push(attribute(IFLA_IFNAME, interfaceName(name)))
  if (mac !== undefined) parts.push(attribute(IFLA_ADDRESS, macBytes(mac)))
  if (mtu !== undefined) parts.push(attribute(IFLA_MTU, u32(mtu)))
  return parts
}

function interfaceName(name: string): Uint8Array {
  const bytes = text(name)
  if (bytes.length > 16 || bytes.length < 2 || /[\s/:]/.test(name))
    throw new RangeError(`name link '${name}': give a name of 1 to 15 bytes without space, slash and colon`)
  return bytes
}

function withoutName(link: string, change: LinkChange): LinkChange {
  if (change.name !== undefined) throw new TypeError(`rename link '${link}': name the link by its index`)
  return change
}

function ifinfomsg(index: number, up?: boolean): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setInt32(4, index, true)
  if (up !== undefined) {
    view.setUint32(8, up ? IFF_UP : 0, true)
    view.setUint32(12, IFF_UP, true)
  }
  return bytes
}
