/** The control socket of a running lab, both ends. */
export * from './client.ts'
export * from './lab-methods.ts'
export type { CountersResult, PointHits, RuleHits } from './methods/counters.ts'
export type { LiveTraceParameters, LiveTraceResult } from './methods/trace.ts'
export type { WatchMessage, WatchParameters } from './methods/watch.ts'
export { ControlError, type ControlFailure, protocolVersion } from './protocol.ts'
export { type Call, ControlRegistry } from './registry.ts'
export * from './server.ts'
