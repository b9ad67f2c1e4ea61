/** What breaks when something fails. */
export * from './borne.ts'
export type { SiteDemand } from './demand.ts'
export * from './element.ts'
export * from './failures.ts'
export type { Overload } from './load.ts'
export type { Goal, OpenPromise } from './promise.ts'
export type { Cut, Standing } from './standing.ts'
