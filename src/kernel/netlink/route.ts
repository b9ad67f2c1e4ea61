/** Routes (linux/rtnetlink.h, struct rtmsg): several next hops, next hops of the other family, null routes. */
import {
  formatIp,
  formatPrefix,
  type Ip,
  ipBytes,
  ipFromBytes,
  Ip as ipValue,
  Prefix,
} from '../../net/index.ts'
import { familyNumber } from './address.ts'
import {
  attribute,
  concatenate,
  eachAttribute,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  readAttributes,
  u32,
  viewOf,
} from './message.ts'

/** A forwarding table entry. */
export interface KernelRoute {
  readonly prefix: Prefix
  /** Several: flows are shared out by weight. None: packets are discarded silently (a null route). */
  readonly nextHops: readonly KernelNextHop[]
  /** Address that the machine's own packets bear on this route, if they are not bound to another. */
  readonly source?: Ip
  /** Table number; absent: 254, the main table. */
  readonly table?: number
  /** Smaller wins among routes to the same prefix; absent: 0 for IPv4, 1024 for IPv6. */
  readonly metric?: number
}

export interface KernelNextHop {
  /** Interface index. */
  readonly index: number
  /** The neighbour; absent: destinations are neighbours themselves. IPv6 neighbours serve IPv4 routes too (RFC 5549). */
  readonly via?: Ip
  /** 1–256; absent: 1. */
  readonly weight?: number
}

const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const RTM_GETROUTE = 26
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_MULTIPATH = 9
const RTA_TABLE = 15
const RTA_VIA = 18
const RT_TABLE_MAIN = 254
const RTPROT_STATIC = 4
const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_LINK = 253
const RT_SCOPE_NOWHERE = 255
const RTN_UNICAST = 1
const RTN_BLACKHOLE = 6
/** The neighbour is on the link even if no route says so. */
const RTNH_F_ONLINK = 4

/** Refused with `EEXIST` if there is such a route. */
export const addRoute = (route: KernelRoute): NetlinkRequest => newRoute(route, NLM_F_EXCL, 'add')

/** Takes the place of the route to the same prefix with the same metric, in one step; adds it if there is none. */
export const replaceRoute = (route: KernelRoute): NetlinkRequest => newRoute(route, NLM_F_REPLACE, 'replace')

/** Only prefix, table and metric are looked at. */
export function deleteRoute(route: Omit<KernelRoute, 'nextHops'>): NetlinkRequest {
  const parts = [rtmsg(route.prefix, 0, RT_SCOPE_NOWHERE, 0), ...selectors(route)]
  return {
    type: RTM_DELROUTE,
    flags: 0,
    payload: concatenate(parts),
    what: `delete route ${formatPrefix(route.prefix)}`,
  }
}

/** Asks for the routes of all tables, the kernel's own included; `readRoute` reads each answer. */
export const dumpRoutes: NetlinkRequest = {
  type: RTM_GETROUTE,
  flags: NLM_F_DUMP,
  payload: new Uint8Array(12),
  what: 'list routes',
}

/** `undefined` for what is neither a unicast nor a null route. */
export function readRoute({ payload }: NetlinkMessage): Required<Omit<KernelRoute, 'source'>> | undefined {
  const family = payload[0] === familyNumber(4) ? 4 : payload[0] === familyNumber(6) ? 6 : undefined
  const kind = payload[7]
  if (family === undefined || (kind !== RTN_UNICAST && kind !== RTN_BLACKHOLE)) return undefined
  const attributes = readAttributes(payload.subarray(12))
  const number = (type: number): number | undefined => {
    const bytes = attributes.get(type)
    return bytes && viewOf(bytes).getUint32(0, true)
  }
  const destination = attributes.get(RTA_DST)
  const address = destination ? ipFromBytes(destination) : ipValue(family, 0n)
  const multipath = attributes.get(RTA_MULTIPATH)
  const index = number(RTA_OIF)
  const single = index === undefined ? [] : [{ index, ...readVia(attributes) }]
  return {
    prefix: Prefix(family, address.value, payload[1] ?? 0),
    nextHops: kind === RTN_BLACKHOLE ? [] : multipath ? readMultipath(multipath) : single,
    table: number(RTA_TABLE) ?? payload[4] ?? 0,
    metric: number(RTA_PRIORITY) ?? 0,
  }
}

