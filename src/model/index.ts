/** The resolved network: loading it, and what follows from it. */
export * from './load.ts'
export * from './network.ts'
