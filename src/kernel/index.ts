/** What touches the running kernel. Importing this loads nothing; the first call does. */
export * from './bpf/features.ts'
export * from './bpf/info.ts'
export {
  attachTcx,
  attachXdp,
  type ProgramLink,
  programLink,
  type TcxOrder,
  type XdpMode,
} from './bpf/link.ts'
export { createMap, KernelMap, possibleCpus } from './bpf/map.ts'
export * from './bpf/pin.ts'
export * from './bpf/program.ts'
export * from './bpf/ring.ts'
export * from './bpf/tcx.ts'
export type { LiveFrames, TestRun, TestRunResult } from './bpf/test-run.ts'
export * from './clock.ts'
export * from './engine.ts'
export { describeErrno, errnoName, KernelError } from './errno.ts'
export * from './ethtool.ts'
export * from './file-lock.ts'
export * from './limits.ts'
export * from './netlink/index.ts'
export * from './netns.ts'
export * from './probe.ts'
export * from './process.ts'
export * from './socket/index.ts'
export * from './sysctl.ts'
export * from './ticks.ts'
