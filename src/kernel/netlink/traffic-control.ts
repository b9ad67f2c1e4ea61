/** Numbers of traffic control over rtnetlink (linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h), and the header of its messages. */

export const RTM_NEWQDISC = 36
export const RTM_DELQDISC = 37
export const RTM_GETQDISC = 38
export const RTM_NEWTFILTER = 44
export const RTM_DELTFILTER = 45
export const RTM_GETTFILTER = 46
export const TCA_KIND = 1
export const TCA_OPTIONS = 2
export const TCA_CHAIN = 11
export const TCA_INGRESS_BLOCK = 13
export const TCA_EGRESS_BLOCK = 14
export const TCA_BPF_FD = 6
export const TCA_BPF_NAME = 7
export const TCA_BPF_FLAGS = 8
export const TCA_BPF_FLAGS_GEN = 9
export const TCA_BPF_ID = 11
export const TCA_BPF_FLAG_ACT_DIRECT = 1
export const TCA_CLS_FLAGS_SKIP_SW = 2
export const TC_H_CLSACT = 0xffff_fff1
export const clsactHandle = 0xffff_0000
/** Minor numbers of the two hooks: TC_H_MIN_INGRESS, TC_H_MIN_EGRESS. */
export const hooks = { ingress: 0xfff2, egress: 0xfff3 } as const
/** ETH_P_ALL in network order. */
export const allProtocols = 0x0300

export const tcmsgSize = 20

/**
 * struct tcmsg: family, interface index, handle, parent, and a word that depends on the type.
 * @param info of filters: the priority in its upper half, the protocol in network order in its lower one
 */
export function tcmsg(index: number, handle: number, parent: number, info: number): Uint8Array {
  const bytes = new Uint8Array(tcmsgSize)
  const view = new DataView(bytes.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, handle, true)
  view.setUint32(12, parent, true)
  view.setUint32(16, info, true)
  return bytes
}
