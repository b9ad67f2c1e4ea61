/** Enforcement points, for all packets. */
export * from './point-decisions.ts'
