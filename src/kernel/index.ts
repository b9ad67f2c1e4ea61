/** What touches the running kernel. Importing this loads nothing; the first call does. */
export { describeErrno, errnoName, KernelError } from './errno.ts'
export * from './netlink/index.ts'
export * from './netns.ts'
export * from './offload.ts'
export * from './socket/index.ts'
export * from './sysctl.ts'
