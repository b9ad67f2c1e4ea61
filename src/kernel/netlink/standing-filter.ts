/** What stands on the traffic control hooks of links, by whomever, in the order in which it judges. */
import type { ProgramFilter } from './filter.ts'
import {
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_DUMP,
  readAttributes,
  readText,
  viewOf,
} from './message.ts'
import {
  allProtocols,
  clsactHandle,
  hooks,
  RTM_DELTFILTER,
  RTM_GETQDISC,
  RTM_GETTFILTER,
  RTM_NEWQDISC,
  RTM_NEWTFILTER,
  TCA_BPF_FLAG_ACT_DIRECT,
  TCA_BPF_FLAGS,
  TCA_BPF_FLAGS_GEN,
  TCA_BPF_ID,
  TCA_CHAIN,
  TCA_CLS_FLAGS_SKIP_SW,
  TCA_EGRESS_BLOCK,
  TCA_INGRESS_BLOCK,
  TCA_KIND,
  TCA_OPTIONS,
  tcmsg,
  tcmsgSize,
} from './traffic-control.ts'

/** A filter on a hook; or the head of a priority, under which filters stand and which some kinds judge by even without any. */
export interface StandingFilter {
  /** Of the classifier, in the kernel's words: `bpf`, `matchall`, `flower`. */
  readonly kind: string
  readonly priority: number
  /** 0: the head of its priority. */
  readonly handle: number
  /** Ethertype as the kernel has it, and of which packets it is asked; `ETH_P_ALL` is 0x0300 on little-endian machines. */
  readonly protocol: number
  /** Id of the program, as in `ProgramInfo`; `undefined`: it is no program's. */
  readonly program: number | undefined
  /** Of a program: it is asked of every packet, and its verdict is what happens to it. */
  readonly decides: boolean
}

/** A link that has hooks for filters, of one kind or another. */
export interface FilterHooks {
  readonly index: number
  /** `clsact`: both hooks; `ingress`: that one only. */
  readonly kind: string
  /** What stands on them stands on those of other links too. */
  readonly shared: boolean
}

/** What stands on a hook; nothing, if the link has no hooks. */
export const dumpFilters = (index: number, direction: ProgramFilter['direction']): NetlinkRequest => ({
  type: RTM_GETTFILTER,
  flags: NLM_F_DUMP,
  payload: tcmsg(index, 0, clsactHandle + hooks[direction], 0),
  what: `read the filters at ${direction} of link ${index}`,
})

/** `undefined`: in a chain that packets enter only from another filter. */
export function readFilter({ type, payload }: NetlinkMessage): StandingFilter | undefined {
  if (type !== RTM_NEWTFILTER) return undefined
  const view = viewOf(payload)
  const attributes = readAttributes(payload.subarray(tcmsgSize))
  if (numberOf(attributes, TCA_CHAIN) !== 0) return undefined
  const options = readAttributes(attributes.get(TCA_OPTIONS) ?? new Uint8Array())
  const info = view.getUint32(16, true)
  return {
    kind: readText(attributes.get(TCA_KIND) ?? new Uint8Array()),
    priority: info >>> 16,
    handle: view.getUint32(8, true),
    protocol: info & 0xffff,
    program: options.has(TCA_BPF_ID) ? numberOf(options, TCA_BPF_ID) : undefined,
    decides:
      (info & 0xffff) === allProtocols &&
      (numberOf(options, TCA_BPF_FLAGS) & TCA_BPF_FLAG_ACT_DIRECT) !== 0 &&
      (numberOf(options, TCA_BPF_FLAGS_GEN) & TCA_CLS_FLAGS_SKIP_SW) === 0,
  }
}

/** Takes one filter off, or, by its head, all of its priority. */
export const deleteStandingFilter = (
  { index, direction }: Pick<ProgramFilter, 'index' | 'direction'>,
  { priority, protocol, handle }: StandingFilter,
): NetlinkRequest => ({
  type: RTM_DELTFILTER,
  flags: 0,
  payload: tcmsg(index, handle, clsactHandle + hooks[direction], ((priority << 16) | protocol) >>> 0),
  what: `delete filter ${priority} from ${direction} of link ${index}`,
})

/** Asks for the queueing disciplines of all links; `readFilterHooks` finds those that are hooks. */
export const dumpFilterHooks: NetlinkRequest = {
  type: RTM_GETQDISC,
  flags: NLM_F_DUMP,
  payload: tcmsg(0, 0, 0, 0),
  what: 'list the filter hooks',
}

export function readFilterHooks({ type, payload }: NetlinkMessage): FilterHooks | undefined {
  const view = viewOf(payload)
  if (type !== RTM_NEWQDISC || view.getUint32(8, true) !== clsactHandle) return undefined
  const attributes = readAttributes(payload.subarray(tcmsgSize))
  return {
    index: view.getInt32(4, true),
    kind: readText(attributes.get(TCA_KIND) ?? new Uint8Array()),
    shared: attributes.has(TCA_INGRESS_BLOCK) || attributes.has(TCA_EGRESS_BLOCK),
  }
}

function numberOf(attributes: ReadonlyMap<number, Uint8Array>, type: number): number {
  const bytes = attributes.get(type)
  return bytes ? viewOf(bytes).getUint32(0, true) : 0
}
