/** Destinations as atoms: forwarding of networks that rewrite nothing, and fast. */
export * from './atom-reach.ts'
export * from './bits.ts'
export * from './cycles.ts'
export * from './header-classes.ts'
export * from './intervals.ts'
export * from './routing-table.ts'
