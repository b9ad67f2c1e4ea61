/**
 * Programs on links as traffic control filters (tc-bpf(8), linux/pkt_sched.h, linux/pkt_cls.h). They stand on the same two hooks
 * as tcx and get the same packets; tcx judges first. What differs: a filter belongs to its link and ends with it, not with a
 * descriptor; and putting one there waits for nothing, where each tcx attachment waits for an RCU grace period, 11 to 16 ms
 * (measured on Linux 6.18 with 250 ticks a second). That makes filters the way to bring up thousands of hooks at once.
 */
import type { KernelProgram } from '../bpf/program.ts'
import {
  attribute,
  concatenate,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  readAttributes,
  text,
  u32,
  viewOf,
} from './message.ts'

export interface ProgramFilter {
  /** Interface index. */
  readonly index: number
  /** `ingress`: what the interface receives; `egress`: what it sends. */
  readonly direction: 'ingress' | 'egress'
  /** Unique on the hook, 1–65535: smaller judges first; the next one judges what a program answers `TC_ACT_UNSPEC` to. */
  readonly priority: number
  readonly program: KernelProgram
}

/** A program that stands on a hook. */
export interface StandingFilter {
  readonly priority: number
  /** Id of the program, as in `ProgramInfo`. */
  readonly program: number
}

const RTM_NEWQDISC = 36
const RTM_DELQDISC = 37
const RTM_NEWTFILTER = 44
const RTM_DELTFILTER = 45
const RTM_GETTFILTER = 46
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_BPF_FD = 6
const TCA_BPF_NAME = 7
const TCA_BPF_FLAGS = 8
const TCA_BPF_ID = 11
const TCA_BPF_FLAG_ACT_DIRECT = 1
const TC_H_CLSACT = 0xffff_fff1
const clsactHandle = 0xffff_0000
/** Minor numbers of the two hooks: TC_H_MIN_INGRESS, TC_H_MIN_EGRESS. */
const hooks = { ingress: 0xfff2, egress: 0xfff3 } as const
const tcmsgSize = 20
/** ETH_P_ALL in network order. */
const allProtocols = 0x0300

/** Gives a link its two hooks for filters; once per link. */
export const addFilterHooks = (index: number): NetlinkRequest => ({
  type: RTM_NEWQDISC,
  flags: NLM_F_CREATE | NLM_F_EXCL,
  payload: concatenate([tcmsg(index, clsactHandle, TC_H_CLSACT, 0), attribute(TCA_KIND, text('clsact'))]),
  what: `add filter hooks to link ${index}`,
})

/** Takes the two hooks of a link away, with all that stands there; or what somebody put in their place. */
export const deleteFilterHooks = (index: number): NetlinkRequest => ({
  type: RTM_DELQDISC,
  flags: 0,
  payload: tcmsg(index, clsactHandle, TC_H_CLSACT, 0),
  what: `delete filter hooks of link ${index}`,
})

/** What stands on a hook; nothing, if the link has no hooks. */
export const dumpFilters = (index: number, direction: ProgramFilter['direction']): NetlinkRequest => ({
  type: RTM_GETTFILTER,
  flags: NLM_F_DUMP,
  payload: tcmsg(index, 0, clsactHandle + hooks[direction], 0),
  what: `read the filters at ${direction} of link ${index}`,
})

/** `undefined`: no program's, or the head of a priority, which the kernel tells of apart. */
export function readFilter({ type, payload }: NetlinkMessage): StandingFilter | undefined {
  if (type !== RTM_NEWTFILTER) return undefined
  const options = readAttributes(payload.subarray(tcmsgSize)).get(TCA_OPTIONS)
  const id = options && readAttributes(options).get(TCA_BPF_ID)
  return (
    id && { priority: viewOf(payload).getUint32(16, true) >>> 16, program: viewOf(id).getUint32(0, true) }
  )
}

/** Puts a `sched_cls` program on a hook; its verdict is what happens to the packet (`direct-action`). */
export const addProgramFilter = (filter: ProgramFilter): NetlinkRequest =>
  newFilter(filter, NLM_F_EXCL, 'add')

/** Takes the place of the program with the same priority, in one step between two packets; adds it if there is none. */
export const replaceProgramFilter = (filter: ProgramFilter): NetlinkRequest =>
  newFilter(filter, NLM_F_REPLACE, 'replace')

/** Takes the program with this priority off. */
export function deleteProgramFilter(filter: Omit<ProgramFilter, 'program'>): NetlinkRequest {
  const { index, direction, priority } = filter
  return {
    type: RTM_DELTFILTER,
    flags: 0,
    payload: concatenate([filterHeader(filter, 0), attribute(TCA_KIND, text('bpf'))]),
    what: `delete filter ${priority} from ${direction} of link ${index}`,
  }
}

function newFilter(filter: ProgramFilter, flag: number, verb: string): NetlinkRequest {
  const { index, direction, priority, program } = filter
  if (!Number.isInteger(priority) || priority < 1 || priority > 0xffff)
    throw new RangeError(`add filter to link ${index}: priority ${priority}; give 1 to 65535`)
  const options = [
    attribute(TCA_BPF_FD, u32(program.fd)),
    attribute(TCA_BPF_NAME, text(program.spec.name)),
    attribute(TCA_BPF_FLAGS, u32(TCA_BPF_FLAG_ACT_DIRECT)),
  ]
  return {
    type: RTM_NEWTFILTER,
    flags: NLM_F_CREATE | flag,
    payload: concatenate([
      filterHeader(filter, 1),
      attribute(TCA_KIND, text('bpf')),
      attribute(TCA_OPTIONS, options),
    ]),
    what: `${verb} program '${program.spec.name}' as filter to ${direction} of link ${index}`,
  }
}

function filterHeader(
  { index, direction, priority }: Omit<ProgramFilter, 'program'>,
  handle: number,
): Uint8Array {
  return tcmsg(index, handle, clsactHandle + hooks[direction], ((priority << 16) | allProtocols) >>> 0)
}

/** struct tcmsg: family, interface index, handle, parent, priority and protocol. */
function tcmsg(index: number, handle: number, parent: number, info: number): Uint8Array {
  const bytes = new Uint8Array(tcmsgSize)
  const view = new DataView(bytes.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, handle, true)
  view.setUint32(12, parent, true)
  view.setUint32(16, info, true)
  return bytes
}
