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
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  text,
  u32,
} from './message.ts'
import {
  allProtocols,
  clsactHandle,
  hooks,
  RTM_DELQDISC,
  RTM_DELTFILTER,
  RTM_NEWQDISC,
  RTM_NEWTFILTER,
  TC_H_CLSACT,
  TCA_BPF_FD,
  TCA_BPF_FLAG_ACT_DIRECT,
  TCA_BPF_FLAGS,
  TCA_BPF_NAME,
  TCA_KIND,
  TCA_OPTIONS,
  tcmsg,
} from './traffic-control.ts'

export interface ProgramFilter {
  /** Interface index. */
  readonly index: number
  /** `ingress`: what the interface receives; `egress`: what it sends. */
  readonly direction: 'ingress' | 'egress'
  /** Unique on the hook, 1–65535: smaller judges first; the next one judges what a program answers `TC_ACT_UNSPEC` to. */
  readonly priority: number
  readonly program: KernelProgram
}

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

/** Puts a `sched_cls` program on a hook; its verdict is what happens to the packet (`direct-action`). */
export const addProgramFilter = (filter: ProgramFilter): NetlinkRequest =>
  newFilter(filter, NLM_F_EXCL, 'add')

/** Takes the place of the program with the same priority, in one step between two packets; adds it if there is none. */
export const replaceProgramFilter = (filter: ProgramFilter): NetlinkRequest =>
  newFilter(filter, NLM_F_REPLACE, 'replace')

/** Takes all programs with this priority off. */
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
