/** Neighbours (linux/neighbour.h, struct ndmsg): which hardware address an IP address has on a link. */
import { formatIp, type Ip, ipBytes, type Mac, macBytes } from '../../net/index.ts'
import { familyNumber } from './address.ts'
import { attribute, concatenate, type NetlinkRequest, NLM_F_CREATE, NLM_F_REPLACE } from './message.ts'

export interface Neighbour {
  /** Interface index. */
  readonly index: number
  readonly address: Ip
  readonly mac: Mac
}

const RTM_NEWNEIGH = 28
const RTM_DELNEIGH = 29
const NDA_DST = 1
const NDA_LLADDR = 2
const NUD_PERMANENT = 0x80

/** A permanent entry: never asked for by ARP or neighbour discovery, and never aged. Replaces an older one. */
export function addNeighbour({ index, address, mac }: Neighbour): NetlinkRequest {
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    payload: concatenate([
      ndmsg(index, address, NUD_PERMANENT),
      attribute(NDA_DST, ipBytes(address)),
      attribute(NDA_LLADDR, macBytes(mac)),
    ]),
    what: `add neighbour ${formatIp(address)} on link ${index}`,
  }
}

export function deleteNeighbour({ index, address }: Pick<Neighbour, 'index' | 'address'>): NetlinkRequest {
  return {
    type: RTM_DELNEIGH,
    flags: 0,
    payload: concatenate([ndmsg(index, address, 0), attribute(NDA_DST, ipBytes(address))]),
    what: `delete neighbour ${formatIp(address)} on link ${index}`,
  }
}

function ndmsg(index: number, address: Ip, state: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  bytes[0] = familyNumber(address.family)
  view.setInt32(4, index, true)
  view.setUint16(8, state, true)
  return bytes
}