function newRoute(route: KernelRoute, flag: number, verb: string): NetlinkRequest {
  const { prefix, nextHops, source } = route
  const kind = nextHops.length === 0 ? RTN_BLACKHOLE : RTN_UNICAST
  const direct = prefix.family === 4 && nextHops.length > 0 && nextHops.every((hop) => hop.via === undefined)
  const only = nextHops.length === 1 ? nextHops[0] : undefined
  const flags = only?.via && prefix.family === 4 ? RTNH_F_ONLINK : 0
  const parts = [rtmsg(prefix, kind, direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, flags), ...selectors(route)]
  if (source) parts.push(attribute(RTA_PREFSRC, ipBytes(source)))
  if (only) parts.push(attribute(RTA_OIF, u32(only.index)), ...viaAttributes(prefix, only.via))
  if (nextHops.length > 1)
    parts.push(attribute(RTA_MULTIPATH, concatenate(nextHops.map((hop) => rtnexthop(prefix, hop)))))
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | flag,
    payload: concatenate(parts),
    what: `${verb} route ${formatPrefix(prefix)}${only?.via ? ` via ${formatIp(only.via)}` : ''}`,
  }
}

function selectors({ prefix, table, metric }: Omit<KernelRoute, 'nextHops'>): Uint8Array[] {
  const parts = [attribute(RTA_TABLE, u32(table ?? RT_TABLE_MAIN))]
  if (prefix.length > 0) parts.push(attribute(RTA_DST, ipBytes(ipValue(prefix.family, prefix.value))))
  if (metric !== undefined) parts.push(attribute(RTA_PRIORITY, u32(metric)))
  return parts
}

function rtmsg(prefix: Prefix, kind: number, scope: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(12)
  bytes[0] = familyNumber(prefix.family)
  bytes[1] = prefix.length
  bytes[5] = RTPROT_STATIC
  bytes[6] = scope
  bytes[7] = kind
  new DataView(bytes.buffer).setUint32(8, flags, true)
  return bytes
}

/** struct rtnexthop: length, flags, weight − 1, interface index, attributes. */
function rtnexthop(prefix: Prefix, { index, via, weight }: KernelNextHop): Uint8Array {
  const header = new Uint8Array(8)
  const view = new DataView(header.buffer)
  const parts = [header, ...viaAttributes(prefix, via)]
  view.setUint16(
    0,
    parts.reduce((sum, part) => sum + part.length, 0),
    true,
  )
  header[2] = via && prefix.family === 4 ? RTNH_F_ONLINK : 0
  header[3] = (weight ?? 1) - 1
  view.setInt32(4, index, true)
  return concatenate(parts)
}

/** A neighbour of the route's own family is a gateway; of the other family (struct rtvia), family and address. */
function viaAttributes(prefix: Prefix, via: Ip | undefined): Uint8Array[] {
  if (via === undefined) return []
  if (via.family === prefix.family) return [attribute(RTA_GATEWAY, ipBytes(via))]
  if (via.family === 4)
    throw new TypeError(
      `route ${formatPrefix(prefix)} via ${formatIp(via)}: give an IPv6 next hop to an IPv6 route`,
    )
  return [attribute(RTA_VIA, concatenate([Uint8Array.of(familyNumber(6), 0), ipBytes(via)]))]
}

function readVia(attributes: ReadonlyMap<number, Uint8Array>): { via?: Ip } {
  const gateway = attributes.get(RTA_GATEWAY)
  if (gateway) return { via: ipFromBytes(gateway) }
  const via = attributes.get(RTA_VIA)
  return via ? { via: ipFromBytes(via.subarray(2)) } : {}
}

function readMultipath(bytes: Uint8Array): KernelNextHop[] {
  const hops: KernelNextHop[] = []
  const view = viewOf(bytes)
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < 8) break
    const attributes = new Map(eachAttribute(bytes.subarray(at + 8, at + length)))
    hops.push({
      index: view.getInt32(at + 4, true),
      weight: (bytes[at + 3] ?? 0) + 1,
      ...readVia(attributes),
    })
    at += (length + 3) & ~3
  }
  return hops
}
