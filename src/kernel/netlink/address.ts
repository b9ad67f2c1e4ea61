/** Addresses of links (linux/if_addr.h, struct ifaddrmsg). */
import { type Family, familyBits, formatIp, type Ip, ipBytes, ipFromBytes } from '../../net/index.ts'
import {
  attribute,
  concatenate,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  readAttributes,
  u32,
  viewOf,
} from './message.ts'

/** An address that a link bears. */
export interface LinkAddress {
  /** Interface index. */
  readonly index: number
  readonly address: Ip
  /** Prefix length; absent: the full length, so that no route to neighbours comes with the address. */
  readonly length?: number
}

const RTM_NEWADDR = 20
const RTM_DELADDR = 21
const RTM_GETADDR = 22
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_FLAGS = 8
/** Usable at once, without duplicate address detection (RFC 4862 section 5.4). */
const IFA_F_NODAD = 0x02
const AF_INET = 2
const AF_INET6 = 10

export const familyNumber = (family: Family): number => (family === 4 ? AF_INET : AF_INET6)

/** The address is usable when the batch returns: IPv6 ones skip duplicate address detection. */
export function addAddress(entry: LinkAddress): NetlinkRequest {
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: concatenate([...addressParts(entry), attribute(IFA_FLAGS, u32(IFA_F_NODAD))]),
    what: `add address ${formatIp(entry.address)} to link ${entry.index}`,
  }
}

export function deleteAddress(entry: LinkAddress): NetlinkRequest {
  return {
    type: RTM_DELADDR,
    flags: 0,
    payload: concatenate(addressParts(entry)),
    what: `delete address ${formatIp(entry.address)} from link ${entry.index}`,
  }
}

/** Asks for all addresses; `readAddress` reads each answer. */
export const dumpAddresses: NetlinkRequest = {
  type: RTM_GETADDR,
  flags: NLM_F_DUMP,
  payload: new Uint8Array(8),
  what: 'list addresses',
}

export function readAddress({ payload }: NetlinkMessage): Required<LinkAddress> | undefined {
  const attributes = readAttributes(payload.subarray(8))
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS)
  if (bytes?.length !== 4 && bytes?.length !== 16) return undefined
  return { index: viewOf(payload).getUint32(4, true), address: ipFromBytes(bytes), length: payload[1] ?? 0 }
}

function addressParts({ index, address, length }: LinkAddress): Uint8Array[] {
  const header = new Uint8Array(8)
  header[0] = familyNumber(address.family)
  header[1] = length ?? familyBits(address.family)
  new DataView(header.buffer).setUint32(4, index, true)
  const bytes = ipBytes(address)
  return [header, attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)]
}
