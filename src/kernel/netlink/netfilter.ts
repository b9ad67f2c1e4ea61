/** nfnetlink (linux/netfilter/nfnetlink.h): netlink messages of the parts of netfilter, each with a header of its own behind netlink's. */
import { concatenate, type NetlinkMessage } from './message.ts'

/** Of a socket. */
export const NETLINK_NETFILTER = 12

/** NFNL_SUBSYS_*: the parts. */
export const netfilterPart = { connections: 1, log: 4, tables: 10 } as const

/** Type of a message of a part. */
export const netfilterType = (part: keyof typeof netfilterPart, message: number): number =>
  (netfilterPart[part] << 8) | message

/** struct nfgenmsg (family, version, resource in network order), then attributes. */
export const netfilterPayload = (
  family: number,
  resource: number,
  attributes: readonly Uint8Array[],
): Uint8Array =>
  concatenate([Uint8Array.of(family, 0, (resource >> 8) & 0xff, resource & 0xff), ...attributes])

/** Bytes of struct nfgenmsg. */
const headerSize = 4

/** What stands behind the header: the resource, and the attributes as bytes. */
export const readNetfilter = ({ payload }: NetlinkMessage) => ({
  resource: ((payload[2] ?? 0) << 8) | (payload[3] ?? 0),
  attributes: payload.subarray(headerSize),
})

/** Numbers in attributes are in network order. */
export function be32(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value)
  return out
}
